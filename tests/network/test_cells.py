"""Each cell by itself: its step against the plain reference, its gradient against finite differences, its input."""

import jax
import numpy as np
import pytest

from charrnn.network.cells import CELLS
from charrnn.network.forward import loop_over_time
from tests import reference
from tests.gradients import assert_central_differences

TIME, ROWS, INPUTS, HIDDEN = 2, 4, 5, 6


def draw(name, seed=0):
    """Weights, inputs_TBE and a state, all random, in float64."""
    cell, random = CELLS[name], np.random.default_rng(seed)
    weights = {key: random.normal(size=weight.shape) / 2 for key, weight in cell.parameters(INPUTS, HIDDEN).items()}
    state = cell.state(*(random.normal(size=(ROWS, *shape)) for shape in cell.state_shapes(HIDDEN)))
    return weights, random.normal(size=(TIME, ROWS, INPUTS)), state


@pytest.mark.parametrize("name", CELLS)
def test_step_equals_the_plain_reference(name):
    cell = CELLS[name]
    weights, inputs_TBE, state = draw(name)
    after = cell.step(weights, cell.read(weights, inputs_TBE[0]), state)
    for b in range(ROWS):
        row = {part: getattr(state, part)[b] for part in state._fields}
        for part, wanted in reference.step(name, weights, inputs_TBE[0, b], row).items():
            np.testing.assert_allclose(getattr(after, part)[b], wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", CELLS)
def test_gradient_of_steps_equals_central_differences(name):
    """Of weights, inputs and state, through the compiled way over time; in float64 with ε = 1e-6 the error is about 1e-9."""
    cell = CELLS[name]
    drawn = draw(name)
    _, other_TBE, other = draw(name, 2)

    def value(drawn, over_time):
        weights, inputs_TBE, state = drawn
        final, hidden_TBH = over_time(weights, cell.read(weights, inputs_TBE), state)
        through_state = sum((part * weight).sum() for part, weight in zip(final, other, strict=True))
        return (hidden_TBH * other_TBE[..., :1]).sum() + through_state

    def by_loop(drawn):
        return value(drawn, lambda weights, x_TBG, state: loop_over_time(cell, weights, x_TBG, state))

    def compiled(drawn):
        return value(drawn, lambda weights, x_TBG, state: cell.over_time(weights, x_TBG, state, jax.numpy.matmul))

    with jax.enable_x64(True):
        gradient = jax.grad(compiled)(jax.tree.map(jax.numpy.asarray, drawn))
    assert_central_differences(by_loop, drawn, jax.tree.map(np.asarray, gradient), 1e-6, abs=1e-7)


@pytest.mark.parametrize("name", CELLS)
def test_symbols_are_read_as_their_one_hot_vectors_or_embeddings_are(name):
    cell, random = CELLS[name], np.random.default_rng(1)
    ids_TB = random.integers(0, INPUTS, (TIME, ROWS))
    weights, _, _ = draw(name)
    for ids in (ids_TB, ids_TB[:1]):  # more places than symbols, and fewer
        np.testing.assert_allclose(cell.look_up(weights, ids), cell.read(weights, np.eye(INPUTS)[ids]), rtol=1e-12)
    embedding_VE = random.normal(size=(7, INPUTS))
    folded = cell.fold(weights, embedding_VE)
    np.testing.assert_allclose(cell.look_up(folded, ids_TB), cell.read(weights, embedding_VE[ids_TB]), rtol=1e-12)


def by_hand(name, biases, **state):
    """The state of a cell of one unit after a step in which only biases come in."""
    cell = CELLS[name]
    weights = {key: np.zeros(weight.shape) for key, weight in cell.parameters(1, 1).items()}
    weights["bias"] = np.array(biases)
    before = cell.state(**{part: np.array([[value]]) for part, value in state.items()})
    return cell.step(weights, cell.read(weights, np.zeros((1, 1))), before)


def test_lstm_by_hand():
    """All gates half open: with f = i = o = ½ and g = 0, half of the cell stays and h = ½ tanh(c/2)."""
    after = by_hand("lstm", [0.0, 0.0, 0.0, 0.0], hidden=9.0, cell=2.0)
    assert after.cell[0, 0] == 1.0
    assert after.hidden[0, 0] == pytest.approx(0.5 * np.tanh(1.0))


def test_coupled_gates_by_hand():
    """With f = o = ½ and g = tanh 1, half of the cell stays and half of g comes in."""
    after = by_hand("cifg", [0.0, 1.0, 0.0], hidden=9.0, cell=2.0)
    assert after.cell[0, 0] == pytest.approx(1.0 + 0.5 * np.tanh(1.0))
    assert after.hidden[0, 0] == pytest.approx(0.5 * np.tanh(after.cell[0, 0]))


def test_gru_keeps_its_state_when_the_update_gate_is_open():
    assert by_hand("gru", [0.0, 50.0, 3.0], hidden=0.25).hidden[0, 0] == pytest.approx(0.25)


def test_mingru_keeps_its_state_or_takes_its_candidate_of_any_size():
    assert by_hand("mingru", [-50.0, -3.0], hidden=0.25).hidden[0, 0] == pytest.approx(0.25)
    assert by_hand("mingru", [50.0, -3.0], hidden=0.25).hidden[0, 0] == pytest.approx(-3.0)
    assert by_hand("mingru", [0.0, -3.0], hidden=0.25).hidden[0, 0] == pytest.approx((0.25 - 3.0) / 2)


def test_relu_is_zero_below_zero():
    assert by_hand("elman-relu", [-1.0], hidden=0.0).hidden[0, 0] == 0.0
    assert by_hand("elman-relu", [2.0], hidden=0.0).hidden[0, 0] == 2.0
