"""Cutting encoded text into batches: pure functions of the seed and the step, so resuming needs no reader state.

Shapes: B rows, T time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np

from charrnn.text.long_array import BLOCK, LongArray, compact, line_starts
from charrnn.text.symbols import BOUNDARY
from charrnn.text.vocabulary import Vocabulary

# Lines are padded to the longest of their group; the groups end at these quantiles of line length, by how many there are.
LENGTH_QUANTILES = (
    (1.0,), (0.8, 1.0), (0.5, 0.9, 1.0), (0.35, 0.7, 0.95, 1.0), (0.25, 0.5, 0.75, 0.95, 1.0),
)  # fmt: skip
MOST_LENGTHS = len(LENGTH_QUANTILES)
# Share of the windows of a stream that begin with a fresh state. Networks that hardly ever start in mid-text can end in
# states that they do not leave again for thousands of characters: one had 1.86 nats a character when its held-out text was
# read in 32 pieces, and 1.48 in one.
RESETS = 1 / 64
# Lines are shuffled within shares of so many, each of which has lines from all over the text.
SHARE = 1 << 20
TOGETHER, CELLS = 64, 1 << 17  # sequences that models read side by side, and their places, padding counted


class Batch(NamedTuple):
    """inputs_BT and targets_BT (int32), mask_BT (1 where a target counts), and the rows whose carried state is reset."""

    inputs_BT: np.ndarray
    targets_BT: np.ndarray
    mask_BT: np.ndarray
    fresh_B: np.ndarray

    @classmethod
    def of(
        cls, ids: LongArray, starts_B: np.ndarray, lengths_B: np.ndarray, width: int, fresh_B: np.ndarray, rows: slice | None
    ) -> "Batch":
        """The batch in which each row predicts so many ids from its start on, given the one before; outside the text is a
        boundary. rows: which of them are wanted, if not all."""
        if rows is not None:
            starts_B, lengths_B, fresh_B = starts_B[rows], lengths_B[rows], fresh_B[rows]
        read_BT = np.zeros((len(starts_B), width + 1), np.int32)
        for row_T, start, length in zip(read_BT, starts_B.tolist(), lengths_B.tolist(), strict=True):
            if length:
                part, first = ids[max(start - 1, 0) : start + length], int(start == 0)
                row_T[: length + 1] = BOUNDARY
                row_T[first : first + len(part)] = part
        mask_BT = np.arange(width) < lengths_B[:, None]
        return cls(read_BT[:, :-1], read_BT[:, 1:], mask_BT.astype(np.float32), fresh_B)


class Batches(Protocol):
    @property
    def steps_per_epoch(self) -> int: ...

    def __call__(self, step: int, rows: slice | None = None) -> Batch:
        """The batch of a step, or some of its rows."""
        ...

    def shapes(self) -> list[tuple[int, int]]:
        """For each window length that occurs, a step that has it, and how many steps of an epoch have."""
        ...


def encoded(vocabulary: Vocabulary, texts: Sequence[str]) -> list[np.ndarray]:
    """The ids of each text; of an empty one, those of a boundary, for nothing cannot be read."""
    return [ids if len(ids := vocabulary.encode(text)) else np.array([BOUNDARY], np.int32) for text in texts]


def padded(sequences: Sequence[np.ndarray], width: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """array_BT of the sequences, with zeros behind them up to the longest or `width`, and their lengths_B."""
    lengths_B = np.array([len(sequence) for sequence in sequences], np.int32)
    array_BT = np.zeros((len(sequences), width or lengths_B.max()), np.int32)
    for row, sequence in enumerate(sequences):
        array_BT[row, : len(sequence)] = sequence
    return array_BT, lengths_B


def in_batches(lengths: Sequence[int], rows: int = TOGETHER, cells: int = CELLS) -> Iterator[np.ndarray]:
    """Indices of sequences to be read together, those of like length: so many, and not more than have this number of cells
    when they are padded to the longest."""
    order, first = np.argsort(lengths, kind="stable"), 0
    for k, index in enumerate(order):
        if k - first == rows or (k > first and (k - first + 1) * lengths[index] > cells):
            yield order[first:k]
            first = k
    if len(order):
        yield order[first:]


def edges_of(lengths: np.ndarray, groups: int) -> np.ndarray:
    """The lengths that lines are padded to in so many groups."""
    return edges_of_counts(np.bincount(lengths), groups)


def edges_of_counts(counts_L: np.ndarray, groups: int) -> np.ndarray:
    """The same, from how many lines there are of each length."""
    at = np.ceil((counts_L.sum() - 1) * np.array(LENGTH_QUANTILES[groups - 1]))
    return np.unique(np.searchsorted(np.cumsum(counts_L), at, side="right"))


def groups_within(lengths: np.ndarray, seconds: float, compiling: float) -> int:
    """In how many groups most lines are read in `seconds`, of which each takes `compiling` to be compiled."""

    def read(groups: int) -> float:
        edges = edges_of(lengths, groups)
        padded = edges[np.searchsorted(edges, lengths)].mean()
        return max(0.0, seconds - len(edges) * compiling) / padded

    return max(range(1, MOST_LENGTHS + 1), key=read)


@dataclass(frozen=True)
class StreamBatches:
    """A text as `rows` parallel streams, read window by window with the state carried from one to the next.

    Each epoch starts at a fresh random offset below `window` (less where the last window of the epoch would fall
    empty), so that windows do not always cut at the same places. Every later character is predicted once: rows differ
    in length by one at the most, and the last window is padded and masked. The state is reset in all rows when an epoch
    begins, and in some at random (RESETS).
    """

    ids: LongArray
    rows: int
    window: int
    seed: int

    def __post_init__(self):
        assert len(self.ids) > self.rows
        assert self.window > 0

    @property
    def predictions(self) -> int:
        """Characters predicted in an epoch, those that its offset skips counted."""
        return len(self.ids) - 1

    @property
    def steps_per_epoch(self) -> int:
        return -(-self.predictions // (self.rows * self.window))

    def shapes(self) -> list[tuple[int, int]]:
        return [(0, self.steps_per_epoch)]

    def _offset(self, epoch: int) -> int:
        slack = self.predictions - self.rows * self.window * (self.steps_per_epoch - 1)
        return int(np.random.default_rng([self.seed, epoch]).integers(min(self.window, slack)))

    def __call__(self, step: int, rows: slice | None = None) -> Batch:
        epoch, position = divmod(step, self.steps_per_epoch)
        offset = self._offset(epoch)
        length, longer = divmod(self.predictions - offset, self.rows)  # the first `longer` rows have one more
        row_B = np.arange(self.rows)
        start_B = offset + row_B * length + np.minimum(row_B, longer)
        end_B = start_B + length + (row_B < longer)
        start_B += position * self.window
        length_B = np.clip(end_B - start_B, 0, self.window)
        fresh_B = np.random.default_rng([self.seed, epoch, position]).random(self.rows) < (RESETS if position else 1)
        return Batch.of(self.ids, start_B + 1, length_B, self.window, fresh_B, rows)


class Grouped:
    """The order in which sequences of given lengths are read, shuffled anew each epoch, `rows` of them at a time.

    Those of like length go together and are padded to the longest of their group, of which there are few (and compilations).
    edges: these lengths, from edges_of.
    """

    def __init__(self, lengths: np.ndarray, rows: int, seed: int, edges: np.ndarray):
        group = np.searchsorted(edges, lengths)
        self.members = [np.flatnonzero(group == k) for k in range(len(edges))]
        self._rows, self._seed = rows, seed
        self._batches = np.array([-(-len(members) // rows) for members in self.members])
        self.steps_per_epoch = int(self._batches.sum())

    def shapes(self) -> list[tuple[int, int]]:
        groups = self._plan(0)[0]
        return [(int(np.argmax(groups == k)), int(count)) for k, count in enumerate(self._batches)]

    @lru_cache(maxsize=2)  # noqa: B019  (one or two of these live as long as the run)
    def _plan(self, epoch: int) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
        """For each step of an epoch its group and its place in the group; for each group the order of its sequences."""
        random = np.random.default_rng([self._seed, epoch])
        orders = [random.permutation(members) for members in self.members]
        group = np.repeat(np.arange(len(self.members)), self._batches)
        place = np.concatenate([np.arange(n) for n in self._batches])
        shuffled = random.permutation(len(group))
        return group[shuffled], place[shuffled], orders

    def __call__(self, step: int) -> tuple[int, np.ndarray]:
        """The group of a step, and the indices of the sequences that are read in it, `rows` or fewer."""
        epoch, position = divmod(step, self.steps_per_epoch)
        groups, places, orders = self._plan(epoch)
        group, place = int(groups[position]), places[position]
        return group, orders[group][place * self._rows : (place + 1) * self._rows]


class _Share(NamedTuple):
    """Some of the lines, in pieces: where each starts, how long it is, and the order in which they are read."""

    starts: np.ndarray
    lengths: np.ndarray
    grouped: Grouped


class LineBatches:
    """Every line a sequence of its own, from boundary to boundary, in the order of Grouped.

    A line longer than `longest` is read in pieces of that length, the state reset between them; `cut_lines` counts such
    lines. Of more lines than SHARE, every second, or third and so on, makes a share, and an epoch is one share after the
    other in random order: so what is held of the lines in memory is bounded.
    """

    def __init__(
        self,
        units: LongArray,
        vocabulary: Vocabulary,
        rows: int,
        seed: int,
        longest: int = 1024,
        groups: int = MOST_LENGTHS,
    ):
        ids = vocabulary.encode(units)
        self._ids = compact(ids, vocabulary.size)
        self._line_starts = line_starts(ids, BOUNDARY)
        self._rows, self._seed, self._longest = rows, seed, longest
        self._shares = -(-(len(self._line_starts) - 1) // SHARE)
        counts_SL = self._counted()
        counts_L = counts_SL.sum(0)
        self.edges = edges_of_counts(counts_L, groups)
        self.lines, self.predictions = int(counts_L.sum()), int(counts_L @ np.arange(longest + 1))
        group_L = np.searchsorted(self.edges, np.arange(self.edges[-1] + 1))
        self._batches_SG = np.stack([-(-np.bincount(group_L, row[: len(group_L)]).astype(int) // rows) for row in counts_SL])
        self.steps_per_epoch = int(self._batches_SG.sum())

    def _counted(self) -> np.ndarray:
        """How many pieces there are of each length in each share. Counts the lines that are cut."""
        self.cut_lines, width = 0, self._longest + 1
        counts = np.zeros(self._shares * width, np.int64)
        for first in range(0, len(self._line_starts) - 1, BLOCK):
            lengths = np.diff(self._line_starts[first : first + BLOCK + 1])  # the closing boundary is predicted too
            place = (first + np.arange(len(lengths))) % self._shares * width
            whole, rest = np.divmod(lengths, self._longest)
            counts += np.bincount(place + self._longest, whole, len(counts)).astype(np.int64)
            counts += np.bincount((place + rest)[rest > 0], minlength=len(counts))
            self.cut_lines += int((lengths > self._longest).sum())
        return counts.reshape(self._shares, width)

    @lru_cache(maxsize=2)  # noqa: B019  (one of these lives as long as the run)
    def _share(self, share: int) -> _Share:
        found = []
        for first in range(0, len(self._line_starts) - 1, BLOCK):
            edges = self._line_starts[first : first + BLOCK + 1]
            mine = slice((share - first) % self._shares, None, self._shares)
            found.append((edges[:-1][mine], np.diff(edges)[mine]))
        starts, lengths = (np.concatenate(parts) for parts in zip(*found, strict=True))
        pieces = -(-lengths // self._longest)
        which = np.repeat(np.arange(len(lengths)), pieces)
        begin = (np.arange(len(which)) - np.repeat(np.cumsum(pieces) - pieces, pieces)) * self._longest
        lengths = np.minimum(lengths[which] - begin, self._longest)
        return _Share(starts[which] + begin, lengths, Grouped(lengths, self._rows, self._seed, self.edges))

    def _order(self, epoch: int) -> np.ndarray:
        """Of the shares."""
        return np.random.default_rng([self._seed, epoch]).permutation(self._shares)

    def shapes(self) -> list[tuple[int, int]]:
        found: dict[int, int] = {}
        before, steps_G = 0, self._batches_SG.sum(0)
        for share in self._order(0).tolist():
            for group, (step, count) in enumerate(self._share(share).grouped.shapes()):
                if count:
                    found.setdefault(group, before + step)
            if len(found) == len(steps_G):
                break
            before += int(self._batches_SG[share].sum())
        return [(found[group], int(count)) for group, count in enumerate(steps_G)]

    def __call__(self, step: int, rows: slice | None = None) -> Batch:
        epoch, position = divmod(step, self.steps_per_epoch)
        order = self._order(epoch)
        ends = np.cumsum(self._batches_SG[order].sum(1))
        place = int(np.searchsorted(ends, position, side="right"))
        share = self._share(int(order[place]))
        steps = share.grouped.steps_per_epoch
        group, lines = share.grouped(epoch * steps + position - int(ends[place]) + steps)
        start_B, length_B = np.zeros((2, self._rows), np.int64)
        start_B[: len(lines)], length_B[: len(lines)] = share.starts[lines], share.lengths[lines]
        return Batch.of(self._ids, start_B, length_B, int(self.edges[group]), np.ones(self._rows, bool), rows)
