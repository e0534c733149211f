"""The recurrence h_t = keep_t ∘ h_{t−1} + add_t over time, for cells whose keep and add do not see h.

Two such steps, one after the other, are one such step, so that all can be taken in a parallel scan of depth log T
(Blelloch 1990). On CPUs, where the rows keep all cores busy, a loop is faster, which takes each step once. The gradient,

    d_t = (what comes from outside at t) + keep_{t+1} ∘ d_{t+1},

is a recurrence of the same kind from the end; written out, since autodiff of either scan is slower.

Shapes: T time, B rows, H hidden units.
"""

from functools import partial

import jax
import jax.numpy as jnp

from charrnn.network.arrays import Array


@jax.custom_vjp
def linear_over_time(keep_TBH: Array, add_TBH: Array, first_BH: Array) -> Array:
    """hidden_TBH, the first step from first_BH."""
    return _on_platform(keep_TBH, add_TBH, first_BH, reverse=False)


def _on_platform(keep_TBH, add_TBH, first_BH, *, reverse):
    loop, scan = (partial(way, reverse=reverse) for way in (by_loop, by_parallel_scan))
    return jax.lax.platform_dependent(keep_TBH, add_TBH, first_BH, cpu=loop, default=scan)


def by_loop(keep_TBH: Array, add_TBH: Array, first_BH: Array, *, reverse: bool = False) -> Array:
    def step(hidden_BH: Array, at_t: tuple[Array, Array]) -> tuple[Array, Array]:
        keep_BH, add_BH = at_t
        hidden_BH = keep_BH * hidden_BH + add_BH
        return hidden_BH, hidden_BH

    return jax.lax.scan(step, first_BH, (keep_TBH, add_TBH), reverse=reverse)[1]


def by_parallel_scan(keep_TBH: Array, add_TBH: Array, first_BH: Array, *, reverse: bool = False) -> Array:
    def both(one: tuple[Array, Array], other: tuple[Array, Array]) -> tuple[Array, Array]:
        (keep_one, add_one), (keep_other, add_other) = one, other
        return keep_one * keep_other, keep_other * add_one + add_other

    begin = -1 if reverse else 0
    add_TBH = add_TBH.at[begin].add(keep_TBH[begin] * first_BH)
    return jax.lax.associative_scan(both, (keep_TBH, add_TBH), reverse=reverse)[1]


def _forward(keep_TBH, add_TBH, first_BH):
    hidden_TBH = linear_over_time(keep_TBH, add_TBH, first_BH)
    return hidden_TBH, (keep_TBH, first_BH, hidden_TBH)


def _backward(residuals, d_TBH):
    keep_TBH, first_BH, hidden_TBH = residuals
    later_TBH = jnp.concatenate([keep_TBH[1:], jnp.zeros_like(keep_TBH[:1])])
    d_TBH = _on_platform(later_TBH, d_TBH, jnp.zeros_like(first_BH), reverse=True)
    previous_TBH = jnp.concatenate([first_BH[None], hidden_TBH[:-1]])
    return d_TBH * previous_TBH, d_TBH, d_TBH[0] * keep_TBH[0]


linear_over_time.defvjp(_forward, _backward)
