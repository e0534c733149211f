"""The Elman cell with three activations. Shapes: B rows, H hidden units; one gate, so G = H."""

from collections.abc import Callable
from typing import NamedTuple

from charrnn.network.arrays import Array
from charrnn.network.cells.cell import sigmoid
from charrnn.network.cells.recurrent_matrix import RecurrentMatrixCell


class ElmanState(NamedTuple):
    hidden: Array


class Elman(RecurrentMatrixCell):
    """h' = φ(W x + U h + b) (Elman 1990); `slope` gives φ' from the value of φ."""

    state = ElmanState

    def __init__(self, activation: Callable[[Array], Array], slope: Callable[[Array], Array], identity: float | None = None):
        self.activation, self.slope, self.identity = activation, slope, identity

    def combine(self, x_BG, u_BG, state):
        return ElmanState(self.activation(x_BG + u_BG)), ()

    def combine_gradient(self, d_state, hidden_BH, saved):
        dz_BG = d_state.hidden * self.slope(hidden_BH)
        return dz_BG, dz_BG, ElmanState(0.0 * dz_BG)


ELMAN_TANH = Elman(lambda x: x.__array_namespace__().tanh(x), lambda h: 1 - h * h)
ELMAN_SIGMOID = Elman(sigmoid, lambda h: h * (1 - h))
ELMAN_RELU = Elman(lambda x: x * (x > 0), lambda h: 1.0 * (h > 0), identity=0.5)
