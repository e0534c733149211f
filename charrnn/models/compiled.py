"""Writing compiled by JAX, for every model that can say how one step of its reading goes.

Shapes: B rows, T time, V symbols.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax

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


to_device: Callable[[Any], Any] = jax.device_put
