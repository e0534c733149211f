"""Products with the matrices of cells and softmax in the precision that training is asked for; all else stays float32,
parameters, sums and attention included.

Shapes: N places (any number of leading axes), K inputs, M outputs.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from charrnn.network.arrays import Array


def _rounded(left: Array, right: Array) -> Array:
    """The product of the factors rounded to bfloat16, its sums in float32."""
    return jnp.matmul(left.astype(jnp.bfloat16), right.astype(jnp.bfloat16), preferred_element_type=jnp.float32)


@jax.custom_vjp
def bfloat16_product(left_NK: Array, right_KM: Array) -> Array:
    """left @ right with factors rounded to bfloat16, here and in the gradient; sums and results are float32."""
    return _rounded(left_NK, right_KM)


def _forward(left_NK, right_KM):
    return _rounded(left_NK, right_KM), (left_NK.astype(jnp.bfloat16), right_KM.astype(jnp.bfloat16))


def _backward(factors, d_NM):
    left_NK, right_KM = factors
    d_right_KM = _rounded(left_NK.reshape(-1, left_NK.shape[-1]).T, d_NM.reshape(-1, d_NM.shape[-1]))
    return _rounded(d_NM, right_KM.T), d_right_KM


bfloat16_product.defvjp(_forward, _backward)

PRODUCTS: dict[str, Callable[[Array, Array], Array]] = {"float32": jnp.matmul, "bfloat16": bfloat16_product}
