"""From the last layer's outputs to log-probabilities. The functions serve numpy and JAX arrays alike.

Shapes: V symbols, H hidden units.
"""

from collections.abc import Callable
from operator import matmul

import numpy as np

from charrnn.network.cells import Array
from charrnn.network.parameters import Parameters
from charrnn.text.vocabulary import UNKNOWN

Product = Callable[[Array, Array], Array]


def logits_of(parameters: Parameters, outputs: Array, product: Product = matmul) -> Array:
    """Scores of the next character, (..., V), from the last layer's outputs, (..., H)."""
    return product(outputs, parameters["output"]["weight"]) + parameters["output"]["bias"]


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
            unknown, float(np.log(unknown_probability)), log_probabilities + float(np.log1p(-unknown_probability))
        )
    return log_probabilities
