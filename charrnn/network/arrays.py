"""What all of a network's parts say of arrays, without importing numpy or JAX: their functions serve both alike."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Array = Any
Product = Callable[[Array, Array], Array]  # a product with a matrix on the right
Drop = Callable[[Array, float, int], Array]  # drop(array_TBX, rate, place): dropout, B being rows; each place has its own
Parameters = dict[str, Any]  # a named tree of arrays (see network.parameters)


@dataclass(frozen=True)
class Weight:
    """One array of parameters before it is made: its shape and how it starts.

    start: a name in network.parameters.STARTS. scales: one for each block of the last axis, all of one width (the gates
    of a cell), which starts on its own as `start` says, times the scale.
    """

    start: str
    shape: tuple[int, ...]
    scales: tuple[float, ...] = (1.0,)


def no_dropout(array_TBX: Array, rate: float, place: int) -> Array:
    """A Drop that drops nothing."""
    return array_TBX


def zeros(size: int) -> Weight:
    """A bias that starts at 0."""
    return Weight("constant", (size,), (0.0,))


def count_products(weights: dict[str, Weight]) -> int:
    """Number of weights in matrices, each of which is part of a product at every time step."""
    return sum(weight.shape[0] * weight.shape[1] for weight in weights.values() if len(weight.shape) == 2)
