"""The compiled recurrence with its own backward pass against plain autodiff of the plain scan."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from charrnn.network.cells import CELLS
from charrnn.network.forward import loop_over_time
from charrnn.network.recurrence import scan_over_time

TIME, ROWS, HIDDEN = 5, 3, 4


def plain_scan(cell, x_TBG, recurrent_HG, bias_G, state):
    """The reference: nothing but the step, for JAX to differentiate."""

    def step(state, x_BG):
        u_BG = state.hidden @ recurrent_HG
        state, _ = cell.step(x_BG, u_BG if bias_G is None else u_BG + bias_G, state)
        return state, state.hidden

    return jax.lax.scan(step, state, x_TBG)


def draw(cell, seed=0):
    random = np.random.default_rng(seed)
    normal = lambda *shape: jnp.asarray(random.normal(size=shape), jnp.float32)  # noqa: E731
    width = cell.gates * HIDDEN
    bias = normal(width) if cell.recurrent_bias else None
    state = cell.state(*(normal(ROWS, HIDDEN) for _ in cell.state._fields))
    return normal(TIME, ROWS, width), normal(HIDDEN, width) / 2, bias, state


@pytest.mark.parametrize("name", CELLS)
def test_values_and_gradients_equal_autodiff_of_the_plain_scan(name):
    """Both the outputs and the final state take part in the loss; float32 sums of 60 products differ by about 1e-6."""
    cell = CELLS[name]
    inputs = draw(cell)
    weights = draw(cell, seed=1)

    def loss(run):
        def value(*inputs):
            final, hidden_TBH = run(cell, *inputs)
            through_state = sum((part * weight).sum() for part, weight in zip(final, weights[3], strict=True))
            return (hidden_TBH * weights[0][..., :HIDDEN]).sum() + through_state

        return jax.jit(jax.value_and_grad(value, argnums=(0, 1, 2, 3)))(*inputs)

    (ours, our_gradient), (plain, plain_gradient) = loss(scan_over_time), loss(plain_scan)
    np.testing.assert_allclose(ours, plain, rtol=1e-6)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-5), our_gradient, plain_gradient)


@pytest.mark.parametrize("name", CELLS)
def test_scan_equals_loop(name):
    cell = CELLS[name]
    inputs = draw(cell)
    final, hidden_TBH = scan_over_time(cell, *inputs)
    on_host = jax.tree.map(np.asarray, inputs)
    plain_final, plain_hidden_TBH = loop_over_time(cell, *on_host)
    np.testing.assert_allclose(hidden_TBH, plain_hidden_TBH, rtol=1e-5, atol=1e-6)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), final, plain_final)


@pytest.mark.parametrize("name", CELLS)
def test_three_carried_chunks_equal_one_long_run(name):
    cell = CELLS[name]
    x_TBG, recurrent_HG, bias_G, state = draw(cell)
    whole_state, whole_TBH = scan_over_time(cell, x_TBG, recurrent_HG, bias_G, state)
    parts = []
    for begin, end in ((0, 2), (2, 3), (3, 5)):
        state, part_TBH = scan_over_time(cell, x_TBG[begin:end], recurrent_HG, bias_G, state)
        parts.append(part_TBH)
    np.testing.assert_allclose(jnp.concatenate(parts), whole_TBH, rtol=1e-6, atol=1e-7)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7), state, whole_state)
