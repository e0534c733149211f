"""One step of each cell against the textbook equations, and its gradient against finite differences."""

import numpy as np
import pytest

from charrnn.network.cells import CELLS, ElmanState, GruState, LstmState

ROWS, HIDDEN = 4, 6


def logistic(x):
    return 1 / (1 + np.exp(-x))


def textbook(name, x, u, state):
    """The next state, gate by gate, row by row, unit by unit, in float64."""
    new = {field: np.empty((ROWS, HIDDEN)) for field in state._fields}
    for b in range(ROWS):
        for k in range(HIDDEN):
            gate = [(x[b, g * HIDDEN + k], u[b, g * HIDDEN + k]) for g in range(CELLS[name].gates)]
            if name == "lstm":
                i, f, g, o = (wx + uh for wx, uh in gate)
                new["cell"][b, k] = logistic(f) * state.cell[b, k] + logistic(i) * np.tanh(g)
                new["hidden"][b, k] = logistic(o) * np.tanh(new["cell"][b, k])
            elif name == "gru":
                reset, update = (logistic(sum(gate[n])) for n in (0, 1))
                candidate = np.tanh(gate[2][0] + reset * gate[2][1])
                new["hidden"][b, k] = (1 - update) * candidate + update * state.hidden[b, k]
            else:
                activation = {"elman": np.tanh, "elman-sigmoid": logistic, "elman-relu": lambda z: max(z, 0.0)}[name]
                new["hidden"][b, k] = activation(sum(gate[0]))
    return type(state)(**new)


def draw(cell, seed=0):
    random = np.random.default_rng(seed)
    width = cell.gates * HIDDEN
    state = cell.state(*(random.normal(size=(ROWS, HIDDEN)) for _ in cell.state._fields))
    return random.normal(size=(ROWS, width)), random.normal(size=(ROWS, width)), state


@pytest.mark.parametrize("name", CELLS)
def test_step_equals_the_textbook(name):
    x, u, state = draw(CELLS[name])
    after, _ = CELLS[name].step(x, u, state)
    for got, wanted in zip(after, textbook(name, x, u, state), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", CELLS)
def test_step_gradient_equals_central_differences(name):
    """Every input of the step is moved by ±ε; in float64 with ε = 1e-6 the error is about 1e-9."""
    cell = CELLS[name]
    x, u, state = draw(cell, seed=1)
    weights = [np.random.default_rng(2).normal(size=(ROWS, HIDDEN)) for _ in cell.state._fields]

    def value(x, u, state):
        after, _ = cell.step(x, u, state)
        return sum((part * weight).sum() for part, weight in zip(after, weights, strict=True))

    after, saved = cell.step(x, u, state)
    dx, du, d_state = cell.step_gradient(cell.state(*weights), after, saved)
    inputs, gradients = [x, u, *state], [dx, du, *d_state]
    for which, (array, gradient) in enumerate(zip(inputs, gradients, strict=True)):
        for place in np.ndindex(array.shape):
            sides = []
            for move in (1e-6, -1e-6):
                moved = [part.copy() for part in inputs]
                moved[which][place] += move
                sides.append(value(moved[0], moved[1], cell.state(*moved[2:])))
            assert gradient[place] == pytest.approx((sides[0] - sides[1]) / 2e-6, abs=1e-7)


def test_lstm_by_hand():
    """All gates shut or open: with f = i = o = ½ and g = 0, half of the cell stays and h = ½ tanh(c/2)."""
    zeros = np.zeros((1, 4))
    after, _ = CELLS["lstm"].step(zeros, zeros, LstmState(np.array([[9.0]]), np.array([[2.0]])))
    assert after.cell[0, 0] == 1.0
    assert after.hidden[0, 0] == pytest.approx(0.5 * np.tanh(1.0))


def test_gru_keeps_its_state_when_the_update_gate_is_open():
    x = np.array([[0.0, 50.0, 3.0]])
    after, _ = CELLS["gru"].step(x, np.zeros((1, 3)), GruState(np.array([[0.25]])))
    assert after.hidden[0, 0] == pytest.approx(0.25)


def test_relu_is_zero_below_zero():
    x = np.array([[-1.0, 2.0]])
    after, _ = CELLS["elman-relu"].step(x, np.zeros((1, 2)), ElmanState(np.zeros((1, 2))))
    np.testing.assert_array_equal(after.hidden, [[0.0, 2.0]])
