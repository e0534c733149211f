"""The log-probabilities that training makes large, with gradients written out where autodiff is slow.

Shapes: T time, B rows, V symbols, X features.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from charrnn.network.arrays import Array
from charrnn.network.directions import reverse
from charrnn.text.symbols import UNKNOWN


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
