"""The network compiled by JAX: reading many characters a call, and writing many a call.

Shapes: B rows, T time, V symbols, X features.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from charrnn.network.cells import Array
from charrnn.network.config import NetworkConfig
from charrnn.network.directions import reverse
from charrnn.network.network import Parameters, State, apply, log_softmax, read
from charrnn.network.recurrence import scan_over_time

# Below this many symbols the gradient of a look-up is a product with one-hot vectors, above it a scatter: measured on
# two CPU cores, see `charrnn bench`.
ONE_HOT_SYMBOLS = 512

to_device = jax.device_put


@jax.custom_vjp
def look_up(table_VX: Array, ids_TB: Array) -> Array:
    """Rows of a table. The gradient avoids XLA's scatter, slow on CPUs and GPUs, where the table is small."""
    return table_VX[ids_TB]


def _look_up_forward(table_VX, ids_TB):
    return table_VX[ids_TB], (ids_TB, jnp.zeros((table_VX.shape[0], 0)))


def _look_up_backward(residuals, d_TBX):
    ids_TB, like = residuals
    symbols, features = like.shape[0], d_TBX.shape[-1]
    if symbols <= ONE_HOT_SYMBOLS:
        one_hot_TBV = jax.nn.one_hot(ids_TB, symbols, dtype=d_TBX.dtype)
        return jnp.einsum("tbv,tbx->vx", one_hot_TBV, d_TBX), None
    return jnp.zeros((symbols, features), d_TBX.dtype).at[ids_TB].add(d_TBX), None


look_up.defvjp(_look_up_forward, _look_up_backward)


@jax.custom_vjp
def turn_round(array_TBX: Array, lengths_B: Array) -> Array:
    """directions.reverse. Being its own inverse it is its own gradient, which again spares the scatter."""
    return reverse(array_TBX, lengths_B)


turn_round.defvjp(
    lambda array_TBX, lengths_B: (reverse(array_TBX, lengths_B), lengths_B),
    lambda lengths_B, d_TBX: (reverse(d_TBX, lengths_B), None),
)


def pick_targets(logits_TBV: Array, targets_TB: Array, unknown_probability: float) -> Array:
    """log_probs_TB of the targets. Picked by comparison, whose gradient is no scatter."""
    log_probs_TBV = log_softmax(logits_TBV, unknown_probability)
    hit_TBV = jnp.arange(logits_TBV.shape[-1]) == targets_TB[..., None]
    return jnp.where(hit_TBV, log_probs_TBV, 0).sum(-1)


@partial(jax.jit, static_argnums=(0, 1))
def advance(
    config: NetworkConfig, unknown_probability: float, parameters: Parameters, state: State, ids_BT: Array
) -> tuple[State, Array]:
    """The state after the ids, and log_probs_BTV of the character after each."""
    state, logits_TBV = apply(parameters, config, ids_BT.T, state, over_time=scan_over_time, look_up=look_up)
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
    state, logits_TBV = apply(parameters, config, ids_BT.T, state, over_time=scan_over_time, look_up=look_up)
    return state, pick_targets(logits_TBV, targets_BT.T, unknown_probability).T


@partial(jax.jit, static_argnums=0)
def outputs(config: NetworkConfig, parameters: Parameters, state: State, ids_BT: Array) -> tuple[State, Array]:
    """The state after the ids, and the last layer's outputs_BTH."""
    state, outputs_TBH = read(parameters, config, ids_BT.T, state, over_time=scan_over_time, look_up=look_up)
    return state, outputs_TBH.transpose(1, 0, 2)


@partial(jax.jit, static_argnums=(0, 1, 2))
def generate(
    config: NetworkConfig,
    unknown_probability: float,
    choose: Callable[[Array, Array], Array],
    parameters: Parameters,
    state: State,
    ids_B: Array,
    uniforms_TB: Array,
) -> tuple[State, Array]:
    """T characters a row, each drawn by choose(log_probs_BV, uniforms_B) and fed back; state and ids_BT."""

    def step(carry: tuple[State, Array], uniforms_B: Array) -> tuple[Any, Array]:
        state, ids_B = carry
        state, logits_TBV = apply(parameters, config, ids_B[None], state, over_time=scan_over_time, look_up=look_up)
        ids_B = choose(log_softmax(logits_TBV[0], unknown_probability), uniforms_B)
        return (state, ids_B), ids_B

    (state, _), ids_TB = jax.lax.scan(step, (state, ids_B), uniforms_TB)
    return state, ids_TB.T
