"""The finite-difference check that several tests make."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest

from charrnn.network.network import map_tree

PLACES = 3  # looked at in each array


def assert_central_differences(function: Callable, parameters: Any, gradient: Any, step: float, **tolerance: float) -> None:
    """The gradient at some places of each array is (f(p + step) − f(p − step)) / (2 step), all in float64."""
    leaves, form = jax.tree.flatten(map_tree(lambda array: np.asarray(array, np.float64), parameters))
    random = np.random.default_rng(3)
    for which, (leaf, slope) in enumerate(zip(leaves, jax.tree.leaves(gradient), strict=True)):
        for _ in range(PLACES):
            place = tuple(random.integers(0, size) for size in leaf.shape)
            sides = []
            for move in (step, -step):
                moved = [array.copy() for array in leaves]
                moved[which][place] += move
                sides.append(function(jax.tree.unflatten(form, moved)))
            assert slope[place] == pytest.approx((sides[0] - sides[1]) / (2 * step), **tolerance)
