"""The states of a network at every character of a text, and one step of it with its states in reach.

Shapes: T time, B rows, L layers, H hidden units, G what the first cell makes of its input.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.language_model import LanguageModel, take_rows
from charrnn.models.mixture import networks_in
from charrnn.models.recurrent import RecurrentModel
from charrnn.network.arrays import Array, Parameters
from charrnn.network.config import NetworkConfig
from charrnn.network.forward import State
from charrnn.network.parameters import fold_embedding
from charrnn.text.symbols import BOUNDARY

PIECE = 2048  # characters whose states are held at once
Keep = Callable[[NetworkConfig, State, State], Any]  # of (config, state before, state after), hashable, traced by JAX


def network_in(model: LanguageModel, name: str) -> RecurrentModel:
    """The network to look into: the model, or what is one in a mixture. Raises CharrnnError where there is none."""
    for network in networks_in(model):
        return network
    raise CharrnnError(f"{name}: is no recurrent network, and has no states to look at; name a model of charrnn train")


def read_through(model: RecurrentModel, ids_T: np.ndarray, keep: Keep) -> Iterator[tuple[int, Any]]:
    """For each piece of a text, where it begins, and what `keep` takes of the states before and after each of its ids, time
    being the first axis of its arrays, in numpy. A model of lines reads each after a boundary, from a fresh state."""
    parameters, config = fold_embedding(model.parameters, model.config)
    state = jax.tree.map(jnp.asarray, model.start(1))
    if model.lines:
        state = step(config, model.lines, parameters, state, np.array([BOUNDARY]))[0]
    size = min(PIECE, len(ids_T))
    for begin in range(0, len(ids_T), size):
        part_T = ids_T[begin : begin + size]
        padded_TB = np.pad(part_T, (0, size - len(part_T)))[:, None]
        state, kept = _read(config, model.lines, keep, parameters, state, padded_TB)
        yield begin, jax.tree.map(lambda part: np.asarray(part)[: len(part_T), 0], kept)  # noqa: B023  (done at once)


@partial(jax.jit, static_argnums=(0, 1, 2))
def _read(
    config: NetworkConfig, lines: bool, keep: Keep, parameters: Parameters, state: State, ids_TB: Array
) -> tuple[State, Any]:
    def one(before: State, ids_B: Array) -> tuple[State, Any]:
        after = step(config, lines, parameters, before, ids_B)[0]
        return after, keep(config, before, after)

    return jax.lax.scan(one, state, ids_TB)


def states_at(model: RecurrentModel, ids_T: np.ndarray, places_P: np.ndarray) -> State:
    """The states before the ids at these places, which ascend, in numpy; a row each."""
    found = []
    for begin, states in read_through(model, ids_T, _before):
        end = begin + len(jax.tree.leaves(states)[0])
        inside_P = places_P[(places_P >= begin) & (places_P < end)]
        found.append(take_rows(states, inside_P - begin))
    return jax.tree.map(lambda *parts: np.concatenate(parts), *found)


def _before(config: NetworkConfig, before: State, after: State) -> State:
    return before


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
