"""What attention looks back on, at each character of a text.

Shapes: T characters, W window of attention, K = W + 1 states, H hidden units.
"""

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.inspection.states import states_before
from charrnn.models.recurrent import RecurrentModel
from charrnn.network.attention import BLOCK, shares_of
from charrnn.network.parameters import fold_embedding
from charrnn.text.symbols import BOUNDARY


def attention(model: RecurrentModel, ids_T: np.ndarray) -> np.ndarray:
    """shares_TK: once each of the ids has been read, the weights of the states k = 0 … W characters before, which sum to 1;
    NaN before the beginning (of the line, where the model reads lines). Raises CharrnnError where there is no attention."""
    parameters, config = fold_embedding(model.parameters, model.config)
    if config.attention == "none":
        raise CharrnnError("this network has no attention to look at; train one with --attention dot")
    hidden_TH = states_before(model, np.append(ids_T, ids_T[-1:]))[config.layers - 1].hidden[1:]
    parts = np.split(hidden_TH, np.flatnonzero(ids_T == BOUNDARY)) if model.lines else [hidden_TH]
    kind, weights, window = config.attention, parameters["attention"], config.attention_window
    return np.concatenate([_of_sequence(kind, weights, window, part_TH) for part_TH in parts if len(part_TH)])


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
