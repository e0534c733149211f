"""What models expected at each character of texts, side by side: what the pages of surprise show.

Shapes: T characters of all texts (ends of lines counted), K likeliest symbols.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from charrnn.corpora.generated import GENERATED
from charrnn.errors import CharrnnError
from charrnn.models.language_model import LanguageModel, Tally
from charrnn.scoring.log_probs import (
    Context,
    Figures,
    read_context,
    sentence_ids,
    sequence_figures,
    tally_of,
    with_run_ups,
)
from charrnn.scoring.options import ScoreOptions
from charrnn.scoring.pseudo import pseudo_sequences
from charrnn.scoring.spans import SLACK, largest_sum
from charrnn.text.lines import line_groups
from charrnn.text.sources import read_text
from charrnn.text.symbols import BOUNDARY
from charrnn.text.vocabulary import Vocabulary, utf8_widths
from charrnn.text.words import need_characters
from charrnn.wording import file_name

LIKELIEST = 5  # symbols
LONG, PIECES = 1 << 16, 32  # streams longer than this are read in this number of pieces side by side
STRETCHES = 8


@dataclass(frozen=True)
class Texts:
    """Texts as they are read: lines, each ended by a newline, or files as one stream each. sections: the names of files,
    and where each begins."""

    text: str
    sections: list[tuple[str, int]]
    stream: bool

    def sequences(self) -> Iterator[tuple[int, str]]:
        """Where each sequence begins, and its text: a line without its newline, or a file."""
        if self.stream:
            ends = [start for _, start in self.sections[1:]] + [len(self.text)]
            yield from ((start, self.text[start:end]) for (_, start), end in zip(self.sections, ends, strict=True))
            return
        begin = 0
        for line in self.text.split("\n")[:-1]:
            yield begin, line
            begin += len(line) + 1


def read_texts(texts: Sequence[str], files: Sequence[str], options: ScoreOptions, level: str) -> Texts:
    """The texts, or the files, as the options say they are read. Raises CharrnnError where there is nothing to predict."""
    if options.stream:
        whole = [read_text(name, level=level, encoding=options.encoding) for name in files]
        names = [file_name(name) for name in files]
    else:
        whole = ["".join(f"{line}\n" for line in texts)] if texts else []
        for name in files:
            groups = line_groups(name, level=level, encoding=options.encoding)
            whole.append("".join(f"{line}\n" for group in groups for line in group))
        names = ["", *map(file_name, files)] if texts else [file_name(name) for name in files]
    if not any(whole):
        raise CharrnnError(f"{', '.join(names)}: holds no text; there is nothing to show")
    starts = np.cumsum([0, *map(len, whole)])[:-1].tolist()
    return Texts("".join(whole), list(zip(names, starts, strict=True)), options.stream)


@dataclass(frozen=True)
class Expected:
    """What one model, or a source, expected: log_probs_T of what stands there (NaN where nothing was predicted); of models,
    the entropies, ranks and likeliest symbols of their predictions (see log_probs.Figures), by the symbols' names. All but
    the log-probabilities are None where they are not known.

    Of a model of bytes, log-probability and entropy of a character are the sums of its bytes', all else that of its first.
    """

    name: str
    log_probs: np.ndarray
    tally: Tally
    symbols: list[str]
    entropies: np.ndarray | None = None
    ranks: np.ndarray | None = None
    likeliest_TK: np.ndarray | None = None
    likeliest_log_probs_TK: np.ndarray | None = None

    @property
    def excess(self) -> np.ndarray:
        """How many nats what stands there exceeds what the model's own uncertainty let expect; 0 where none is known."""
        if self.entropies is not None:
            expected = self.entropies
        elif self.likeliest_log_probs_TK is not None:
            expected = -self.likeliest_log_probs_TK[:, 0]
        else:
            expected = np.zeros(())
        return np.nan_to_num(-self.log_probs - expected, posinf=0.0)


@dataclass(frozen=True)
class Stretch:
    """Characters start to end (not counted) of the texts, and by how many nats they are surprising."""

    start: int
    end: int
    nats: float


def expected_by(model: LanguageModel, name: str, texts: Texts, *, context: str = "", pseudo: bool = False) -> Expected:
    """What the model expected, each line after a boundary or after the same context, each file from its beginning.

    pseudo: given both sides, the end of a line not predicted; raises CharrnnError where the model cannot.
    """
    need_characters(model.vocabulary, "a page of surprises")
    vocabulary, places = model.vocabulary, list(texts.sequences())
    given = read_context(model, context) if context else None
    before = given.last if given else BOUNDARY
    if texts.stream:
        encoded = [vocabulary.encode(text) for _, text in places]
    else:
        encoded = [sentence_ids(vocabulary, text, before) for _, text in places]
    model.prepare(sum(map(len, encoded)))
    if pseudo:
        figures = [_given_both(*each) for each in pseudo_sequences(model, encoded)]
    else:
        figures = _figures(model, encoded, given, texts.stream)
    first, skipped = int(texts.stream), int(pseudo)  # at the beginning and the end of each sequence
    tally = sum(
        (tally_of(ids[1 : len(ids) - skipped], each.log_probs) for ids, each in zip(encoded, figures, strict=True)), Tally()
    )
    found = _laid_out(texts, vocabulary, places, figures, first)
    others = (part if part.size else None for part in found[1:])
    return Expected(name, found.log_probs, tally, vocabulary.names, *others)


def expected_of_written(
    model: LanguageModel, name: str, prime: np.ndarray, written: Sequence[np.ndarray]
) -> tuple[Texts, Expected]:
    """The texts that were written after a primer (ids), each after it, and what the model expected of them; of the primer
    nothing. Of lines, their end is predicted too."""
    need_characters(model.vocabulary, "a page of surprises")
    vocabulary, ends = model.vocabulary, [[BOUNDARY]] if model.lines else []
    encoded = [np.concatenate([[BOUNDARY], prime, ids, *ends]).astype(np.int32) for ids in written]
    shown = [vocabulary.decode_bytes(np.concatenate([prime, ids])).decode("utf-8", "surrogateescape") for ids in written]
    starts = np.cumsum([0, *(len(text) + 1 for text in shown)])[:-1].tolist()
    names = [f"text {k}" for k in range(1, len(shown) + 1)] if len(shown) > 1 else [""]
    texts = Texts("".join(f"{text}\n" for text in shown), list(zip(names, starts, strict=True)), stream=False)
    figures = sequence_figures(model, encoded, likeliest=LIKELIEST)
    tally = sum(
        (tally_of(ids[1 + len(prime) :], each.log_probs[len(prime) :]) for ids, each in zip(encoded, figures, strict=True)),
        Tally(),
    )
    found = _laid_out(texts, vocabulary, list(zip(starts, shown, strict=True)), figures, 0)
    given = len(vocabulary.decode_bytes(prime).decode("utf-8", "surrogateescape"))
    for array in found:
        for start in starts if array.size else ():
            array[start : start + given] = np.nan if array.dtype.kind == "f" else 0
    return texts, Expected(name, found.log_probs, tally, vocabulary.names, *found[1:])


def expected_by_source(name: str, texts: Texts) -> Expected:
    """What a generated corpus lets expect of its lines, exactly."""
    source = GENERATED[name].character_log_probs
    if source is None or texts.stream:
        raise CharrnnError(f"--against {name}: its probabilities are known of no text read by --stream, or of none at all")
    log_probs = np.concatenate([np.zeros(0), *(source(line) for _, line in texts.sequences())])
    known = log_probs[np.isfinite(log_probs)]
    return Expected(name, log_probs, Tally(float(-known.sum()), len(known)), [])


def is_source(name: str) -> bool:
    """Whether a name is that of a generated corpus, and of no folder."""
    return name in GENERATED and not Path(name).exists()


def stretches(values: np.ndarray, texts: Texts, count: int = STRETCHES) -> list[Stretch]:
    """Of the lines' stretches with the largest sums of values, the largest, one a line."""
    ends = [k + 1 for k, one in enumerate(texts.text) if one == "\n"]
    found, begin = [], 0
    for end in dict.fromkeys([*ends, len(texts.text)]):
        if values[begin:end].max(initial=0.0) > 0:
            first, last, total = largest_sum(values[begin:end])
            found.append(Stretch(begin + first, begin + last, total))
        begin = end
    return sorted(found, key=lambda one: -one.nats)[:count]


def surprising(expected: Expected, texts: Texts) -> list[Stretch]:
    return stretches(expected.excess - SLACK, texts)


def _figures(model: LanguageModel, encoded: list[np.ndarray], given: Context | None, stream: bool) -> list[Figures]:
    if not stream:
        return sequence_figures(model, encoded, given and given.state, likeliest=LIKELIEST)
    found = []
    for ids in encoded:
        pieces, run_ups = with_run_ups(ids, PIECES if len(ids) > LONG else 1)
        parts = [
            Figures(*(array[run_up:] for array in figures))
            for figures, run_up in zip(sequence_figures(model, pieces, likeliest=LIKELIEST), run_ups, strict=True)
        ]
        found.append(_joined(parts))
    return found


def _joined(parts: Sequence[Figures]) -> Figures:
    return Figures(*map(np.concatenate, zip(*parts, strict=True)))


def _given_both(ids: np.ndarray, log_probs: np.ndarray, likeliest: np.ndarray, best: np.ndarray) -> Figures:
    """What pseudo_sequences gives, with an empty array for all that it does not."""
    none = np.zeros(0)
    return Figures(log_probs, none, none, likeliest[:, None], best[:, None])


def _laid_out(
    texts: Texts, vocabulary: Vocabulary, places: list[tuple[int, str]], figures: list[Figures], first: int
) -> Figures:
    """The figures of all sequences at their places in the whole text, NaN (of integers 0) where there are none; arrays that
    all are empty stay empty. first: the character of each sequence that its figures begin with."""
    length = len(texts.text)
    laid = [np.zeros(0)] * len(Figures._fields)
    for (begin, text), each in zip(places, figures, strict=True):
        if vocabulary.level == "byte":
            each = _of_characters(each, text, first)
        for k, array in enumerate(each):
            if array.size:
                if not laid[k].size:
                    kind = np.float32 if array.dtype.kind == "f" else array.dtype
                    laid[k] = np.full((length, *array.shape[1:]), np.nan if array.dtype.kind == "f" else 0, kind)
                laid[k][begin + first : begin + first + len(array)] = array
    return Figures(*laid)


def _of_characters(figures: Figures, text: str, first: int) -> Figures:
    """The figures of a text's bytes, from its character `first`, as figures of its characters."""
    widths = utf8_widths(text)
    skipped = int(widths[:first].sum())  # the bytes of that character but the first of all are predicted
    starts = np.cumsum(np.concatenate([[0], widths[first:]])) + skipped - first
    starts = starts[starts < len(figures.log_probs)].astype(int)
    if not len(starts):
        return Figures(*(array[:0] for array in figures))
    log_probs, entropies, *others = figures
    summed = (np.add.reduceat(array, starts) if array.size else array for array in (log_probs, entropies))
    return Figures(*summed, *(array[starts] if array.size else array for array in others))
