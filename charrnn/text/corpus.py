"""A corpus: a text to learn from, and the part of it that is held out."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.text.long_array import BLOCK, LongArray, StoredArray, line_starts, value_counts
from charrnn.text.sources import pieces
from charrnn.text.store import joined, read_long
from charrnn.text.vocabulary import NEWLINE

MOST_HELD_OUT = 500_000  # characters: more would take longer to measure, and tell no more
# see with_fitting_part
FITTING, FITTING_CHARACTERS = 0.02, (2_000, 20_000)
FITTING_BLOCKS, SMALLEST_BLOCK = 10, 1_000


@dataclass(frozen=True)
class Corpus:
    """A training and a held-out part, as units (see vocabulary.py), and where they came from.

    fitting: a small part, which a mixture's weights are fitted on; empty but for hybrids.
    """

    training: LongArray
    held_out: np.ndarray
    sources: tuple[str, ...]
    fitting: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint32))

    @property
    def digest(self) -> str:
        """A fingerprint of all parts, by which a resumed run knows its corpus."""
        digest = hashlib.sha256()
        for part in (self.training, self.held_out, *([self.fitting] if len(self.fitting) else [])):
            digest.update(f"{part.dtype} {len(part)} ".encode())
            digest.update(part.digest.encode() if isinstance(part, StoredArray) else np.ascontiguousarray(part).data)
        return digest.hexdigest()


def read_units(paths: Iterable[str], *, level: str = "char", encoding: str = "utf-8") -> np.ndarray:
    """The units of all files in turn, in memory (see sources.pieces). Raises CharrnnError when there is no text at all."""
    paths = tuple(paths)
    return joined(list(pieces(paths, level=level, encoding=encoding)), paths, level)


def line_bounds(units: np.ndarray, newline: int = NEWLINE) -> tuple[np.ndarray, np.ndarray]:
    """Where each line starts and where it ends (its newline not counted), as int64; a last line needs no newline.

    Of ids, `newline` is the boundary's.
    """
    ends = np.flatnonzero(units == newline)
    if len(units) and units[-1] != newline:
        ends = np.append(ends, len(units))
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    return starts.astype(np.int64), ends.astype(np.int64)


def split(units: LongArray, fraction: float, *, by_lines: bool = False) -> tuple[LongArray, np.ndarray]:
    """Training part and held-out part, of at most MOST_HELD_OUT characters.

    Of a text, its last `fraction` of characters is held out, so that what is held out is a text too. Of lines that stand
    each for itself, that share of them is, evenly spread: lists are often sorted, and the end of one is not like the rest.
    """
    if by_lines:
        return taken_out(units, *spread_lines(units, min(fraction, MOST_HELD_OUT / max(1, len(units)))))
    cut = max(int(len(units) * (1 - fraction)), len(units) - MOST_HELD_OUT)
    return taken_out(units, np.array([cut]), np.array([len(units)]))


def taken_out(units: LongArray, starts: np.ndarray, stops: np.ndarray) -> tuple[LongArray, np.ndarray]:
    """What is left of the units without some parts of them, in order, and those parts, one after the other."""
    if isinstance(units, StoredArray):
        return units.without(starts, stops)
    if len(starts) == 1 and stops[0] == len(units):
        return units[: starts[0]], units[starts[0] :]
    edges = np.zeros(len(units) + 1, np.int8)
    np.add.at(edges, starts, 1)
    np.add.at(edges, stops, -1)
    out = np.cumsum(edges[:-1], dtype=np.int8) > 0
    return units[~out], units[out]


def spread(count: int, fraction: float, first: int = 0) -> np.ndarray:
    """Which of `count` things, from the `first` of a longer list on, are held out: that share of them, evenly spread."""
    passed = np.floor(np.arange(first, first + count + 1) * fraction + 0.5)  # held out before each
    return np.diff(passed) > 0


def spread_lines(units: LongArray, fraction: float) -> tuple[np.ndarray, np.ndarray]:
    """Where that share of the lines, evenly spread, starts and ends, newlines counted."""
    of_lines = line_starts(units, NEWLINE)
    starts, stops = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for first in range(0, len(of_lines) - 1, BLOCK):
        edges = of_lines[first : first + BLOCK + 1]
        out = spread(len(edges) - 1, fraction, first)
        starts.append(edges[:-1][out])
        stops.append(np.minimum(edges[1:][out], len(units)))
    return np.concatenate(starts), np.concatenate(stops)


def with_fitting_part(corpus: Corpus, *, by_lines: bool) -> Corpus:
    """The corpus with a part taken from its training part: FITTING of it, within FITTING_CHARACTERS, at most a tenth.

    Of a stream, blocks spread evenly: its end, next to what is held out, is what a model of that misses most.
    """
    units, (least, most) = corpus.training, FITTING_CHARACTERS
    size = min(len(units) // 10, max(least, min(most, int(FITTING * len(units)))))
    if by_lines:
        parts = spread_lines(units, size / len(units))
    else:
        blocks = max(1, min(FITTING_BLOCKS, size // SMALLEST_BLOCK))
        middles = len(units) * (2 * np.arange(blocks) + 1) // (2 * blocks)
        starts = middles - size // blocks // 2
        parts = starts, starts + size // blocks
    training, fitting = taken_out(units, *parts)
    return replace(corpus, training=training, fitting=fitting) if len(training) > 1 else corpus


def read_corpus(
    paths: Iterable[str],
    *,
    valid: str | None = None,
    valid_fraction: float = 0.1,
    level: str = "char",
    encoding: str = "utf-8",
    by_lines: bool = False,
    store: str | None = None,
) -> Corpus:
    """A corpus whose held-out part is the file `valid`, or the share `valid_fraction` of the text (see split).

    store: see store.read_long. Raises CharrnnError where the text is too short or too uniform to learn from.
    """
    paths = tuple(paths)
    units = read_long(paths, level=level, encoding=encoding, store=store)
    training: LongArray
    if valid is not None:
        training, held_out = units, read_units([valid], level=level, encoding=encoding)
    else:
        training, held_out = split(units, valid_fraction, by_lines=by_lines)
    names = ", ".join(paths)
    if len(training) < 2:
        size = "1 character is" if len(units) == 1 else f"{len(units)} characters are"
        raise CharrnnError(f"{names}: {size} too little to learn from; give a longer text")
    different, _ = value_counts(training)
    if len(different) == 1:
        shown = f"byte {int(different[0])}" if level == "byte" else chr(int(different[0]))
        raise CharrnnError(f"{names}: the text holds one distinct character ({shown!r}); there is nothing to learn")
    return Corpus(training, held_out, tuple(map(str, paths)))
