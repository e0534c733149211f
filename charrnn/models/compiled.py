"""Writing and scoring compiled by JAX, for every model that can say how one step of its reading goes.

Shapes: B rows, T time, V symbols.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from charrnn.models.language_model import Choose, Memory, Read, State

Array = Any


@partial(jax.jit, static_argnums=(0, 1))
def generate(
    read: Read, choose: Choose, arrays: Any, carry: tuple[State, Memory, Array], uniforms_TB: Array
) -> tuple[tuple[State, Memory, Array], Array]:
    """T characters a row, each drawn by choose(memory, log_probs_BV, uniforms_B) and fed back; the carry and ids_BT.

    read, arrays: see models.language_model.CompiledStep. carry: the state, choose's memory and the last characters ids_B.
    """

    def step(carry: tuple[State, Memory, Array], uniforms_B: Array) -> tuple[Any, Array]:
        state, memory, ids_B = carry
        state, log_probs_BV = read(arrays, state, ids_B)
        memory, ids_B = choose(memory, log_probs_BV, uniforms_B)
        return (state, memory, ids_B), ids_B

    carry, ids_TB = jax.lax.scan(step, carry, uniforms_TB)
    return carry, ids_TB.T


@partial(jax.jit, static_argnums=0)
def target_log_probs(read: Read, arrays: Any, state: State, ids_BT: Array, targets_BT: Array) -> tuple[State, Array]:
    """The state after the ids, and log_probs_BT of the targets, read step by step."""

    def step(state: State, read_B: tuple[Array, Array]) -> tuple[State, Array]:
        ids_B, targets_B = read_B
        state, log_probs_BV = read(arrays, state, ids_B)
        return state, jnp.take_along_axis(log_probs_BV, targets_B[:, None], axis=1)[:, 0]

    state, log_probs_TB = jax.lax.scan(step, state, (ids_BT.T, targets_BT.T))
    return state, log_probs_TB.T
