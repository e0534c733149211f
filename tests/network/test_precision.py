"""Matrix products in bfloat16: factors are rounded, sums and parameters are not."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from charrnn.network.cells import CELLS
from charrnn.network.precision import bfloat16_product
from tests.network.test_recurrence import draw, own_way


def rounded(array):
    return np.asarray(jnp.asarray(array, jnp.bfloat16), np.float64)


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def test_the_product_is_that_of_rounded_factors_summed_in_float32():
    left_TBK, right_KM = normal(0, 5, 3, 300), normal(1, 300, 4)
    product_TBM = bfloat16_product(left_TBK, right_KM)
    assert product_TBM.dtype == jnp.float32
    np.testing.assert_allclose(product_TBM, rounded(left_TBK) @ rounded(right_KM), rtol=1e-4, atol=1e-4)
    assert not np.allclose(product_TBM, left_TBK @ right_KM, rtol=1e-4, atol=1e-4)  # float32 it is not


def test_its_gradient_is_made_of_rounded_factors_and_is_not_rounded_itself():
    left_TBK, right_KM, d_TBM = normal(0, 5, 3, 6), normal(1, 6, 4), normal(2, 5, 3, 4)
    _, back = jax.vjp(bfloat16_product, left_TBK, right_KM)
    d_left_TBK, d_right_KM = back(d_TBM)
    np.testing.assert_allclose(d_left_TBK, rounded(d_TBM) @ rounded(right_KM).T, rtol=1e-4, atol=1e-5)
    expected_KM = np.einsum("tbk,tbm->km", rounded(left_TBK), rounded(d_TBM))
    np.testing.assert_allclose(d_right_KM, expected_KM, rtol=1e-4, atol=1e-5)
    assert d_left_TBK.dtype == d_right_KM.dtype == jnp.float32


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_over_time_is_near_float32(name):
    """bfloat16 has 8 bits: a product is off by at most 2^-8 of its size, and seven steps add up to a few times that."""
    cell = CELLS[name]
    inputs = draw(cell)

    def value(product):
        def total(*inputs):
            return own_way(cell, *inputs, product)[1].sum()

        return jax.value_and_grad(total, argnums=(0, 1, 2))(*inputs)

    (ours, our_gradient), (exact, exact_gradient) = value(bfloat16_product), value(jnp.matmul)
    assert ours != exact
    for a, b in zip(jax.tree.leaves((ours, our_gradient)), jax.tree.leaves((exact, exact_gradient)), strict=True):
        assert np.linalg.norm(a - b) <= 0.05 * np.linalg.norm(b) + 1e-6
