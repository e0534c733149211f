"""Text that does not copy: a model kept from writing spans of a corpus, and how much of a text is copied.

Spans are found by a hash of theirs, modulo 2^64. Two that share one would only be taken for a copy.

Shapes: B rows, T time, V symbols, P positions in the corpus.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.language_model import LanguageModel, State

FACTOR = np.uint64(0x9E3779B97F4A7C15)


def hashes(ids: np.ndarray, length: int) -> np.ndarray:
    """A hash of each stretch of `length` ids along the last axis: Σ (id + 1) · FACTOR^place, modulo 2^64."""
    places = ids.shape[-1] - length + 1
    total = np.zeros((*ids.shape[:-1], max(places, 0)), np.uint64)
    for k in range(length if places > 0 else 0):
        total = total * FACTOR + (ids[..., k : k + places].astype(np.uint64) + np.uint64(1))
    return total


class NovelState(NamedTuple):
    """The model's own state, and the last symbols read, as many as a span has before its last (0 before the first)."""

    inner: State
    recent_BT: np.ndarray


class Novel:
    """A language model that gives probability 0 to each symbol that would complete `span` symbols of the corpus.

    The primer counts as written. What remains is not renormalised, which sampling does; where nothing remains, a text is in
    a dead end (see dead_ends.py). Raises CharrnnError for a span below 2.
    """

    def __init__(self, model: LanguageModel, corpus_ids: np.ndarray, span: int):
        if span < 2:
            raise CharrnnError(f"--novel {span}: every character is in the corpus; give 2 or more")
        self.model, self.vocabulary, self.lines, self.span = model, model.vocabulary, model.lines, span
        contexts_P = hashes(corpus_ids[:-1], span - 1)
        order_P = np.argsort(contexts_P, kind="stable")
        self._contexts_P, self._next_P = contexts_P[order_P], corpus_ids[span - 1 :][order_P]

    def prepare(self, characters: float) -> None:
        self.model.prepare(characters)

    def start(self, rows: int) -> NovelState:
        return NovelState(self.model.start(rows), np.full((rows, self.span - 1), -1, np.int64))

    def advance(self, state: NovelState, ids_BT: np.ndarray) -> tuple[NovelState, np.ndarray]:
        inner, log_probs_BTV = self.model.advance(state.inner, ids_BT)
        log_probs_BTV = np.array(log_probs_BTV)
        read_BT = np.concatenate([state.recent_BT, ids_BT], axis=1)
        contexts_BT = hashes(read_BT, self.span - 1)[:, 1:]
        first_BT, end_BT = (np.searchsorted(self._contexts_P, contexts_BT, side=side) for side in ("left", "right"))
        for row, place in zip(*np.nonzero(first_BT < end_BT), strict=True):
            banned = self._next_P[first_BT[row, place] : end_BT[row, place]]
            log_probs_BTV[row, place, banned] = -np.inf
        return NovelState(inner, read_BT[:, ids_BT.shape[1] :]), log_probs_BTV

    def target_log_probs(
        self, state: NovelState, ids_BT: np.ndarray, targets_BT: np.ndarray
    ) -> tuple[NovelState, np.ndarray]:
        state, log_probs_BTV = self.advance(state, ids_BT)
        return state, np.take_along_axis(log_probs_BTV, targets_BT[..., None], axis=2)[..., 0]


class Copy(NamedTuple):
    """Symbols begin to begin + length of a text, that stand in the corpus from `place` on."""

    begin: int
    length: int
    place: int


def copies(ids: np.ndarray, corpus_ids: np.ndarray, least: int) -> list[Copy]:
    """The stretches of at least this length that stand in the corpus, from left to right, each as long as it can be and
    none within another."""
    wanted, there_P = hashes(ids, least), hashes(corpus_ids, least)
    order_P = np.argsort(there_P, kind="stable")
    sorted_P = there_P[order_P]
    found, k = [], 0
    while k < len(wanted):
        first, end = (int(np.searchsorted(sorted_P, wanted[k], side=side)) for side in ("left", "right"))
        longest = (
            max((_alike(ids[k:], corpus_ids[place:]), -place) for place in order_P[first:end]) if end > first else (0, 0)
        )
        if longest[0] >= least:
            found.append(Copy(k, longest[0], -longest[1]))
            k += longest[0]
        else:
            k += 1
    return found


def _alike(one: np.ndarray, other: np.ndarray) -> int:
    """How many symbols two texts begin with in common."""
    length = min(len(one), len(other))
    different = np.flatnonzero(one[:length] != other[:length])
    return int(different[0]) if len(different) else length


def longest_copy(ids: np.ndarray, corpus_ids: np.ndarray) -> tuple[int, int]:
    """(begin, length) of the longest stretch of the ids that stands in the corpus; (0, 0) where nothing does."""
    begin, least, most = 0, 0, min(len(ids), len(corpus_ids))
    while least < most:  # a copy of some length holds copies of all smaller ones
        length = (least + most + 1) // 2
        found = next(_copies(ids, corpus_ids, length), None)
        if found is None:
            most = length - 1
        else:
            begin, least = found, length
    return begin, least


def _copies(ids: np.ndarray, corpus_ids: np.ndarray, length: int) -> Iterator[int]:
    """Where stretches of this length begin that are in the corpus."""
    yield from np.flatnonzero(np.isin(hashes(ids, length), hashes(corpus_ids, length))).tolist()
