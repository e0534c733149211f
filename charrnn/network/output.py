"""From the last layer's hidden states to log-probabilities. The functions serve numpy and JAX arrays alike.

Shapes: T time, B rows, V symbols, H hidden units.
"""

import math
from operator import matmul
from typing import Any

from charrnn.network.adaptive import joined_logits, tail_logits
from charrnn.network.arrays import Array, Parameters, Product, Weight, count_products
from charrnn.text.symbols import UNKNOWN


class OutputLayer:
    """What may stand between the last layer's hidden states and the softmax: parameters, a carried state, outputs.

    A new one is a file and a line in NetworkConfig.output_layers. Its parameters and state travel with the network's own.
    """

    def parameters(self) -> dict[str, Weight]:
        raise NotImplementedError

    def state_shapes(self) -> Any:
        """A named tuple of shapes: the carried state's arrays for one row, which start at zero; () carries nothing."""
        return ()

    def read(self, weights: Parameters, hidden_TBH: Array, state: Any, product: Product) -> tuple[Any, Array]:
        """The state after hidden_TBH, and outputs_TBH. Pieces of a text with the state carried equal the whole.

        product: of activations and a matrix (see network.precision).
        """
        raise NotImplementedError

    def products(self) -> int:
        """Number of weights that take part in a product at every step."""
        return count_products(self.parameters())


def logits_of(softmax: Parameters, outputs: Array, product: Product = matmul) -> Array:
    """Scores of the next character, (..., V), from the last layer's outputs, (..., H).

    softmax: its parameters, "output" in a network's; where they have "tails", it is an adaptive one.
    """
    logits = product(outputs, softmax["weight"]) + softmax["bias"]
    if "tails" not in softmax:
        return logits
    return joined_logits(logits, [tail_logits(tail, outputs, product) for tail in softmax["tails"]])


def log_softmax(logits: Array, unknown_probability: float) -> Array:
    """Log-probabilities over the last axis.

    Where the unknown symbol was never seen, `unknown_probability` > 0 is what it gets, and the rest is shared out
    by the softmax over the other symbols.
    """
    xp = logits.__array_namespace__()
    if unknown_probability:
        unknown = xp.arange(logits.shape[-1]) == UNKNOWN
        logits = xp.where(unknown, -xp.inf, logits)
    shifted = logits - xp.max(logits, axis=-1, keepdims=True)
    log_probabilities = shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))
    if unknown_probability:
        log_probabilities = xp.where(
            unknown, math.log(unknown_probability), log_probabilities + math.log1p(-unknown_probability)
        )
    return log_probabilities
