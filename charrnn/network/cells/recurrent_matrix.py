"""The cells whose hidden state comes in by way of a matrix: pre-activations W x + b and U h (+ d).

Shapes: T time, B rows, E input, H hidden units, G = gates × H.
"""

from typing import Any

from charrnn.network.arrays import Array, Parameters, Product, Weight, zeros
from charrnn.network.cells.cell import Cell


class RecurrentMatrixCell(Cell):
    """A cell of U h, which over time is compiled with a backward pass of its own (network.recurrence).

    biases: what the bias of each gate starts at. recurrent_bias: whether U h has a bias d of its own. identity: the
    recurrent matrix starts as this multiple of the identity; otherwise orthogonal gate by gate. saved_gates: where, in what
    `combine` saves, its gates stand.

    Such a cell has `state`, `combine` and `combine_gradient`; the products are made here.
    """

    biases: tuple[float, ...] = (0.0,)
    recurrent_bias = False
    identity: float | None = None
    saved_gates: tuple[int, ...] = ()

    def combine(self, x_BG: Array, u_BG: Array, state: Any) -> tuple[Any, tuple[Array, ...]]:
        """The next state from W x + b, U h (+ d) and the state, and what the gradient reads of it."""
        raise NotImplementedError

    def combine_gradient(self, d_state: Any, hidden_BH: Array, saved: tuple[Array, ...]) -> tuple[Array, Array, Any]:
        """(dx_BG, du_BG, d_previous): gradients of the two shares, and the part of the previous state's gradient that does
        not pass through U. Where both shares have one gradient, dx_BG is du_BG.

        hidden_BH: the hidden state after the step; whatever else the gradient needs, `combine` has saved.
        """
        raise NotImplementedError

    def parameters(self, inputs: int, hidden: int) -> dict[str, Weight]:
        gates = len(self.biases)
        width, each = gates * hidden, (1.0,) * gates
        scaled = Weight("identity", (hidden, width), (self.identity,) * gates) if self.identity is not None else None
        weights = {
            "input": Weight("glorot", (inputs, width), each),
            "recurrent": scaled or Weight("orthogonal", (hidden, width), each),
            "bias": Weight("constant", (width,), self.biases),
        }
        return weights | ({"recurrent_bias": zeros(width)} if self.recurrent_bias else {})

    def step(self, weights: Parameters, x_BG: Array, state: Any) -> Any:
        return self._combined(weights, x_BG, state)[0]

    def gates_of(self, weights: Parameters, x_BG: Array, state: Any) -> dict[str, Array]:
        saved = self._combined(weights, x_BG, state)[1]
        return dict(zip(self.gates, (saved[k] for k in self.saved_gates), strict=True))

    def _combined(self, weights: Parameters, x_BG: Array, state: Any) -> tuple[Any, tuple[Array, ...]]:
        u_BG = state.hidden @ weights["recurrent"]
        return self.combine(x_BG, u_BG + weights["recurrent_bias"] if self.recurrent_bias else u_BG, state)

    def over_time(self, weights: Parameters, x_TBG: Array, state: Any, product: Product) -> tuple[Any, Array]:
        from charrnn.network.recurrence import scan_over_time

        return scan_over_time(self, x_TBG, weights["recurrent"], weights.get("recurrent_bias"), state, product)
