"""The two ways of a linear recurrence give one result, each on the machines it is for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from charrnn.network.linear_recurrence import by_loop, by_parallel_scan, linear_over_time

ROWS, HIDDEN = 3, 4


def draw(time):
    random = np.random.default_rng(time)
    return [jnp.asarray(random.normal(size=shape), jnp.float32) for shape in [(time, ROWS, HIDDEN)] * 2 + [(ROWS, HIDDEN)]]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("time", [1, 2, 7, 8])
def test_loop_and_parallel_scan_equal_the_equation(time, reverse):
    """float32 sums of eight terms, each of up to eight factors."""
    keep, add, hidden = draw(time)
    wanted = np.empty(keep.shape)
    for t in reversed(range(time)) if reverse else range(time):
        wanted[t] = hidden = np.float64(keep[t]) * hidden + add[t]
    for way in (by_loop, by_parallel_scan):
        np.testing.assert_allclose(way(*draw(time), reverse=reverse), wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("platform", "loops"), [("cpu", True), ("cuda", False), ("tpu", False)])
def test_accelerators_scan_in_parallel_forward_and_backward(platform, loops):
    both = jax.jit(lambda *inputs: jax.vjp(linear_over_time, *inputs)[1](inputs[1]))
    program = both.trace(*draw(8)).lower(lowering_platforms=(platform,)).as_text()
    assert ("stablehlo.while" in program) == loops
