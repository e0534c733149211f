"""The n-gram model as one step of a compiled loop.

The contexts that much may follow, a small share of all, have their whole distributions ready, a row each. A distribution is
the row of the longest context that has one, times back-off weights, and upon it the few children of each longer context.

Shapes: as in model.py, and N nodes, C contexts, D contexts that have rows, W children of a context.
"""

import itertools
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from charrnn.models.ngram.model import CELLS, NgramModel, NgramState
from charrnn.models.ngram.trie import FIRST_SYMBOL, ROOT, parents
from charrnn.text.symbols import UNKNOWN

Array = Any

MOST_NODES = 1 << 31  # that 32 bits number
FEWEST_CHILDREN = 8  # up to here, a row would not pay
ROWS_SIZE = 1 << 23  # numbers in all rows together, but for the one that every model has: 32 MiB


class Arrays(NamedTuple):
    """What of the trie is read in each step; row_C is the row of each context's distribution in rows_DV, −1 without one."""

    symbols_N: Array
    probability_N: Array
    starts_C: Array
    backoff_C: Array
    row_C: Array
    rows_DV: Array


@dataclass(frozen=True)
class NgramReader:
    """The `read` of a models.language_model.CompiledStep.

    most_children: of any context. widths: for each context length, the most children of a context that has no row.
    """

    most_children: int
    widths: tuple[int, ...]
    unknown_probability: float

    def __call__(self, arrays: Arrays, state: NgramState, ids_B: Array) -> tuple[NgramState, Array]:
        """The state after ids_B, and log_probs_BV."""
        xp = ids_B.__array_namespace__()
        longer_BK = self._found(xp, arrays, state.nodes_BK[:, 1:-1], ids_B[:, None])
        first_B2 = xp.stack([xp.full_like(ids_B, ROOT), FIRST_SYMBOL + ids_B], axis=1)
        nodes_BK = xp.concatenate([first_B2, longer_BK], axis=1).astype(state.nodes_BK.dtype)
        p_BV = self._distribution(xp, arrays, nodes_BK)
        if self.unknown_probability:
            unknown_V = xp.arange(p_BV.shape[1]) == UNKNOWN
            p_BV = xp.where(unknown_V, self.unknown_probability, p_BV * (1 - self.unknown_probability))
        return NgramState(nodes_BK), xp.log(p_BV)

    def _found(self, xp: Any, arrays: Arrays, contexts_BK: Array, ids_B1: Array) -> Array:
        """As trie.find."""
        at_BK, left_BK = _children(arrays, contexts_BK)
        some_BK = left_BK > 0
        for _ in range((self.most_children - 1).bit_length()):
            half_BK = left_BK >> 1
            at_BK = at_BK + half_BK * (arrays.symbols_N[at_BK + half_BK] <= ids_B1)
            left_BK = left_BK - half_BK
        return xp.where(some_BK & (arrays.symbols_N[at_BK] == ids_B1), at_BK, 0)

    def _distribution(self, xp: Any, arrays: Arrays, nodes_BK: Array) -> Array:
        """p_BV in the contexts whose nodes are given for all lengths; see NgramModel.interpolated."""
        row_BK = arrays.row_C[nodes_BK]
        lengths_K = xp.arange(nodes_BK.shape[1])
        from_row_B1 = xp.max(xp.where(row_BK >= 0, lengths_K, 0), axis=1, keepdims=True)
        backoff_BK = arrays.backoff_C[nodes_BK]
        weight_BK = xp.cumprod(xp.concatenate([backoff_BK[:, 1:], xp.ones_like(backoff_BK[:, :1])], 1)[:, ::-1], 1)[:, ::-1]
        row_B = xp.take_along_axis(row_BK, from_row_B1, axis=1)[:, 0]
        p_BV = arrays.rows_DV[row_B] * xp.take_along_axis(weight_BK, from_row_B1, axis=1)
        rows_B1, symbols = xp.arange(len(row_B))[:, None], p_BV.shape[1]
        for length, width in enumerate(self.widths):
            if not width:
                continue
            first_B, number_B = _children(arrays, nodes_BK[:, length])
            places_W = xp.arange(width)
            here_BW = (places_W < number_B[:, None]) & (from_row_B1 < length)
            children_BW = first_B[:, None] + places_W
            cells_BW = xp.where(here_BW, arrays.symbols_N[children_BW], symbols + places_W)  # from `symbols` on: no cell
            p_BW = arrays.probability_N[children_BW] * weight_BK[:, length, None]
            p_BV = p_BV.at[rows_B1, cells_BW].set(p_BW, mode="drop", unique_indices=True)
        return p_BV


def _children(arrays: Arrays, contexts: Array) -> tuple[Array, Array]:
    """As trie.children."""
    first = arrays.starts_C[contexts]
    return first, arrays.starts_C[contexts + 1] - first


def reader(model: NgramModel) -> tuple[NgramReader, Arrays] | None:
    """The parts of the model's CompiledStep, in numpy; None where its nodes are too many for 32 bits."""
    trie, size = model.trie, model.vocabulary.size
    if len(trie.symbols_N) >= MOST_NODES:
        return None
    number_C = np.diff(trie.starts_C.astype(np.int64))
    rows = max(1, ROWS_SIZE // size)
    fewest = int(np.partition(number_C, -rows - 1)[-rows - 1]) if rows < len(number_C) else 0
    has_row_C = number_C > max(fewest, FEWEST_CHILDREN)
    has_row_C[ROOT] = True
    widths, rows_DV = [], []
    for length, (first, end) in enumerate(itertools.pairwise(trie.levels[:-1].tolist())):
        has_row = has_row_C[first:end]
        widths.append(int(number_C[first:end][~has_row].max(initial=0)))
        rows_DV.append(_distributions(model, first + np.flatnonzero(has_row), length))
    arrays = Arrays(
        trie.symbols_N, trie.probability_N.astype(np.float32), trie.starts_C.astype(np.int32),
        trie.backoff_C.astype(np.float32), np.where(has_row_C, np.cumsum(has_row_C) - 1, -1).astype(np.int32),
        np.concatenate(rows_DV),
    )  # fmt: skip
    most = int(number_C[FIRST_SYMBOL:].max(initial=0))
    return NgramReader(most, tuple(widths), model.vocabulary.unknown_probability), arrays


def _distributions(model: NgramModel, contexts_D: np.ndarray, length: int) -> np.ndarray:
    """p_DV (float32) in contexts of one length, the unknown symbol as it was counted."""
    ids_DT, nodes_D = np.zeros((len(contexts_D), length), np.int32), contexts_D
    for place in reversed(range(length)):
        ids_DT[:, place], nodes_D = model.trie.symbols_N[nodes_D], parents(model.trie, nodes_D)
    p_DV = np.empty((len(contexts_D), model.vocabulary.size), np.float32)
    width = max(1, CELLS // model.vocabulary.size)
    for start in range(0, len(contexts_D), width):
        piece = slice(start, start + width)
        state, _ = model.read(model.start(len(ids_DT[piece])), ids_DT[piece])
        p_DV[piece] = model.interpolated(state.nodes_BK.T)
    return p_DV
