"""Cutting encoded text into batches: pure functions of the seed and the step, so resuming needs no reader state.

Shapes: B rows, T time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np

from charrnn.text.corpus import line_bounds
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
TOGETHER, CELLS = 64, 1 << 17  # sequences that models read side by side, and their places, padding counted


class Batch(NamedTuple):
    """inputs_BT and targets_BT (int32), mask_BT (1 where a target counts), and the rows whose carried state is reset."""

    inputs_BT: np.ndarray
    targets_BT: np.ndarray
    mask_BT: np.ndarray
    fresh_B: np.ndarray


class Batches(Protocol):
    @property
    def steps_per_epoch(self) -> int: ...

    def __call__(self, step: int, rows: slice | None = None) -> Batch:
        """The batch of a step, or some of its rows."""
        ...

    def shapes(self) -> list[tuple[int, int]]:
        """For each window length that occurs, a step that has it, and how many steps of an epoch have."""
        ...


def rows_of(batch: Batch, rows: slice | None) -> Batch:
    return batch if rows is None else Batch(*(part[rows] for part in batch))


def compact(ids: np.ndarray, size: int) -> np.ndarray:
    """Ids in the smallest integer type that holds them, for long corpora."""
    return ids.astype(np.min_scalar_type(size))


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
    return np.unique(np.quantile(lengths, LENGTH_QUANTILES[groups - 1], method="higher")).astype(int)


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

    ids: np.ndarray
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
        at_BT = start_B[:, None] + position * self.window + np.arange(self.window)
        mask_BT = at_BT < end_B[:, None]
        at_BT = np.where(mask_BT, at_BT, 0)
        inputs_BT, targets_BT = self.ids[at_BT].astype(np.int32), self.ids[at_BT + 1].astype(np.int32)
        fresh_B = np.random.default_rng([self.seed, epoch, position]).random(self.rows) < (RESETS if position else 1)
        return rows_of(Batch(inputs_BT, targets_BT, mask_BT.astype(np.float32), fresh_B), rows)


class Grouped:
    """The order in which sequences of given lengths are read, shuffled anew each epoch, `rows` of them at a time.

    Those of like length go together and are padded to the longest of their group, so that a few lengths (and compilations)
    serve all.
    """

    def __init__(self, lengths: np.ndarray, rows: int, seed: int, groups: int = MOST_LENGTHS):
        self.edges = edges_of(lengths, groups)
        group = np.searchsorted(self.edges, lengths)
        self.members = [np.flatnonzero(group == k) for k in range(len(self.edges))]
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


class LineBatches:
    """Every line a sequence of its own, from boundary to boundary, in the order of Grouped.

    A line longer than `longest` is read in pieces of that length, the state reset between them; `cut_lines` counts such
    lines.
    """

    def __init__(
        self,
        units: np.ndarray,
        vocabulary: Vocabulary,
        rows: int,
        seed: int,
        longest: int = 1024,
        groups: int = MOST_LENGTHS,
    ):
        ids = vocabulary.encode(units)
        starts, ends = line_bounds(ids, BOUNDARY)
        lengths = ends - starts + 1  # the closing boundary is predicted too
        self.cut_lines = int((lengths > longest).sum())
        pieces = -(-lengths // longest)
        which = np.repeat(np.arange(len(lengths)), pieces)
        begin = (np.arange(len(which)) - np.repeat(np.cumsum(pieces) - pieces, pieces)) * longest
        # line k lies at ids[starts[k] + 1 : ends[k] + 1], with a boundary before it and after it
        boundary = np.array([BOUNDARY])
        self._ids = compact(np.concatenate([boundary, ids, boundary]), vocabulary.size)
        self._starts = starts[which] + begin
        self._lengths = np.minimum(lengths[which] - begin, longest)
        self._rows, self._grouped = rows, Grouped(self._lengths, rows, seed, groups)
        self.steps_per_epoch = self._grouped.steps_per_epoch
        self.predictions = int(self._lengths.sum())

    @property
    def lines(self) -> int:
        return len(self._lengths)

    def shapes(self) -> list[tuple[int, int]]:
        return self._grouped.shapes()

    def __call__(self, step: int, rows: slice | None = None) -> Batch:
        group, lines = self._grouped(step)
        length_B = np.zeros(self._rows, np.int64)
        start_B = np.zeros(self._rows, np.int64)
        length_B[: len(lines)], start_B[: len(lines)] = self._lengths[lines], self._starts[lines]
        time_T = np.arange(self._grouped.edges[group])
        mask_BT = time_T < length_B[:, None]
        at_BT = np.where(mask_BT, start_B[:, None] + time_T, 0)
        inputs_BT, targets_BT = self._ids[at_BT].astype(np.int32), self._ids[at_BT + 1].astype(np.int32)
        return rows_of(Batch(inputs_BT, targets_BT, mask_BT.astype(np.float32), np.ones(self._rows, bool)), rows)
