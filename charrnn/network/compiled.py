"""The network compiled by JAX: reading many characters a call, and writing many a call.

Shapes: B rows, T time, V symbols, X features.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from charrnn.network.cells import Array
from charrnn.network.config import NetworkConfig
from charrnn.network.directions import reverse
from charrnn.network.network import Parameters, State, apply, log_softmax, read
from charrnn.network.recurrence import scan_over_time

UNKNOWN = 0

to_device = jax.device_put


@jax.custom_vjp
def turn_round(array_TBX: Array, lengths_B: Array) -> Array:
    """directions.reverse. Being its own inverse it is its own gradient, which again spares the scatter."""
    return reverse(array_TBX, lengths_B)


turn_round.defvjp(
    lambda array_TBX, lengths_B: (reverse(array_TBX, lengths_B), lengths_B),
    lambda lengths_B, d_TBX: (reverse(d_TBX, lengths_B), None),
)


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def pick_targets(logits_TBV: Array, targets_TB: Array, unknown_probability: float) -> Array:
    """log_probs_TB of the targets, as log_softmax gives them.

    Its gradient, one-hot minus softmax, is written out: for thousands of symbols autodiff would read and write arrays of the
    logits' size several times, which takes longer than the products do.
    """
    return _pick(logits_TBV, targets_TB, unknown_probability)[0]


def _pick(logits_TBV, targets_TB, unknown_probability):
    if unknown_probability:  # the unknown symbol takes no part in the softmax
        logits_TBV = jnp.where(jnp.arange(logits_TBV.shape[-1]) == UNKNOWN, -jnp.inf, logits_TBV)
    normaliser_TB = jax.nn.logsumexp(logits_TBV, axis=-1)
    log_probs_TB = jnp.take_along_axis(logits_TBV, targets_TB[..., None], axis=-1)[..., 0] - normaliser_TB
    if unknown_probability:
        known_TB = log_probs_TB + np.log1p(-unknown_probability)
        log_probs_TB = jnp.where(targets_TB == UNKNOWN, np.log(unknown_probability), known_TB)
    return log_probs_TB, (logits_TBV, targets_TB, normaliser_TB)


def _pick_backward(unknown_probability, residuals, d_TB):
    logits_TBV, targets_TB, normaliser_TB = residuals
    if unknown_probability:  # a constant has no gradient
        d_TB = jnp.where(targets_TB == UNKNOWN, 0, d_TB)
    hit_TBV = jnp.arange(logits_TBV.shape[-1]) == targets_TB[..., None]
    softmax_TBV = jnp.exp(logits_TBV - normaliser_TB[..., None])
    return (hit_TBV - softmax_TBV) * d_TB[..., None], None


pick_targets.defvjp(_pick, _pick_backward)


@partial(jax.jit, static_argnums=(0, 1))
def advance(
    config: NetworkConfig, unknown_probability: float, parameters: Parameters, state: State, ids_BT: Array
) -> tuple[State, Array]:
    """The state after the ids, and log_probs_BTV of the character after each."""
    state, logits_TBV = apply(parameters, config, ids_BT.T, state, over_time=scan_over_time)
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
    state, logits_TBV = apply(parameters, config, ids_BT.T, state, over_time=scan_over_time)
    return state, pick_targets(logits_TBV, targets_BT.T, unknown_probability).T


@partial(jax.jit, static_argnums=0)
def outputs(config: NetworkConfig, parameters: Parameters, state: State, ids_BT: Array) -> tuple[State, Array]:
    """The state after the ids, and the last layer's outputs_BTH."""
    state, outputs_TBH = read(parameters, config, ids_BT.T, state, over_time=scan_over_time)
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
        state, logits_TBV = apply(parameters, config, ids_B[None], state, over_time=scan_over_time)
        memory, ids_B = choose(memory, log_softmax(logits_TBV[0], unknown_probability), uniforms_B)
        return (state, memory, ids_B), ids_B

    carry, ids_TB = jax.lax.scan(step, carry, uniforms_TB)
    return carry, ids_TB.T


@partial(jax.jit, static_argnums=(0, 1))
def descend(
    config: NetworkConfig,
    unknown_probability: float,
    parameters: Parameters,
    state: State,
    ids_BT: Array,
    targets_BT: Array,
    counted_BT: Array,
    rate: Array,
) -> Parameters:
    """The parameters after one step of gradient descent on the nats per character of the targets that are counted.

    The gradient is clipped to norm 1 (Pascanu et al. 2013).
    """

    def nats_per_character(parameters: Parameters) -> Array:
        _, log_probs_BT = target_log_probs(config, unknown_probability, parameters, state, ids_BT, targets_BT)
        return -(log_probs_BT * counted_BT).sum() / counted_BT.sum()

    gradient = jax.grad(nats_per_character)(parameters)
    norm = jnp.sqrt(sum(jnp.vdot(part, part) for part in jax.tree.leaves(gradient)))
    step = rate * jnp.minimum(1, 1 / norm)
    return jax.tree.map(lambda weight, slope: weight - step * slope, parameters, gradient)
