"""A whole network over time: embedding, a stack of recurrent layers, and what they put out.

The functions serve numpy and JAX arrays alike.

Shapes: T time, B rows, V symbols, E embedding, H hidden units, G the width of what a cell makes of its input.
"""

from operator import matmul
from typing import Any

import numpy as np

from charrnn.network.arrays import Array, Drop, Parameters, Product, no_dropout
from charrnn.network.cells import Cell
from charrnn.network.config import NetworkConfig
from charrnn.network.output import logits_of

State = list[Any]  # one state a layer, then one an output layer


def zero_state(config: NetworkConfig, rows: int) -> State:
    """The state before any input, in numpy: zeros, a row of each array for each row of text."""
    shapes = [config.cell_type.state_shapes(config.hidden)] * config.layers
    shapes += [layer.state_shapes() for layer in config.output_layers.values()]
    return [type(part)(*(np.zeros((rows, *shape), np.float32) for shape in part)) for part in shapes]


def loop_over_time(cell: Cell, weights: Parameters, x_TBG: Array, state: Any) -> tuple[Any, Array]:
    """The final state and hidden_TBH of a cell run over x_TBG, one step after the other, as the equations stand."""
    hidden = []
    for x_BG in x_TBG:
        state = cell.step(weights, x_BG, state)
        hidden.append(state.hidden)
    return state, x_TBG.__array_namespace__().stack(hidden)


def read_symbols(cell: Cell, weights: Parameters, embedding_VE: Array | None, ids_TB: Array, product: Product) -> Array:
    """x_TBG, what the first layer makes of symbols, by their embedding, or given one-hot."""
    if embedding_VE is None:
        return cell.look_up(weights, ids_TB)
    if ids_TB.size < len(embedding_VE):
        return cell.read(weights, embedding_VE[ids_TB], product)
    # embedding and what the cell makes of it fold into one table of pre-activations a symbol
    return cell.look_up(cell.fold(weights, embedding_VE), ids_TB)


def apply(parameters: Parameters, config: NetworkConfig, ids_TB: Array, state: State, **how: Any) -> tuple[State, Array]:
    """The state after the ids and logits_TBV, the scores of the character that follows each; `how`: see read."""
    state, outputs_TBH = read(parameters, config, ids_TB, state, **how)
    return state, logits_of(parameters["output"], outputs_TBH)


def read(
    parameters: Parameters,
    config: NetworkConfig,
    ids_TB: Array,
    state: State,
    *,
    compiled: bool = False,
    drop: Drop = no_dropout,
    product: Product = matmul,
) -> tuple[State, Array]:
    """The state after the ids and outputs_TBH after each, what the softmax reads.

    compiled: cells run over time in JAX, each in its own way. drop(array, rate, place) returns the array with dropout;
    place 0 is the embedding, k + 1 the outputs of layer k. product: of activations and a cell's matrix.
    """
    cell, after = config.cell_type, []
    outputs_TBH: Array = None
    for k, weights in enumerate(parameters["layers"]):
        if k:
            x_TBG = cell.read(weights, drop(outputs_TBH, config.dropout, k), product)
        elif config.embedding and config.embedding_dropout:
            x_TBG = cell.read(weights, drop(parameters["embedding"][ids_TB], config.embedding_dropout, 0), product)
        else:
            x_TBG = read_symbols(cell, weights, parameters.get("embedding"), ids_TB, product)
        if compiled:
            last, outputs_TBH = cell.over_time(weights, x_TBG, state[k], product)
        else:
            last, outputs_TBH = loop_over_time(cell, weights, x_TBG, state[k])
        after.append(last)
    for (name, layer), carried in zip(config.output_layers.items(), state[config.layers :], strict=True):
        last, outputs_TBH = layer.read(parameters[name], outputs_TBH, carried, product)
        after.append(last)
    return after, drop(outputs_TBH, config.dropout, config.layers)
