"""Several models on the same text: their figures, and how sure it is that one is better.

All are held against the first, character by character, on the characters that every model knows: a line of text, or in one
continuous text a block, is one observation of a paired difference. A model of bytes gives a character the sum of its bytes,
so it compares with a model of characters.

Shapes: M models, T characters.
"""

import heapq
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.language_model import LanguageModel
from charrnn.scoring.log_probs import score_sentences, stream_log_probs
from charrnn.scoring.options import CompareOptions
from charrnn.text.corpus import read_units
from charrnn.text.lines import line_groups, size_of
from charrnn.text.symbols import UNKNOWN
from charrnn.text.vocabulary import Vocabulary, from_units, utf8_widths
from charrnn.text.words import need_characters

BLOCK = 1000  # characters of a continuous text that are one observation


@dataclass(frozen=True)
class Observation:
    """A line or block: its number from 1, its text, how many of its characters all models know, and nats_M on those."""

    number: int
    text: str
    characters: int
    nats: tuple[float, ...]


@dataclass(frozen=True)
class Compared:
    """A model's figures on the characters of a text that all models know.

    unknown: how many characters of the text it does not know itself. difference: its nats per character less those of the
    first model (below 0: this one is better), None for the first; standard_error: of that, over lines or blocks, None
    where there are fewer than two. most: the observations where the two differ most, in nats of the whole.
    """

    model: str
    nats: float
    characters: int
    bytes: int
    unknown: int
    difference: float | None = None
    standard_error: float | None = None
    most: tuple[Observation, ...] = ()

    @property
    def nats_per_character(self) -> float:
        return self.nats / self.characters

    @property
    def nats_per_byte(self) -> float:
        return self.nats / self.bytes


@dataclass(frozen=True)
class Comparison:
    """The models on one file: how many characters it has (line ends counted; of a continuous text all but the first) in how
    many observations ("line" or "block"), how many are left out because a model does not know them, and the models."""

    file: str
    observed: str
    observations: int
    characters: int
    left_out: int
    models: tuple[Compared, ...]


class _Read(NamedTuple):
    """A text, and for each model nats_MT and unknown_MT; widths_T: bytes of each character."""

    text: str
    nats_MT: np.ndarray
    unknown_MT: np.ndarray
    widths_T: np.ndarray


def compare(
    models: Sequence[LanguageModel], names: Sequence[str], files: Sequence[str], options: CompareOptions
) -> Iterator[Comparison]:
    """The models, which go by these names, on each of the files. Raises CharrnnError where there is nothing to compare."""
    if len(models) < 2:
        raise CharrnnError("a comparison is of two models or more; name another one")
    for model in models:
        need_characters(model.vocabulary, "a comparison")
    for file in files:
        texts = _blocks(models, file, options) if options.stream else _lines(models, file, options)
        yield _comparison(names, file, texts, options)


def _comparison(names: Sequence[str], file: str, texts: Iterator[_Read], options: CompareOptions) -> Comparison:
    observations, unknown_M = [], np.zeros(len(names), int)
    size = everything = ends = 0  # bytes known to all; characters; line ends, which every model knows
    for number, (text, nats_MT, unknown_MT, widths_T) in enumerate(texts, 1):
        known_T = ~unknown_MT.any(0)
        nats_M = nats_MT[:, known_T].sum(1)
        observations.append(Observation(number, text, int(known_T.sum()), tuple(nats_M.tolist())))
        unknown_M += unknown_MT.sum(1)
        size += int(widths_T[known_T].sum())
        everything += len(widths_T)
        ends += text.count("\n") if options.stream else 1
    characters = sum(each.characters for each in observations)
    if not characters or (characters == ends and everything > ends):
        what = "has no character that all the models know; were they meant for it?" if everything else "has no text"
        raise CharrnnError(f"{file}: {what}")
    return Comparison(
        file,
        "block" if options.stream else "line",
        len(observations),
        everything,
        everything - characters,
        tuple(_compared(k, name, observations, size, int(unknown_M[k]), options.count) for k, name in enumerate(names)),
    )


def _compared(k: int, name: str, observations: Sequence[Observation], size: int, unknown: int, count: int) -> Compared:
    nats, characters = sum(each.nats[k] for each in observations), sum(each.characters for each in observations)
    if k == 0:
        return Compared(name, nats, characters, size, unknown)
    gaps = np.array([each.nats[k] - each.nats[0] for each in observations])
    mean, error = _ratio(gaps, np.array([each.characters for each in observations]))
    differing = (each for each in observations if each.nats[k] != each.nats[0])
    most = heapq.nlargest(count, differing, key=lambda each: abs(each.nats[k] - each.nats[0]))
    return Compared(name, nats, characters, size, unknown, mean, error, tuple(most))


def _ratio(sums: np.ndarray, sizes: np.ndarray) -> tuple[float, float | None]:
    """Σ sums / Σ sizes over independent observations, and its standard error, of the first order (Cochran 1977, 2.11)."""
    ratio, count = sums.sum() / sizes.sum(), len(sums)
    if count < 2:
        return float(ratio), None
    return float(ratio), float(np.sqrt(((sums - ratio * sizes) ** 2).sum() * count / (count - 1)) / sizes.sum())


def _lines(models: Sequence[LanguageModel], file: str, options: CompareOptions) -> Iterator[_Read]:
    seen, size = 0, size_of(file)
    for group in line_groups(file, level=_level(models), encoding=options.encoding):
        seen += sum(map(len, group))
        for model in models:
            model.prepare(max(seen, size))
        scores = [score_sentences(model, group) for model in models]
        for text, *of_models in zip(group, *scores, strict=True):
            found = [(score.log_probs, score.ids[1:]) for score in of_models]
            yield _read(text, text + "\n", [model.vocabulary for model in models], found)


def _blocks(models: Sequence[LanguageModel], file: str, options: CompareOptions) -> Iterator[_Read]:
    """One continuous text in blocks; its first character is not predicted."""
    level = _level(models)
    units = read_units([file], level=level, encoding=options.encoding)
    text = from_units(units, level)
    found = []
    for model in models:
        ids = model.vocabulary.encode(text)
        model.prepare(len(ids))
        log_probs = stream_log_probs(model, ids)
        # what is not predicted of the first character gets 0, and the whole character is then left out
        found.append((np.concatenate([[0.0], log_probs]), ids))
    whole = _read(text, text, [model.vocabulary for model in models], found)
    for begin, end in itertools.pairwise([*range(1, len(text), BLOCK), len(text)]):
        part = slice(begin, end)
        yield _Read(text[part], whole.nats_MT[:, part], whole.unknown_MT[:, part], whole.widths_T[part])


def _level(models: Sequence[LanguageModel]) -> str:
    """How files are read: as bytes where all models are of bytes."""
    return "byte" if all(model.vocabulary.level == "byte" for model in models) else "char"


def _read(
    shown: str, text: str, vocabularies: Sequence[Vocabulary], found: Sequence[tuple[np.ndarray, np.ndarray]]
) -> _Read:
    """found: for each model, log-probabilities and ids of the symbols of the text; here summed over each character."""
    widths_T = utf8_widths(text)
    starts_T = np.cumsum(widths_T) - widths_T
    nats, unknown = [], []
    for vocabulary, (log_probs, ids) in zip(vocabularies, found, strict=True):
        of_symbols = -log_probs.astype(np.float64), ids == UNKNOWN
        bytes_ = vocabulary.level == "byte"
        nats.append(np.add.reduceat(of_symbols[0], starts_T) if bytes_ else of_symbols[0])
        unknown.append(np.logical_or.reduceat(of_symbols[1], starts_T) if bytes_ else of_symbols[1])
    return _Read(shown, np.stack(nats), np.stack(unknown), widths_T)
