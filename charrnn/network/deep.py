"""A deep output layer: a layer of tanh units between the last hidden states and the softmax (Pascanu, Gulcehre, Cho, Bengio
2014), which reads the state before too.

    y_t = tanh(W h_t + C h_{t−1} + b)

W starts as the identity and C at zero, so that the softmax at first reads tanh h_t. The recurrence does not see y_t, so that
it runs over all of a window first, and this layer in two large products. The state before the first is carried.

Shapes: T time, B rows, H hidden units.
"""

from dataclasses import dataclass
from typing import NamedTuple

from charrnn.network.arrays import Array, Parameters, Product, Weight, zeros
from charrnn.network.output import OutputLayer


class Before(NamedTuple):
    """The last hidden state; zeros before the beginning."""

    hidden: Array  # BH


@dataclass(frozen=True)
class Deep(OutputLayer):
    hidden: int

    def parameters(self) -> dict[str, Weight]:
        square = (self.hidden, self.hidden)
        return {
            "hidden": Weight("identity", square),
            "before": Weight("constant", square, (0.0,)),
            "bias": zeros(self.hidden),
        }

    def state_shapes(self) -> Before:
        return Before((self.hidden,))

    def read(self, weights: Parameters, hidden_TBH: Array, state: Before, product: Product) -> tuple[Before, Array]:
        xp = hidden_TBH.__array_namespace__()
        before_TBH = xp.concat([xp.asarray(state.hidden)[None], hidden_TBH[:-1]])
        z_TBH = product(hidden_TBH, weights["hidden"]) + product(before_TBH, weights["before"]) + weights["bias"]
        return Before(hidden_TBH[-1]), xp.tanh(z_TBH)
