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
from dataclasses import dataclass
from typing import NamedTuple

from charrnn.network.arrays import Array, Parameters, Product, Weight, zeros
from charrnn.network.output import OutputLayer

ADDITIVE_SIZE = 64
BLOCK = 32  # time steps whose attention is computed together; bounds memory, and what is computed in vain


class Window(NamedTuple):
    """The last W states of a layer, oldest first; `filled` is 1 where there was one, 0 before the beginning."""

    states: Array  # BWH
    filled: Array  # BW


@dataclass(frozen=True)
class Attention(OutputLayer):
    """kind: a name in SCORES. window: number of past states looked back on."""

    kind: str
    window: int
    hidden: int

    def parameters(self) -> dict[str, Weight]:
        """U starts as the identity."""
        hidden, square = self.hidden, (self.hidden, self.hidden)
        scores = {
            "additive": {
                "query": Weight("glorot", (hidden, ADDITIVE_SIZE)),
                "key": Weight("glorot", (hidden, ADDITIVE_SIZE)),
                "vector": Weight("glorot", (ADDITIVE_SIZE, 1)),
            },
            "dot": {},
            "general": {"key": Weight("glorot", square)},
        }
        return scores[self.kind] | {
            "hidden": Weight("identity", square),
            "context": Weight("glorot", square),
            "bias": zeros(hidden),
            "distance": zeros(self.window + 1),
        }

    def products(self) -> int:
        return (3 * self.hidden + self.window) * self.hidden

    def state_shapes(self) -> Window:
        return Window((self.window, self.hidden), (self.window,))

    def read(self, weights: Parameters, hidden_TBH: Array, state: Window, product: Product) -> tuple[Window, Array]:
        xp = hidden_TBH.__array_namespace__()
        window, outputs = state, []
        for begin in range(0, hidden_TBH.shape[0], BLOCK):
            block_BTH = hidden_TBH[begin : begin + BLOCK].transpose(1, 0, 2)
            states_BSH = xp.concat([xp.asarray(window.states), block_BTH], axis=1)
            filled_BS = xp.concat([xp.asarray(window.filled), xp.ones(block_BTH.shape[:2], dtype=hidden_TBH.dtype)], axis=1)
            context_BTH = shares_of(self.kind, weights, block_BTH, states_BSH, filled_BS) @ states_BSH
            outputs.append(xp.tanh(block_BTH @ weights["hidden"] + context_BTH @ weights["context"] + weights["bias"]))
            window = Window(states_BSH[:, -self.window :], filled_BS[:, -self.window :])
        return window, xp.concat(outputs, axis=1).transpose(1, 0, 2)


def shares_of(kind: str, weights: Parameters, query_BTH: Array, states_BSH: Array, filled_BS: Array) -> Array:
    """α_BTS of the last T of the S states, each attending to itself and the S − T before it that are filled."""
    import numpy as np  # distances are constants of a compiled program; not at the top, for options are read without numpy

    xp = query_BTH.__array_namespace__()
    times, states = query_BTH.shape[1], states_BSH.shape[1]
    reach = states - times
    distance_TS = reach + np.arange(times)[:, None] - np.arange(states)
    near_TS = (distance_TS >= 0) & (distance_TS <= reach)
    scores_BTS = SCORES[kind](weights, query_BTH, states_BSH) + weights["distance"][np.clip(distance_TS, 0, reach)]
    scores_BTS = xp.where(near_TS & (filled_BS[:, None] > 0), scores_BTS, -1e30)
    shares_BTS = xp.exp(scores_BTS - xp.max(scores_BTS, axis=-1, keepdims=True))
    return shares_BTS / xp.sum(shares_BTS, axis=-1, keepdims=True)


def _additive(weights, query_BTH, states_BSH):
    tanh = query_BTH.__array_namespace__().tanh
    query_BTA, key_BSA = query_BTH @ weights["query"], states_BSH @ weights["key"]
    return (tanh(query_BTA[:, :, None] + key_BSA[:, None]) @ weights["vector"])[..., 0]


def _dot(weights, query_BTH, states_BSH):
    return query_BTH @ states_BSH.transpose(0, 2, 1)


def _general(weights, query_BTH, states_BSH):
    return (query_BTH @ weights["key"]) @ states_BSH.transpose(0, 2, 1)


SCORES: dict[str, Callable[[Parameters, Array, Array], Array]] = {
    "additive": _additive,
    "dot": _dot,
    "general": _general,
}
