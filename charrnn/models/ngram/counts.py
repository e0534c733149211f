"""Counting the n-grams of a text, one order after the other, by sorting.

A k-gram is known by its rank among the distinct k-grams in lexicographic order. A (k+1)-gram is then the pair (rank of
its first k symbols, last symbol): one integer, however long the n-gram. Nothing is hashed and nothing is a string.

Memory, in bytes for each character of the text while an order is counted: 8 for the sort, 8 for the ranks of two
orders, 2 for the text and a mask. What has been counted adds 13 bytes for each distinct n-gram of the last two orders.
Measured, with the estimation: 100 MB of program text at order 7 (5 million different 7-grams) 24 s and 2.4 GB.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.text.long_array import compact
from charrnn.text.symbols import BOUNDARY

BLOCK = 1 << 22  # positions worked on at a time, so that temporary arrays stay small
KEY_BITS = 64  # what a rank, a symbol and a position may take together to be sorted as one integer


@dataclass(frozen=True, eq=False)
class NgramCounts:
    """The distinct n-grams of one order, in lexicographic order.

    Of n-gram w1..wk: symbols has wk, parents the rank of w1..wk-1 and suffixes that of w2..wk among the (k-1)-grams,
    counts how often it occurs (at order 1, without the boundary before the text). `initial` are the ranks [from, to)
    of those that begin with the boundary symbol, `first` the rank of the one that the text begins with. Order 1 holds
    every symbol of the vocabulary, seen or not, and as suffix of each the symbol itself.
    """

    order: int
    symbols: np.ndarray
    parents: np.ndarray
    suffixes: np.ndarray
    counts: np.ndarray
    initial: tuple[int, int]
    first: int

    def __len__(self) -> int:
        return len(self.symbols)


def framed(ids: np.ndarray, size: int, *, lines: bool) -> np.ndarray:
    """The text with a boundary before it and, when read as lines, after it; in the smallest type that holds ids."""
    closing = [BOUNDARY] if lines and ids[-1] != BOUNDARY else []
    text = np.empty(1 + len(ids) + len(closing), compact(ids[:0], size).dtype)
    text[0], text[1 : 1 + len(ids)], text[1 + len(ids) :] = BOUNDARY, ids, closing
    return text


def count_ngrams(ids: np.ndarray, size: int, *, lines: bool) -> Iterator[NgramCounts]:
    """The n-grams of order 1, 2, 3 and so on, without end, of a text of `size` different ids.

    With `lines`, none reaches over a boundary: it may only be the first symbol or the last. Raises CharrnnError for a
    text of 2^32 characters and more.
    """
    text = framed(ids, size, lines=lines)
    if len(text) >= 1 << 32:
        raise CharrnnError(f"the training text has {len(ids):,} characters; n-grams are counted in texts below 2^32")
    ranks, starts_here = text.astype(np.uint32), np.ones(len(text), bool)
    symbols, occurrences = np.arange(size, dtype=np.uint32), np.bincount(text[1:], minlength=size).astype(np.uint32)
    counted = NgramCounts(1, symbols.astype(text.dtype), np.zeros_like(symbols), symbols, occurrences, (1, 2), BOUNDARY)
    while True:
        yield counted
        order = counted.order + 1
        starts_here[max(len(text) - order + 1, 0) :] = False
        if lines and order > 2:  # the last symbol so far becomes an inner one
            reach = max(len(text) - order + 1, 0)
            starts_here[:reach] &= text[order - 2 : order - 2 + reach] != BOUNDARY
        ranks, counted = _extended(text, ranks, starts_here, counted, size)


def _extended(
    text: np.ndarray, ranks: np.ndarray, starts_here: np.ndarray, below: NgramCounts, size: int
) -> tuple[np.ndarray, NgramCounts]:
    """The rank of the n-gram of the next order at each position where one starts, and their counts."""
    shift = (size - 1).bit_length()
    new_ranks = np.zeros_like(ranks)
    found, seen, last = 0, 0, -1  # distinct n-grams, positions and the last key of the blocks before
    keys, suffixes, edges = [], [], []
    for keys_P, at_P in _sorted_windows(text, ranks, starts_here, below, shift):
        is_new_P = np.empty(len(keys_P), bool)
        is_new_P[0], is_new_P[1:] = int(keys_P[0]) != last, keys_P[1:] != keys_P[:-1]
        new_ranks[at_P] = found - 1 + np.cumsum(is_new_P)
        new = np.flatnonzero(is_new_P)
        keys.append(keys_P[new])
        suffixes.append(ranks[at_P[new] + 1])
        edges.append(seen + new)
        found, seen, last = found + len(new), seen + len(keys_P), int(keys_P[-1])
    key = np.concatenate([np.zeros(0, np.uint64), *keys])
    edge = np.concatenate([np.zeros(0, np.int64), *edges, [seen]])
    parents = (key >> np.uint64(shift)).astype(np.uint32)
    counted = NgramCounts(
        below.order + 1,
        (key & np.uint64((1 << shift) - 1)).astype(text.dtype),
        parents,
        np.concatenate([np.zeros(0, np.uint32), *suffixes]),
        np.diff(edge).astype(np.uint32),
        tuple(np.searchsorted(parents, np.array(below.initial, np.uint32)).tolist()),
        int(new_ranks[0]),
    )
    return new_ranks, counted


def _sorted_windows(
    text: np.ndarray, ranks: np.ndarray, starts_here: np.ndarray, below: NgramCounts, shift: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(keys, positions) of all windows in blocks, sorted by key: rank of all symbols but the last, then the last."""
    position_bits = (len(text) - 1).bit_length()
    fits = (max(len(below), 2) - 1).bit_length() + shift + position_bits <= KEY_BITS
    packed, positions = _windows(text, ranks, starts_here, below.order, shift, position_bits if fits else 0)
    if fits:  # the position in the low bits: one sort in place
        packed.sort()
    else:
        order = np.argsort(packed, kind="stable")
    for start in range(0, len(packed), BLOCK):
        stop = start + BLOCK
        if fits:
            block = packed[start:stop]
            yield block >> np.uint64(position_bits), (block & np.uint64((1 << position_bits) - 1)).astype(np.int64)
        else:
            yield packed[order[start:stop]], positions[order[start:stop]].astype(np.int64)


def _windows(
    text: np.ndarray, ranks: np.ndarray, starts_here: np.ndarray, reach: int, shift: int, position_bits: int
) -> tuple[np.ndarray, np.ndarray]:
    """The keys of all windows, the position in their low bits; where there is no room for it, the positions apart."""
    windows = int(np.count_nonzero(starts_here))
    packed = np.empty(windows, np.uint64)
    positions = np.empty(0 if position_bits else windows, np.uint32)
    done = 0
    for start in range(0, len(text), BLOCK):
        at_P = start + np.flatnonzero(starts_here[start : start + BLOCK])
        keys_P = ranks[at_P].astype(np.uint64) << np.uint64(shift) | text[at_P + reach].astype(np.uint64)
        if position_bits:
            keys_P = keys_P << np.uint64(position_bits) | at_P.astype(np.uint64)
        else:
            positions[done : done + len(at_P)] = at_P
        packed[done : done + len(at_P)] = keys_P
        done += len(at_P)
    return packed, positions
