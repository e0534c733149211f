"""Texts as they are asked for: drawn as they come, the likeliest of many drawn, or found by beam search."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.kept_text import text_learnt_from
from charrnn.models.language_model import LanguageModel, Tally
from charrnn.scoring.log_probs import sequence_log_probs, tally_of
from charrnn.scoring.spelling import spelling_of_known
from charrnn.text.corpus import read_units
from charrnn.text.sources import read_text
from charrnn.text.symbols import BOUNDARY, UNKNOWN
from charrnn.text.vocabulary import listed
from charrnn.wording import symbol_name
from charrnn.writing.beam import beam_search
from charrnn.writing.draw import draw, fresh_seed
from charrnn.writing.novel import Novel, longest_copy
from charrnn.writing.options import SampleOptions
from charrnn.writing.selection import Selection
from charrnn.writing.steering import drawing_for

Pieces = Iterator[tuple[int, np.ndarray]]  # number of the text, ids; an empty piece ends each text


class Copied(NamedTuple):
    """The longest span of a text of `characters` characters that stands in the text learnt from."""

    span: str
    length: int
    characters: int


def sample(model: LanguageModel, options: SampleOptions, corpus: np.ndarray | None = None) -> Pieces:
    """Pieces of the texts that are asked for, in the order of the texts; an empty one ends each.

    corpus: the ids of the text that they are compared with, as learnt_from gives them.
    Raises CharrnnError for conditions that no text meets, for characters of the primer that the model does not know
    (where options.unknown is "error"), and after the texts that were found where there are not as many as asked for.
    """
    prime = encode_prime(model, options)
    plain, drawing = model, drawing_for(model, options)
    if options.novel:
        assert corpus is not None
        model = Novel(model, corpus, options.novel)
    if options.beam:
        hypotheses = beam_search(
            model, prime=prime, length=options.length, beam=options.beam, end_at_boundary=model.lines,
            normalization=options.length_normalization, drawing=drawing,
        )  # fmt: skip
        return _whole(Selection(plain, prime, options, corpus).of((found.ids for found in hypotheses), options.texts))
    drawn = options.best_of or options.texts
    model.prepare(options.length * drawn)
    seed = fresh_seed() if options.seed is None else options.seed

    def pieces(first: int = 0) -> Pieces:
        return draw(
            model, prime=prime, length=options.length, count=drawn, first=first, drawing=drawing, stops=options.stop,
            end_at_boundary=model.lines, seed=seed, dead_ends=bool(options.novel),
        )  # fmt: skip

    if not (options.selects or options.best_of or options.sort):
        return pieces()  # while they are written
    selection = Selection(plain, prime, options, corpus)
    if options.best_of:
        return _whole(selection.of(likeliest(plain, prime, joined(pieces())), options.texts))
    endless = itertools.chain.from_iterable(map(joined, map(pieces, itertools.count(0, drawn))))
    found = selection.of(endless, options.texts)
    return _whole(_sorted(plain, prime, found) if options.sort else found)


def with_prime(model: LanguageModel, options: SampleOptions) -> SampleOptions:
    """The options with the primer as a text: that of the file options.prime_file, if one is named, but for its last newline.

    The file is read once, for it may be a pipe.
    """
    if not options.prime_file:
        return options
    text = read_text(options.prime_file, level=model.vocabulary.level, encoding=options.encoding)
    return replace(options, prime=text.removesuffix("\n"), prime_file=None)


def as_read(model: LanguageModel, options: SampleOptions) -> SampleOptions:
    """The options with the primer as the model reads it: without the characters that options.unknown says to skip."""
    if options.unknown != "skip":
        return options
    read = model.vocabulary.decode_bytes(encode_prime(model, options))
    return replace(options, prime=read.decode("utf-8", "surrogateescape"))


def encode_prime(model: LanguageModel, options: SampleOptions) -> np.ndarray:
    """The ids of the primer. Its unknown characters are an error that names them, left out ("skip"), or kept as the unknown
    symbol ("symbol")."""
    prime = options.prime
    missing = model.vocabulary.unknown_in(prime)
    if missing and options.unknown == "error":
        other = "".join(char.swapcase() if char in missing else char for char in prime)
        way = "--unknown skip" if model.vocabulary.unknown_in(other) or len(other) > 60 else repr(other)
        symbol = symbol_name(model.vocabulary.level)
        raise CharrnnError(f"the primer has {symbol}s that the model does not know: {listed(missing)}; try {way}")
    ids = model.vocabulary.encode(prime)
    return ids[ids != UNKNOWN] if options.unknown == "skip" else ids


def learnt_from(model: LanguageModel, options: SampleOptions) -> np.ndarray | None:
    """The ids of the text to compare with: options.corpus, or what the model was trained on and keeps. None where nothing is
    compared.

    Raises CharrnnError where it is asked for and not there.
    """
    if not options.compares:
        return None
    if options.corpus:
        units = read_units(options.corpus, level=model.vocabulary.level, encoding=options.encoding)
    else:
        units = text_learnt_from(model)
    return model.vocabulary.encode(units)


def joined(pieces: Pieces) -> Iterator[np.ndarray]:
    """The ids of each text, as soon as it is whole."""
    parts: list[np.ndarray] = []
    for _, piece in pieces:
        parts.append(piece)
        if not len(piece):
            yield np.concatenate(parts)
            parts = []


def copied(model: LanguageModel, ids: np.ndarray, corpus: np.ndarray) -> Copied:
    """What of a text stands in the corpus (both ids)."""
    begin, length = longest_copy(ids, corpus)
    return Copied(model.vocabulary.decode(ids[begin : begin + length]), length, len(ids))


def likeliest(model: LanguageModel, prime: np.ndarray, texts: Iterable[np.ndarray]) -> list[np.ndarray]:
    """The texts after a prime, those with the fewest bits per character first; empty ones before all."""
    texts = list(texts)
    found = [tally.bits_per_character if tally.characters else 0.0 for tally in tallies(model, prime, texts)]
    return [texts[k] for k in sorted(range(len(texts)), key=lambda k: found[k])]


def tallies(model: LanguageModel, prime: np.ndarray, texts: Sequence[np.ndarray]) -> list[Tally]:
    """The tally of each text after a prime, which does not count; of lines, their end does."""
    before, after = [[BOUNDARY], prime], [[BOUNDARY]] if model.lines else []
    sequences = [np.concatenate([*before, text, *after]).astype(np.int32) for text in texts]
    scores = sequence_log_probs(model, sequences)
    found = []
    for ids, log_probs in zip(sequences, scores, strict=True):
        written, spelling = ids[1 + len(prime) :], spelling_of_known(model.vocabulary, ids[1 + len(prime) :])
        found.append(replace(tally_of(written, log_probs[len(prime) :]), spelling=spelling))
    return found


def _sorted(model: LanguageModel, prime: np.ndarray, texts: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """The likeliest first, also where there are not as many as asked for: that is then said after them."""
    found: list[np.ndarray] = []
    try:
        for text in texts:
            found.append(text)
    except CharrnnError:
        yield from likeliest(model, prime, found)
        raise
    yield from likeliest(model, prime, found)


def _whole(texts: Iterable[np.ndarray]) -> Pieces:
    for row, ids in enumerate(texts):
        if len(ids):
            yield row, ids
        yield row, ids[:0]
