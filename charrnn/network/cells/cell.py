"""What a recurrent cell is.

Shapes: N places (any leading axes), T time, B rows, E input, V symbols, H hidden units, G what a cell makes of its input
at a place by itself, before the state comes in: W x + b, with a block of H for each gate.
"""

from operator import matmul
from typing import Any

from charrnn.network.arrays import Array, Parameters, Product, Weight, count_products


class Cell:
    """A cell: its parameters, its state, one step, and its way over time.

    `state` is a named tuple of arrays that starts at zero, its part `hidden` what the next layer sees. All but over_time
    work on numpy arrays and on JAX arrays alike, so that the same equations train the network, run it compiled, and run
    it without JAX. A cell must have `state`, `parameters` and `step`.
    """

    state: Any
    gates: tuple[str, ...] = ()  # the names of its gates, which are between 0 and 1

    def gates_of(self, weights: Parameters, x_BG: Array, state: Any) -> dict[str, Array]:
        """What the gates are in a step, BH, by their names."""
        return {}

    def parameters(self, inputs: int, hidden: int) -> dict[str, Weight]:
        """The cell's arrays by their names in files; of them, "input" EG and "bias" G are read here."""
        raise NotImplementedError

    def step(self, weights: Parameters, x_BG: Array, state: Any) -> Any:
        """The state after one time step."""
        raise NotImplementedError

    def state_shapes(self, hidden: int) -> Any:
        """The shapes of the state's parts for one row."""
        return self.state(*((hidden,) for _ in self.state._fields))

    def over_time(self, weights: Parameters, x_TBG: Array, state: Any, product: Product) -> tuple[Any, Array]:
        """The final state and hidden_TBH, compiled. A cell that knows a faster way, or a faster gradient, has its own.

        product: for products with weights (see network.precision).
        """
        import jax

        def step(state: Any, x_BG: Array) -> tuple[Any, Array]:
            state = self.step(weights, x_BG, state)
            return state, state.hidden

        return jax.lax.scan(step, state, x_TBG)

    def products(self, inputs: int, hidden: int) -> int:
        """Number of weights that take part in a product at every step."""
        return count_products(self.parameters(inputs, hidden))

    def read(self, weights: Parameters, input_NE: Array, product: Product = matmul) -> Array:
        """x_NG, what the cell makes of inputs."""
        return product(input_NE, weights["input"]) + weights["bias"]

    def look_up(self, weights: Parameters, ids_N: Array) -> Array:
        """x_NG, what the cell makes of symbols given one-hot."""
        if ids_N.size < len(weights["input"]):
            return weights["input"][ids_N] + weights["bias"]
        return (weights["input"] + weights["bias"])[ids_N]

    def fold(self, weights: Parameters, embedding_VE: Array) -> Parameters:
        """The weights for symbols given one-hot that do what these do for the symbols' embeddings."""
        return weights | {"input": embedding_VE @ weights["input"]}


def sigmoid(x: Array) -> Array:
    """σ(x) = ½ tanh(½x) + ½, exact, free of overflow and faster than exp on CPUs."""
    return 0.5 * x.__array_namespace__().tanh(0.5 * x) + 0.5


def split(x_BG: Array, gates: int) -> list[Array]:
    """The blocks of each gate."""
    hidden = x_BG.shape[-1] // gates
    return [x_BG[..., k * hidden : (k + 1) * hidden] for k in range(gates)]
