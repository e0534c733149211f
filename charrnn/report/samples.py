"""Texts as they are to be printed: drawn as they come, the likeliest of many drawn, or found by beam search."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.kept_text import kept_text
from charrnn.models.language_model import LanguageModel
from charrnn.report.say import say
from charrnn.scoring.score import sequence_log_probs
from charrnn.text.corpus import read_units
from charrnn.text.vocabulary import BOUNDARY, Vocabulary
from charrnn.writing.beam import beam_search
from charrnn.writing.novel import Novel, longest_copy
from charrnn.writing.sample import fresh_seed, write
from charrnn.writing.steering import drawing_for

Pieces = Iterator[tuple[int, np.ndarray]]


@dataclass(frozen=True)
class Writing:
    """What texts are asked for; each field is the option of `charrnn sample` of that name.

    `models` are the model's folders, where the text learnt from may be kept; `steering` is what steering.drawing_for takes.
    """

    steering: dict[str, Any]
    length: int
    count: int
    stop: tuple[str, ...]
    seed: int | None
    beam: int | None
    length_normalization: float
    best_of: int | None
    models: Sequence[str]
    corpus: Sequence[str]
    novel: int | None
    report: bool


def pieces(model: LanguageModel, prime: np.ndarray, wish: Writing, *, lines: bool) -> Pieces:
    """Pieces (number of the text, ids) in the order of the texts; an empty one ends each."""
    vocabulary = model.vocabulary
    corpus_ids = _corpus_ids(vocabulary, wish) if wish.novel or wish.report else np.zeros(0, np.int32)
    plain, drawing = model, drawing_for(model, wish.length, stop=wish.stop, lines=lines, **wish.steering)
    if wish.novel:
        model = Novel(model, corpus_ids, wish.novel)
    if wish.beam:
        found = beam_search(
            model, prime=prime, length=wish.length, beam=wish.beam, end_at_boundary=lines,
            normalization=wish.length_normalization, drawing=drawing,
        )  # fmt: skip
        texts = _whole([text.ids for text in found[: wish.count]])
    else:
        drawn = wish.best_of or wish.count
        model.prepare(wish.length * drawn)
        texts = write(
            model, prime=prime, length=wish.length, count=drawn, drawing=drawing, stops=wish.stop, end_at_boundary=lines,
            seed=fresh_seed() if wish.seed is None else wish.seed, dead_ends=bool(wish.novel),
        )  # fmt: skip
    if wish.best_of:
        texts = _whole(likeliest(plain, prime, _joined(texts, wish.best_of), lines=lines)[: wish.count])
    return _reported(texts, vocabulary, corpus_ids) if wish.report else texts


def _corpus_ids(vocabulary: Vocabulary, wish: Writing) -> np.ndarray:
    """The text to compare with: that of --corpus, or what the models were trained on. Raises CharrnnError without it."""
    if wish.corpus:
        return vocabulary.encode(read_units(wish.corpus, level=vocabulary.level))
    texts = []
    for folder in wish.models:
        if (units := kept_text(Path(folder))) is None:
            raise CharrnnError(
                f"{folder}: does not hold the text to compare with for --novel and --report; name it with --corpus FILE, "
                "or train with --keep-text"
            )
        texts.append(vocabulary.encode(units))
    return np.concatenate(texts)


def _joined(texts: Pieces, count: int) -> list[np.ndarray]:
    parts: list[list[np.ndarray]] = [[] for _ in range(count)]
    for row, piece in texts:
        parts[row].append(piece)
    return [np.concatenate(of_row) for of_row in parts]


def _reported(texts: Pieces, vocabulary: Vocabulary, corpus_ids: np.ndarray) -> Pieces:
    """The same pieces; after each text, its longest span that stands in the corpus is told."""
    written = np.zeros(0, np.int32)
    for row, piece in texts:
        yield row, piece
        written = np.concatenate([written, piece])
        if not len(piece):
            begin, length = longest_copy(written, corpus_ids)
            share = length / max(len(written), 1)
            copied = vocabulary.decode(written[begin : begin + length])
            say(f"text {row + 1}: longest copied span {length} of {len(written)} characters, {share:.1%}: {copied!r}")
            written = written[:0]


def likeliest(model: LanguageModel, prime: np.ndarray, texts: Sequence[np.ndarray], *, lines: bool) -> list[np.ndarray]:
    """The texts after a prime, those with the fewest bits per character first; where `lines`, their end counts."""
    before, after = [[BOUNDARY], prime], [[BOUNDARY]] if lines else []
    sequences = [np.concatenate([*before, text, *after]).astype(np.int32) for text in texts]
    scores = sequence_log_probs(model, sequences)
    means = [score[len(prime) :].mean() if len(score) > len(prime) else 0.0 for score in scores]
    return [texts[k] for k in sorted(range(len(texts)), key=lambda k: -means[k])]


def _whole(texts: Sequence[np.ndarray]) -> Pieces:
    for row, ids in enumerate(texts):
        if len(ids):
            yield row, ids
        yield row, ids[:0]
