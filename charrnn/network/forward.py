"""A whole network over time: embedding, a stack of recurrent layers, and what they put out.

The functions serve numpy and JAX arrays alike; what differs (how a cell runs over time, dropout) is passed in.

Shapes: T time, B rows, V symbols, E embedding, H hidden units, G = gates × H.
"""

from collections.abc import Callable
from operator import matmul
from typing import Any

import numpy as np

from charrnn.network.attention import attend, empty_window
from charrnn.network.cells import Array, Cell
from charrnn.network.config import NetworkConfig
from charrnn.network.output import Product, logits_of
from charrnn.network.parameters import Parameters

State = list[Any]  # one cell state a layer, and the window of attention where there is one
OverTime = Callable[[Cell, Array, Array, Any, Any], tuple[Any, Array]]


def zero_state(config: NetworkConfig, rows: int) -> State:
    """The state before any input, in numpy: zeros of shape (rows, hidden) for every part of every layer, and an empty
    window of attention where there is one."""
    cell: Any = config.cell_type.state
    state = [cell(*(np.zeros((rows, config.hidden), np.float32) for _ in cell._fields)) for _ in range(config.layers)]
    attentive = config.attention != "none"
    return [*state, empty_window(rows, config.attention_window, config.hidden)] if attentive else state


def loop_over_time(cell: Cell, x_TBG: Array, recurrent_HG: Array, bias_G: Array | None, state: Any) -> tuple[Any, Array]:
    """The final state and hidden_TBH of a cell run over x_TBG, one step after the other, as the equations stand."""
    hidden = []
    for x_BG in x_TBG:
        u_BG = state.hidden @ recurrent_HG
        state, _ = cell.step(x_BG, u_BG if bias_G is None else u_BG + bias_G, state)
        hidden.append(state.hidden)
    return state, x_TBG.__array_namespace__().stack(hidden)


def apply(parameters: Parameters, config: NetworkConfig, ids_TB: Array, state: State, **how: Any) -> tuple[State, Array]:
    """The state after the ids and logits_TBV, the scores of the character that follows each; `how`: see read."""
    state, outputs_TBH = read(parameters, config, ids_TB, state, **how)
    return state, logits_of(parameters, outputs_TBH)


def read(
    parameters: Parameters,
    config: NetworkConfig,
    ids_TB: Array,
    state: State,
    *,
    over_time: OverTime = loop_over_time,
    drop: Callable[[Array, float, int], Array] = lambda array, rate, place: array,
    product: Product = matmul,
) -> tuple[State, Array]:
    """The state after the ids and outputs_TBH, the last layer's outputs after each.

    drop(array, rate, place) returns the array with dropout; place 0 is the embedding, k + 1 the outputs of layer k.
    product: of activations and an input matrix; over_time has its own.
    """
    after = []
    outputs_TBH: Array = None
    for k, weights in enumerate(parameters["layers"]):
        matrix, bias_G = weights["input"], weights["bias"]
        if k:
            x_TBG = product(outputs_TBH, matrix) + bias_G
        elif config.embedding and config.embedding_dropout:
            dropped_TBE = drop(parameters["embedding"][ids_TB], config.embedding_dropout, 0)
            x_TBG = product(dropped_TBE, matrix) + bias_G
        else:
            # embedding and input matrix fold into one table of pre-activations a symbol
            table_VG = (parameters["embedding"] @ matrix if config.embedding else matrix) + bias_G
            x_TBG = table_VG[ids_TB]
        last, outputs_TBH = over_time(config.cell_type, x_TBG, weights["recurrent"], weights.get("recurrent_bias"), state[k])
        after.append(last)
        if config.attention != "none" and k + 1 == config.layers:
            window, outputs_TBH = attend(config.attention, parameters["attention"], outputs_TBH, state[config.layers])
            after.append(window)
        outputs_TBH = drop(outputs_TBH, config.dropout, k + 1)
    return after, outputs_TBH
