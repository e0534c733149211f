"""The network compiled by JAX: reading many characters a call, and writing many a call.

Shapes: B rows, T time, V symbols, X features.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax

from charrnn.network.arrays import Array, Parameters
from charrnn.network.config import NetworkConfig
from charrnn.network.forward import State, apply, read
from charrnn.network.loss import pick_targets
from charrnn.network.output import log_softmax

to_device = jax.device_put


@partial(jax.jit, static_argnums=(0, 1))
def advance(
    config: NetworkConfig, unknown_probability: float, parameters: Parameters, state: State, ids_BT: Array
) -> tuple[State, Array]:
    """The state after the ids, and log_probs_BTV of the character after each."""
    state, logits_TBV = apply(parameters, config, ids_BT.T, state, compiled=True)
    return state, log_softmax(logits_TBV, unknown_probability).transpose(1, 0, 2)


@partial(jax.jit, static_argnums=(0, 1))
def target_log_probs(
    config: NetworkConfig,
    unknown_probability: float,
    parameters: Parameters,
    state: State,
    ids_BT: Array,
    targets_BT: Array,
) -> tuple[State, Array]:
    """The state after the ids, and log_probs_BT of the targets."""
    state, logits_TBV = apply(parameters, config, ids_BT.T, state, compiled=True)
    return state, pick_targets(logits_TBV, targets_BT.T, unknown_probability).T


@partial(jax.jit, static_argnums=0)
def outputs(config: NetworkConfig, parameters: Parameters, state: State, ids_BT: Array) -> tuple[State, Array]:
    """The state after the ids, and the last layer's outputs_BTH."""
    state, outputs_TBH = read(parameters, config, ids_BT.T, state, compiled=True)
    return state, outputs_TBH.transpose(1, 0, 2)


@partial(jax.jit, static_argnums=(0, 1, 2))
def generate(
    config: NetworkConfig,
    unknown_probability: float,
    choose: Callable[[Any, Array, Array], tuple[Any, Array]],
    parameters: Parameters,
    carry: tuple[State, Any, Array],
    uniforms_TB: Array,
) -> tuple[tuple[State, Any, Array], Array]:
    """T characters a row, each drawn by choose(memory, log_probs_BV, uniforms_B) and fed back; the carry and ids_BT.

    carry: the state, choose's memory and the last characters ids_B.
    """

    def step(carry: tuple[State, Any, Array], uniforms_B: Array) -> tuple[Any, Array]:
        state, memory, ids_B = carry
        state, logits_TBV = apply(parameters, config, ids_B[None], state, compiled=True)
        memory, ids_B = choose(memory, log_softmax(logits_TBV[0], unknown_probability), uniforms_B)
        return (state, memory, ids_B), ids_B

    carry, ids_TB = jax.lax.scan(step, carry, uniforms_TB)
    return carry, ids_TB.T
