"""Dynamic evaluation, compiled: the weights follow the text that is read (Krause, Kahembwe, Murray, Renals 2018).

Stretch after stretch is predicted, then learnt from by one step,

    θ ← θ − η g / (√v + ε) + λ (θ₀ − θ)

with g the gradient of the stretch's nats, v the mean of g² over all stretches so far, θ₀ the trained weights. Krause et al.
take v from the training text; the mean over the text at hand does as well after some hundred characters, and needs no other.

Shapes: N stretches, S characters of a stretch, V symbols.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from charrnn.network.arrays import Array, Parameters
from charrnn.network.config import NetworkConfig
from charrnn.network.forward import State, read
from charrnn.network.loss import target_log_probs
from charrnn.network.output import log_softmax, logits_of

DECAY = 0.002  # λ of a weight of average √v; it is larger where √v is larger, in proportion, but for MOST_DECAY
MOST_DECAY = 0.2
EPSILON = 0.01  # in units of the average √v
TINY = 1e-20  # average √v of a text that has had unknown characters only, of which there is no gradient


class Followed(NamedTuple):
    """Weights that have followed a text, the sums of their squared gradients, and the number of stretches learnt from."""

    parameters: Parameters
    squares: Parameters
    stretches: Array


def unmoved(parameters: Parameters) -> Followed:
    """The weights before any text is followed."""
    zeros = jax.tree.map(jnp.zeros_like, parameters)
    return Followed(jax.device_put(parameters), zeros, jnp.zeros((), jnp.int32))


@partial(jax.jit, static_argnums=(0, 1))
def follow(
    config: NetworkConfig,
    unknown_probability: float,
    trained: Parameters,
    followed: Followed,
    state: State,
    ids_NS: Array,
    targets_NS: Array,
    characters: Array,
    rate: Array,
) -> tuple[State, Followed, Array]:
    """The state and the weights after the first `characters` of the targets, and log_probs_NSV of what follows each id.

    The last stretch that is reached may be shorter than the others; the state after that is of no use.
    """
    stretches, size = ids_NS.shape

    def one(n: Array, carry: tuple[State, Followed, Array]) -> tuple[State, Followed, Array]:
        state, followed, log_probs_NSV = carry
        counted_S = jnp.arange(size) < characters - n * size

        def nats(parameters: Parameters) -> tuple[Array, tuple[State, Array]]:
            after, outputs_SBH = read(parameters, config, ids_NS[n, :, None], state, compiled=True)
            targets_SB = targets_NS[n, :, None]
            log_probs_SB = target_log_probs(parameters["output"], outputs_SBH, targets_SB, unknown_probability)
            return -(log_probs_SB[:, 0] * counted_S).sum(), (after, outputs_SBH[:, 0])

        gradient, (after, outputs_SH) = jax.grad(nats, has_aux=True)(followed.parameters)
        logits_SV = logits_of(followed.parameters["output"], outputs_SH)
        log_probs_NSV = log_probs_NSV.at[n].set(log_softmax(logits_SV, unknown_probability))
        return after, _stepped(trained, followed, gradient, rate), log_probs_NSV

    reached = (characters + size - 1) // size
    log_probs_NSV = jnp.zeros((stretches, size, config.vocabulary_size), jnp.float32)
    return jax.lax.fori_loop(0, reached, one, (state, followed, log_probs_NSV))


def _stepped(trained: Parameters, followed: Followed, gradient: Parameters, rate: Array) -> Followed:
    stretches = followed.stretches + 1
    squares = jax.tree.map(lambda total, slope: total + slope * slope, followed.squares, gradient)
    rms = jax.tree.map(lambda total: jnp.sqrt(total / stretches), squares)
    mean = sum(part.sum() for part in jax.tree.leaves(rms)) / sum(part.size for part in jax.tree.leaves(rms))
    mean = jnp.maximum(mean, TINY)

    def moved(weight: Array, slope: Array, rms: Array, start: Array) -> Array:
        back = jnp.minimum(DECAY * rms / mean, MOST_DECAY)
        return weight - rate * slope / (rms + EPSILON * mean) + back * (start - weight)

    return Followed(jax.tree.map(moved, followed.parameters, gradient, rms, trained), squares, stretches)
