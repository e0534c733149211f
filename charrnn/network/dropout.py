"""Dropout masks from a counter-based hash, the same however the rows are spread over devices.

JAX's own generators would cost 5 to 20 % of a training step on a CPU; this one is fused into the multiplication. A
dropout mask needs no cryptographic strength: two rounds of a well-mixing 32-bit integer hash of (key, place of the
element) pass for it.

Shapes: T time, B rows, X features.
"""

import jax
import jax.numpy as jnp

from charrnn.network.arrays import Array


def _mix(x: Array) -> Array:
    """A bijection of uint32 with low bias (constants: C. Wellons, "lowbias32", 2018)."""
    x = (x ^ (x >> 16)) * jnp.uint32(0x7FEB352D)
    x = (x ^ (x >> 15)) * jnp.uint32(0x846CA68B)
    return x ^ (x >> 16)


def dropout(array_TBX: Array, rate: float, *, key: Array, first_row: Array | int = 0) -> Array:
    """The array with a share `rate` of its elements zeroed and the rest scaled by 1 / (1 − rate) (Srivastava et al. 2014).

    key: two uint32 words. first_row: index of row 0 in the whole batch, where the rows are shared out over devices.
    """
    t, b, x = (jax.lax.broadcasted_iota(jnp.uint32, array_TBX.shape, axis) for axis in range(3))
    # within a row counters differ while T × X < 2³²; those of different rows, hashed apart, meet by chance, one pair in 2³²
    counter = _mix((b + jnp.uint32(first_row)) ^ key[0]) ^ (t * jnp.uint32(array_TBX.shape[-1]) + x)
    bits = _mix(_mix(counter) + key[1])
    kept = bits >= jnp.uint32(min(round(rate * 2**32), 2**32 - 1))
    return jnp.where(kept, array_TBX * (1 / (1 - rate)), 0)
