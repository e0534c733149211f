"""What attention looks back on, at each character of a text.

Shapes: T characters, W window of attention, K = W + 1 states, H hidden units.
"""

from collections.abc import Sequence

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.inspection.states import read_through
from charrnn.models.recurrent import RecurrentModel
from charrnn.models.rewriter import Rewriter
from charrnn.network.arrays import Array
from charrnn.network.attention import BLOCK, shares_of
from charrnn.network.config import NetworkConfig
from charrnn.network.forward import State
from charrnn.text.examples import Pair
from charrnn.text.symbols import BOUNDARY


def attention(model: RecurrentModel, ids_T: np.ndarray) -> np.ndarray:
    """shares_TK: once each of the ids has been read, the weights of the states k = 0 … W characters before, which sum to 1;
    NaN before the beginning (of the line, where the model reads lines, whose boundary counts). Raises CharrnnError where
    there is no attention."""
    config = model.config
    if config.attention == "none":
        raise CharrnnError("this network has no attention to look at; train one with --attention dot")
    first = int(model.lines and ids_T[0] != BOUNDARY)
    ids_T = np.concatenate([np.full(first, BOUNDARY, ids_T.dtype), ids_T])
    attended_TH = np.concatenate([kept for _, kept in read_through(model, ids_T, _attended)])
    starts = np.flatnonzero(ids_T[1:] == BOUNDARY) + 1 if model.lines else np.zeros(0, int)
    kind, weights, window = config.attention, model.parameters["attention"], config.attention_window
    parts = [_of_sequence(kind, weights, window, part_TH) for part_TH in np.split(attended_TH, starts)]
    return np.concatenate(parts)[first:]


def attention_of_pairs(model: Rewriter, pairs: Sequence[Pair]) -> tuple[str, np.ndarray]:
    """The pairs as lines of source, tab and target, and shares_TK of their characters as attention() has them: where the
    next character is one of the target, or its end, the weights of the source's characters; NaN for all else."""
    lines, blocks = [f"{one.source}\t{one.target}\n" for one in pairs], []
    width = max(map(len, lines))
    for one, line in zip(pairs, lines, strict=True):
        block_TK = np.full((len(line), width), np.nan, np.float32)
        for place, shares_S in enumerate(model.shares(one.source, one.target), len(one.source)):
            block_TK[place, place - np.arange(len(one.source))] = shares_S
        blocks.append(block_TK)
    return "".join(lines), np.concatenate(blocks)


def _attended(config: NetworkConfig, before: State, after: State) -> Array:
    """What attention adds to its window; it is the last of the output layers."""
    return after[-1].states[:, -1]


def _of_sequence(kind: str, weights: dict[str, np.ndarray], window: int, hidden_TH: np.ndarray) -> np.ndarray:
    count, hidden = hidden_TH.shape
    states_SH = np.concatenate([np.zeros((window, hidden), np.float32), hidden_TH])
    filled_S = np.concatenate([np.zeros(window, np.float32), np.ones(count, np.float32)])
    found_TK = np.full((count, window + 1), np.nan, np.float32)
    for begin in range(0, count, BLOCK):
        query_TH = hidden_TH[begin : begin + BLOCK]
        seen = slice(begin, begin + window + len(query_TH))
        (shares_TS,) = shares_of(kind, weights, query_TH[None], states_SH[None, seen], filled_S[None, seen])
        for t, shares_S in enumerate(shares_TS):
            there = min(window, begin + t) + 1  # of the states that there are, the nearest last
            found_TK[begin + t, :there] = shares_S[window + t - np.arange(there)]
    return found_TK
