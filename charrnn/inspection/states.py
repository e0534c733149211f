"""The states of a network at every character of a text, and one step of it with its states in reach.

Shapes: T time, B rows, L layers, H hidden units, G what the first cell makes of its input.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.language_model import LanguageModel
from charrnn.models.mixture import networks_in
from charrnn.models.recurrent import RecurrentModel
from charrnn.network.arrays import Array, Parameters
from charrnn.network.config import NetworkConfig
from charrnn.network.forward import State
from charrnn.network.parameters import fold_embedding
from charrnn.text.symbols import BOUNDARY


def network_in(model: LanguageModel, name: str) -> RecurrentModel:
    """The network to look into: the model, or what is one in a mixture. Raises CharrnnError where there is none."""
    for network in networks_in(model):
        return network
    raise CharrnnError(f"{name}: is no recurrent network, and has no states to look at; name a model of charrnn train")


def states_before(model: RecurrentModel, ids_T: np.ndarray) -> State:
    """The state before each of the ids is read, time being the first axis of its arrays, in numpy. A model of lines starts
    each line afresh."""
    parameters, config = fold_embedding(model.parameters, model.config)
    states = _states_before(config, model.lines, parameters, model.start(1), ids_T[:, None])
    return jax.tree.map(lambda part: np.asarray(part)[:, 0], states)


@partial(jax.jit, static_argnums=(0, 1))
def _states_before(config: NetworkConfig, lines: bool, parameters: Parameters, state: State, ids_TB: Array) -> State:
    def one(state: State, ids_B: Array) -> tuple[State, State]:
        return step(config, lines, parameters, state, ids_B)[0], state

    return jax.lax.scan(one, jax.tree.map(jnp.asarray, state), ids_TB)[1]


def step(
    config: NetworkConfig,
    lines: bool,
    parameters: Parameters,
    state: State,
    ids_B: Array,
    moved_BG: Array | None = None,
    moved_LBH: Array | None = None,
) -> tuple[State, Array]:
    """The state after one more character, and what the softmax reads. lines: a boundary starts a line, from a fresh state.

    What the first cell makes of its input, and the hidden states, are moved by what is given.
    """
    cell, after = config.cell_type, []
    if lines:
        state = jax.tree.map(lambda part: jnp.where(_like(ids_B == BOUNDARY, part), 0, part), state)
    outputs_BH: Array = None
    for k, weights in enumerate(parameters["layers"]):
        x_BG = cell.read(weights, outputs_BH) if k else cell.look_up(weights, ids_B)
        if k == 0 and moved_BG is not None:
            x_BG = x_BG + moved_BG
        following = cell.step(weights, x_BG, state[k])
        if moved_LBH is not None:
            following = following._replace(hidden=following.hidden + moved_LBH[k])
        outputs_BH = following.hidden
        after.append(following)
    for (name, layer), carried in zip(config.output_layers.items(), state[config.layers :], strict=True):
        last, outputs_TBH = layer.read(parameters[name], outputs_BH[None], carried, jnp.matmul)
        outputs_BH = outputs_TBH[0]
        after.append(last)
    return after, outputs_BH


def where(chosen_B: Array, one: Any, other: Any) -> Any:
    """Of two states, the rows of the one where chosen, else of the other."""
    return jax.tree.map(lambda new, old: jnp.where(_like(chosen_B, new), new, old), one, other)


def _like(chosen_B: Array, part_BX: Array) -> Array:
    return chosen_B.reshape(-1, *[1] * (part_BX.ndim - 1))


def gates_at(model: RecurrentModel, ids_T: np.ndarray, states: State) -> list[dict[str, np.ndarray]]:
    """Of each layer, what its gates were as each of the ids was read, [T, H] by their names. states: before each of them."""
    parameters, config = fold_embedding(model.parameters, model.config)
    cell, found = config.cell_type, []
    hidden_TH: Array = None
    if model.lines:
        states = where(ids_T == BOUNDARY, jax.tree.map(np.zeros_like, states), states)
    for k, weights in enumerate(parameters["layers"]):
        x_TG = cell.read(weights, hidden_TH) if k else cell.look_up(weights, ids_T)
        found.append({name: np.asarray(gate) for name, gate in cell.gates_of(weights, x_TG, states[k]).items()})
        hidden_TH = cell.step(weights, x_TG, states[k]).hidden
    return found
