"""The finite-difference check that several tests make."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest

from charrnn.network.config import NetworkConfig
from charrnn.network.forward import read, zero_state
from charrnn.network.loss import target_log_probs
from charrnn.trees import map_tree
from tests import reference

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


def assert_gradient_of_nats(
    config: NetworkConfig,
    parameters: Any,
    ids_TB: np.ndarray,
    targets_TB: np.ndarray,
    step: float,
    **tolerance: float,
) -> None:
    """The compiled gradient of a network's mean nats, float32, against differences of the plain reference in float64."""

    def mean_nats(parameters):
        _, outputs = read(parameters, config, ids_TB, zero_state(config, ids_TB.shape[1]), compiled=True)
        return -target_log_probs(parameters["output"], outputs, targets_TB, 0.0).mean()

    def reference_nats(parameters):
        logits = reference.logits(parameters, config, ids_TB)
        log_probs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        return -np.take_along_axis(log_probs, targets_TB[..., None], -1).mean()

    gradient = jax.jit(jax.grad(mean_nats))(parameters)
    assert_central_differences(reference_nats, parameters, gradient, step, **tolerance)
