"""The minGRU. Shapes: T time, B rows, H hidden units, G = 2 H, gates in the order z, n."""

from typing import Any, NamedTuple

from charrnn.network.arrays import Array, Parameters, Product, Weight
from charrnn.network.cells.cell import Cell, sigmoid, split


class MinGruState(NamedTuple):
    hidden: Array


class MinGru(Cell):
    """The minGRU (Feng, Tung, Ahmed, Bengio, Hajimirsadeghi 2024, "Were RNNs All We Needed?").

    z = σ(W_z x + b_z)
    n = W_n x + b_n
    h' = (1 − z) ∘ h + z ∘ n

    This is the paper's plain form: the candidate n may have any sign (no tanh, nor the positive function of the form in
    log space), and a layer is the cell alone, without the blocks of convolution and dense layers that the paper stacks it
    with in some experiments. Neither z nor n sees h, so that a training window is one parallel scan, and so that a unit
    mixes with the others only by way of the next layer: a single layer is a running average of what symbols stand for.
    """

    state = MinGruState
    gates = ("update",)

    def gates_of(self, weights: Parameters, x_BG: Array, state: MinGruState) -> dict[str, Array]:
        return {"update": sigmoid(split(x_BG, 2)[0])}

    def parameters(self, inputs: int, hidden: int) -> dict[str, Weight]:
        return {
            "input": Weight("glorot", (inputs, 2 * hidden), (1.0, 1.0)),
            "bias": Weight("constant", (2 * hidden,), (0.0, 0.0)),
        }

    def step(self, weights: Parameters, x_BG: Array, state: MinGruState) -> MinGruState:
        z, n = split(x_BG, 2)
        return MinGruState(state.hidden + sigmoid(z) * (n - state.hidden))

    def over_time(self, weights: Parameters, x_TBG: Array, state: Any, product: Product) -> tuple[Any, Array]:
        from charrnn.network.linear_recurrence import linear_over_time

        z, n = split(x_TBG, 2)
        z = sigmoid(z)
        hidden_TBH = linear_over_time(1 - z, z * n, state.hidden)
        return MinGruState(hidden_TBH[-1]), hidden_TBH
