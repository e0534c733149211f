"""The n-grams of a model as a trie in flat arrays, and finding n-grams in it.

Nodes are numbered level by level; level k holds the k-grams in lexicographic order. So the children of a node lie side
by side, those of the next node behind them, and node n's are starts[n] to starts[n + 1]. Node 1 is the empty n-gram;
node 2 + s is symbol s, for every symbol of the vocabulary. Node 0 stands for an n-gram that is not there: it has no
children and back-off weight 1, so that nothing need be asked.

Shapes: N nodes, C contexts (the nodes of all levels but the last), B rows, T time, Q queries.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from charrnn.models.ngram.columns import Column

ABSENT, ROOT, FIRST_SYMBOL = 0, 1, 2


class TrieLevel(NamedTuple):
    """The k-grams of a trie, and for each (k-1)-gram its back-off weight, number of different successors and of all."""

    symbols: Column
    probability: Column
    backoff: Column
    successors: Column
    occurrences: Column

    def append(self, blocks: Sequence[np.ndarray]) -> None:
        """Add a block to each column, in this order."""
        for column, block in zip(self, blocks, strict=True):
            column.append(block)


class Trie(NamedTuple):
    """symbols_N, the last symbol of each n-gram; probability_N, of that symbol after the others (interpolated in full).

    Of the contexts: backoff_C, the factor of the shorter context's probability for a successor that is not there;
    occurrences_C, how often the context was followed by anything (part of the file, used by no command); starts_C (one
    entry more), where its children begin.
    `levels` are the first nodes of levels 0 to order, and the number of nodes.
    """

    symbols_N: np.ndarray
    probability_N: np.ndarray
    starts_C: np.ndarray
    backoff_C: np.ndarray
    occurrences_C: np.ndarray
    levels: np.ndarray

    @property
    def order(self) -> int:
        return len(self.levels) - 2


def assemble(levels: Sequence[TrieLevel]) -> Trie:
    """One trie of its levels 1, 2, ..., in order."""
    firsts = np.cumsum([ROOT, 1, *(len(level.symbols) for level in levels)])
    symbols, probability, backoff, successors, occurrences = zip(*levels, strict=True)
    starts_C = _joined([FIRST_SYMBOL, 0], successors, np.uint32 if firsts[-1] < 1 << 32 else np.uint64)
    return Trie(
        _joined([0] * FIRST_SYMBOL, symbols, symbols[0].dtype),
        _joined([0] * FIRST_SYMBOL, probability, probability[0].dtype),
        np.cumsum(starts_C, out=starts_C, dtype=starts_C.dtype),
        _joined([1], backoff, backoff[0].dtype),
        _joined([0], occurrences, occurrences[0].dtype),
        firsts,
    )


def is_sound(trie: Trie, symbols: int) -> bool:
    """Whether the arrays, of the lengths that `levels` says, can be a trie over so many symbols: nothing in it leads outside
    of it, and its numbers are probabilities."""
    kinds = [array.dtype.kind for array in trie]
    if kinds != ["u", "f", "u", "f", kinds[4], "i"] or any(array.ndim != 1 for array in trie):
        return False
    starts_C, p_N, levels = trie.starts_C, trie.probability_N, trie.levels
    rising = (levels[1:] > levels[:-1]).all() and (starts_C[1:] >= starts_C[:-1]).all()
    inside = levels[0] == ROOT and starts_C[-1] == len(p_N) and trie.symbols_N.max() < symbols
    probable = all((share >= 0).all() and (share <= 1 + 1e-6).all() for share in (p_N, trie.backoff_C))
    return bool(rising and inside and probable)


def size_of(levels: Sequence[TrieLevel]) -> int:
    """The bytes that the trie of these levels takes in memory, near enough."""
    return sum(len(column) * column.dtype.itemsize for level in levels for column in level)


def _joined(first: Sequence[int], columns: Sequence[Column], dtype: np.typing.DTypeLike) -> np.ndarray:
    """An array of these first numbers and then the columns, one after the other."""
    array = np.empty(len(first) + sum(map(len, columns)), dtype)
    array[: len(first)] = first
    done = len(first)
    for column in columns:
        for block in column.blocks():
            array[done : done + len(block)] = block
            done += len(block)
    return array


def children(trie: Trie, contexts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each context the node of its first child and the number of its children (int64)."""
    first = trie.starts_C[contexts].astype(np.int64)
    return first, trie.starts_C[contexts + 1].astype(np.int64) - first


def parents(trie: Trie, nodes: np.ndarray) -> np.ndarray:
    """The context of which each node, of one symbol or more, is a child."""
    return np.searchsorted(trie.starts_C, nodes, side="right") - 1


def find(trie: Trie, contexts: np.ndarray, symbols: np.ndarray) -> np.ndarray:
    """The node of each context extended by its symbol (same shapes, int64); ABSENT where the trie has none.

    A binary search in all slices of children at once, over those that are not empty.
    """
    nodes = np.full(contexts.shape, ABSENT, np.int64)
    first, number = children(trie, contexts)
    asked = np.nonzero(number)
    at_Q, left_Q, symbols_Q = first[asked], number[asked], symbols[asked].astype(trie.symbols_N.dtype)
    for _ in range(int(left_Q.max(initial=1) - 1).bit_length()):
        half_Q = left_Q >> 1  # the last child not beyond the symbol is among the `left` from `at` on
        at_Q += half_Q * (trie.symbols_N[at_Q + half_Q] <= symbols_Q)
        left_Q -= half_Q
    nodes[asked] = np.where(trie.symbols_N[at_Q] == symbols_Q, at_Q, ABSENT)
    return nodes
