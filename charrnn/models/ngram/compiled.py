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
    """What of the trie is read in each step.

    contexts_C4, int32: the first child, the number of children, the bits of the back-off weight, and the row of the
    distribution in rows_DV, −1 without one. Side by side, as the time goes into fetching them from memory.
    """

    symbols_N: Array
    probability_N: Array
    contexts_C4: Array
    rows_DV: Array


@dataclass(frozen=True)
class NgramReader:
    """The `read` of a models.language_model.CompiledStep.

    most_children: of any context. width: of any that has no row.
    """

    most_children: int
    width: int
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
        at_BK, left_BK = xp.unstack(arrays.contexts_C4[contexts_BK], axis=-1)[:2]
        some_BK = left_BK > 0
        for _ in range((self.most_children - 1).bit_length()):
            half_BK = left_BK >> 1
            at_BK = at_BK + half_BK * (arrays.symbols_N[at_BK + half_BK] <= ids_B1)
            left_BK = left_BK - half_BK
        return xp.where(some_BK & (arrays.symbols_N[at_BK] == ids_B1), at_BK, 0)

    def _distribution(self, xp: Any, arrays: Arrays, nodes_BK: Array) -> Array:
        """p_BV in the contexts whose nodes are given for all lengths; see NgramModel.interpolated."""
        first_BK, number_BK, bits_BK, row_BK = xp.unstack(arrays.contexts_C4[nodes_BK], axis=-1)
        backoff_BK = bits_BK.view(np.float32)
        lengths_K = xp.arange(nodes_BK.shape[1])
        from_row_B1 = xp.max(xp.where(row_BK >= 0, lengths_K, 0), axis=1, keepdims=True)
        weight_BK = xp.cumprod(xp.concatenate([backoff_BK[:, 1:], xp.ones_like(backoff_BK[:, :1])], 1)[:, ::-1], 1)[:, ::-1]
        row_B = xp.take_along_axis(row_BK, from_row_B1, axis=1)[:, 0]
        p_BV = arrays.rows_DV[row_B] * xp.take_along_axis(weight_BK, from_row_B1, axis=1)
        if not self.width:
            return p_BV
        places_W = xp.arange(self.width)
        child_BKW = first_BK[..., None] + places_W
        there_BKW = (places_W < number_BK[..., None]) & (lengths_K > from_row_B1)[..., None]
        symbol_BKW = xp.where(there_BKW, arrays.symbols_N[child_BKW], p_BV.shape[1] + places_W)  # beyond all symbols
        p_BKW = arrays.probability_N[child_BKW] * weight_BK[..., None]
        # what follows a context also follows the shorter ones, so the symbols to set are those of the first without a row
        next_B11 = xp.minimum(from_row_B1 + 1, len(lengths_K) - 1)[..., None]
        cell_BW = xp.take_along_axis(symbol_BKW, next_B11, axis=1)[:, 0]
        # they come in order of context length, so that the last of a symbol's is the one that stands
        symbol_BX, p_BX = symbol_BKW.reshape(len(row_B), -1), p_BKW.reshape(len(row_B), -1)
        same_BWX = symbol_BX[:, None] == cell_BW[..., None]
        longest_BW = xp.max(xp.where(same_BWX, xp.arange(symbol_BX.shape[1]), 0), axis=2)
        set_BW = xp.take_along_axis(p_BX, longest_BW, axis=1)
        return p_BV.at[xp.arange(len(row_B))[:, None], cell_BW].set(set_BW, mode="drop", unique_indices=True)


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
    levels = itertools.pairwise(trie.levels[:-1].tolist())
    rows_DV = [
        _distributions(model, first + np.flatnonzero(has_row_C[first:end]), length)
        for length, (first, end) in enumerate(levels)
    ]
    backoff_C, row_C = trie.backoff_C.astype(np.float32), np.where(has_row_C, np.cumsum(has_row_C) - 1, -1)
    contexts_C4 = np.stack([trie.starts_C[:-1], number_C, backoff_C.view(np.int32), row_C], axis=1).astype(np.int32)
    arrays = Arrays(trie.symbols_N, trie.probability_N.astype(np.float32), contexts_C4, np.concatenate(rows_DV))
    most, width = number_C[FIRST_SYMBOL:].max(initial=0), number_C[~has_row_C].max(initial=0)
    return NgramReader(int(most), int(width), model.vocabulary.unknown_probability), arrays


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
