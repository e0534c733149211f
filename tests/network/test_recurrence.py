"""Each cell's compiled way over time against plain autodiff of its steps, against the loop, and in pieces."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from charrnn.network.arrays import Array
from charrnn.network.cells import CELLS
from charrnn.network.cells.recurrent_matrix import RecurrentMatrixCell
from charrnn.network.forward import loop_over_time

TIME, ROWS, INPUTS, HIDDEN = 7, 3, 5, 4


def plain_scan(cell, weights, inputs_TBE, state):
    """The reference: nothing but the step, for JAX to differentiate."""

    def step(state, x_BG):
        state = cell.step(weights, x_BG, state)
        return state, state.hidden

    return jax.lax.scan(step, state, cell.read(weights, inputs_TBE))


def own_way(cell, weights, inputs_TBE, state, product=jnp.matmul):
    return cell.over_time(weights, cell.read(weights, inputs_TBE, product), state, product)


def draw(cell, seed=0):
    """Weights, inputs_TBE and a state, random float32."""
    random = np.random.default_rng(seed)
    normal = lambda *shape: jnp.asarray(random.normal(size=shape), jnp.float32)  # noqa: E731
    weights = {name: normal(*weight.shape) / 2 for name, weight in cell.parameters(INPUTS, HIDDEN).items()}
    state = cell.state(*(normal(ROWS, *shape) for shape in cell.state_shapes(HIDDEN)))
    return weights, normal(TIME, ROWS, INPUTS), state


def value_and_gradient(cell, run):
    """Of a loss in which both the outputs and the final state take part."""
    _, other_TBE, other = draw(cell, seed=1)

    def value(*inputs):
        final, hidden_TBH = run(cell, *inputs)
        through_state = sum((part * weight).sum() for part, weight in zip(final, other, strict=True))
        return (hidden_TBH * other_TBE[..., :HIDDEN]).sum() + through_state

    return jax.jit(jax.value_and_grad(value, argnums=(0, 1, 2)))(*draw(cell))


def assert_autodiff(cell):
    """float32 sums of 100 products differ by about 1e-6."""
    (ours, our_gradient), (plain, plain_gradient) = (value_and_gradient(cell, run) for run in (own_way, plain_scan))
    np.testing.assert_allclose(ours, plain, rtol=1e-6)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-5), our_gradient, plain_gradient)


@pytest.mark.parametrize("name", CELLS)
def test_values_and_gradients_equal_autodiff_of_the_plain_scan(name):
    assert_autodiff(CELLS[name])


@pytest.mark.parametrize("name", CELLS)
def test_scan_equals_loop(name):
    cell = CELLS[name]
    final, hidden_TBH = own_way(cell, *draw(cell))
    weights, inputs_TBE, state = jax.tree.map(np.asarray, draw(cell))
    plain_final, plain_hidden_TBH = loop_over_time(cell, weights, cell.read(weights, inputs_TBE), state)
    np.testing.assert_allclose(hidden_TBH, plain_hidden_TBH, rtol=1e-5, atol=1e-6)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), final, plain_final)


@pytest.mark.parametrize("name", CELLS)
def test_carried_chunks_equal_one_long_run(name):
    cell = CELLS[name]
    weights, inputs_TBE, state = draw(cell)
    whole_state, whole_TBH = own_way(cell, weights, inputs_TBE, state)
    parts = []
    for begin, end in ((0, 2), (2, 3), (3, 7)):
        state, part_TBH = own_way(cell, weights, inputs_TBE[begin:end], state)
        parts.append(part_TBH)
    np.testing.assert_allclose(jnp.concatenate(parts), whole_TBH, rtol=1e-6, atol=1e-7)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7), state, whole_state)


class ToyState(NamedTuple):
    hidden: Array
    memory: Array


class Toy(RecurrentMatrixCell):
    """m' = ½ m + x + u,  h' = tanh(m') ∘ m: two parts of state, and a gradient that reads all that it may."""

    state = ToyState

    def combine(self, x_BG, u_BG, state):
        memory_BH = 0.5 * state.memory + x_BG + u_BG
        squashed_BH = jnp.tanh(memory_BH)
        return ToyState(squashed_BH * state.memory, memory_BH), (squashed_BH, state.memory)

    def combine_gradient(self, d_state, hidden_BH, saved):
        squashed_BH, previous_BH = saved
        d_memory_BH = d_state.memory + d_state.hidden * (previous_BH - squashed_BH * hidden_BH)
        return d_memory_BH, d_memory_BH, ToyState(0 * hidden_BH, 0.5 * d_memory_BH + d_state.hidden * squashed_BH)


def test_a_gradient_is_given_the_hidden_state_after_the_step():
    assert_autodiff(Toy())


def test_a_gradient_is_given_nothing_else_of_the_state():
    """What a cell needs of the rest it must save: it cannot take anything else for that."""

    class Asking(Toy):
        def combine_gradient(self, d_state, hidden_BH, saved):
            return super().combine_gradient(d_state, hidden_BH.hidden * hidden_BH.memory, saved)

    with pytest.raises(AttributeError, match="hidden"):
        value_and_gradient(Asking(), own_way)
