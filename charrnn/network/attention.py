"""Attention of a layer over its own last states, which travel in the carry.

With h_t the layer's output at time t and s from t − W to t (W past states and the present one):

    e_ts = score(h_t, h_s) + d_{t−s}          d: a learnt bias for each distance
    α_t = softmax over s of e_ts,  c_t = Σ_s α_ts h_s
    y_t = tanh(U h_t + V c_t + b)             (Luong, Pham, Manning 2015, equation 5)

    additive:  score = v · tanh(Q h_t + K h_s)    (Bahdanau, Cho, Bengio 2015)
    dot:       score = h_t · h_s                  (Luong et al. 2015)
    general:   score = h_t · K h_s                (Luong et al. 2015)

y_t takes the place of h_t in what comes after; the recurrence itself does not see it, so that it runs over all of a
window first, and attention in few large products. The functions serve numpy and JAX arrays alike.

Shapes: B rows, T time, S states attended to (W + T), W window, H hidden units, A size of additive attention.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from charrnn.network.cells import Array

ADDITIVE_SIZE = 64
BLOCK = 32  # time steps whose attention is computed together; bounds memory, and what is computed in vain


class Window(NamedTuple):
    """The last W states of a layer, oldest first; `filled` is 1 where there was one, 0 before the beginning."""

    states: Array  # BWH
    filled: Array  # BW


def empty_window(rows: int, window: int, hidden: int) -> Window:
    return Window(np.zeros((rows, window, hidden), np.float32), np.zeros((rows, window), np.float32))


def parameter_tree(kind: str, window: int, hidden: int, make: Callable[..., Any]) -> dict[str, Any]:
    """The parameters of an attention, each made by make(kind, *shape); U starts as the identity."""
    shapes: dict[str, dict[str, tuple]] = {
        "additive": {
            "query": ("plain", hidden, ADDITIVE_SIZE),
            "key": ("plain", hidden, ADDITIVE_SIZE),
            "vector": ("plain", ADDITIVE_SIZE, 1),
        },
        "dot": {},
        "general": {"key": ("plain", hidden, hidden)},
    }
    common = {
        "hidden": ("identity", hidden, hidden),
        "context": ("plain", hidden, hidden),
        "bias": ("bias", hidden),
        "distance": ("bias", window + 1),
    }
    return {name: make(*shape) for name, shape in (shapes[kind] | common).items()}


def attend(kind: str, weights: dict[str, Array], hidden_TBH: Array, window: Window) -> tuple[Window, Array]:
    """The window after the states hidden_TBH, and outputs y_TBH."""
    xp = hidden_TBH.__array_namespace__()
    outputs = []
    for begin in range(0, hidden_TBH.shape[0], BLOCK):
        block_BTH = hidden_TBH[begin : begin + BLOCK].transpose(1, 0, 2)
        states_BSH = xp.concat([xp.asarray(window.states), block_BTH], axis=1)
        filled_BS = xp.concat([xp.asarray(window.filled), xp.ones(block_BTH.shape[:2], dtype=hidden_TBH.dtype)], axis=1)
        context_BTH = _context(SCORES[kind], weights, block_BTH, states_BSH, filled_BS)
        outputs.append(xp.tanh(block_BTH @ weights["hidden"] + context_BTH @ weights["context"] + weights["bias"]))
        size = window.filled.shape[1]
        window = Window(states_BSH[:, -size:], filled_BS[:, -size:])
    return window, xp.concat(outputs, axis=1).transpose(1, 0, 2)


def _context(score: Callable, weights: dict[str, Array], query_BTH: Array, states_BSH: Array, filled_BS: Array) -> Array:
    """c_BTH of the last T of the S states, each attending to itself and the S − T before it that are filled."""
    xp = query_BTH.__array_namespace__()
    times, states = query_BTH.shape[1], states_BSH.shape[1]
    reach = states - times
    distance_TS = reach + np.arange(times)[:, None] - np.arange(states)
    near_TS = (distance_TS >= 0) & (distance_TS <= reach)
    scores_BTS = score(weights, query_BTH, states_BSH) + weights["distance"][np.clip(distance_TS, 0, reach)]
    scores_BTS = xp.where(near_TS & (filled_BS[:, None] > 0), scores_BTS, -1e30)
    shares_BTS = xp.exp(scores_BTS - xp.max(scores_BTS, axis=-1, keepdims=True))
    return (shares_BTS / xp.sum(shares_BTS, axis=-1, keepdims=True)) @ states_BSH


def _additive(weights, query_BTH, states_BSH):
    tanh = query_BTH.__array_namespace__().tanh
    query_BTA, key_BSA = query_BTH @ weights["query"], states_BSH @ weights["key"]
    return (tanh(query_BTA[:, :, None] + key_BSA[:, None]) @ weights["vector"])[..., 0]


def _dot(weights, query_BTH, states_BSH):
    return query_BTH @ states_BSH.transpose(0, 2, 1)


def _general(weights, query_BTH, states_BSH):
    return (query_BTH @ weights["key"]) @ states_BSH.transpose(0, 2, 1)


SCORES: dict[str, Callable[[dict[str, Array], Array, Array], Array]] = {
    "additive": _additive,
    "dot": _dot,
    "general": _general,
}
