"""Products with the matrices of cells and softmax in the precision that training is asked for; all else stays float32,
parameters, sums and attention included.

How fast XLA multiplies on CPUs depends on how the factors lie in memory: in float32 somewhat, and in bfloat16 very much.
There it uses a processor's tiles (AMX) only where the rows of the left factor lie as rows do, and turns the factors into
float32 ones otherwise; and it looks at that before it moves anything. So shapes are made with care here. The figures are of
an Intel Xeon with such tiles, 16 rows and 352 units on a core.

Shapes: N places (any number of leading axes), B rows, K inputs, M outputs.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from charrnn.network.arrays import Array, Product


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
    return _rounded(d_NM, right_KM.T), gradient_of_matrix(bfloat16_product, left_NK, d_NM)


bfloat16_product.defvjp(_forward, _backward)

PRODUCTS: dict[str, Callable[[Array, Array], Array]] = {"float32": jnp.matmul, "bfloat16": bfloat16_product}


def gradient_of_matrix(product: Product, left_NK: Array, d_NM: Array) -> Array:
    """The gradient of right_KM in product(left_NK, right_KM): one large product over all places."""
    places = d_NM.reshape(-1, d_NM.shape[-1])
    if product is not bfloat16_product:
        # with d_NM on the left: twice as fast on CPUs as slices of both
        return product(places.T, left_NK.reshape(-1, left_NK.shape[-1])).T
    # transposed alone, the left factor's columns would lie as rows do; what a reshape makes lies as it should
    apart = left_NK.astype(jnp.bfloat16).reshape(-1, *left_NK.shape[-2:])
    return _rounded(jnp.moveaxis(apart, -1, 0).reshape(left_NK.shape[-1], -1), places)


def turned(matrix_KM: Array) -> Array:
    """matrix_MK, as product_of_few wants it, in memory too."""
    return matrix_KM.T.reshape(1, *matrix_KM.shape[::-1]).reshape(matrix_KM.shape[::-1])


def product_of_few(product: Product, rows_BK: Array, turned_MK: Array) -> Array:
    """product(rows_BK, turned_MK.T) for few rows, B << M, by having the matrix as the left factor: in bfloat16 24 µs for 57,
    in float32 95 for 120. It has no gradient."""
    sums = None
    if product is bfloat16_product:
        rows_BK, turned_MK, sums = rows_BK.astype(jnp.bfloat16), turned_MK.astype(jnp.bfloat16), jnp.float32
    product_MB = jax.lax.dot_general(turned_MK, rows_BK, (((1,), (1,)), ((), ())), preferred_element_type=sums)
    return jax.lax.optimization_barrier(product_MB).T  # else XLA would exchange the factors again
