"""The devices that JAX computes on: how many the host's processor counts as, and how fast they multiply."""

import time
from collections import Counter
from functools import cache, partial

import jax
import jax.numpy as jnp
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

from charrnn.machine import group

# Each device reads every recurrent matrix, about hidden² numbers, in every time step for its share of the rows: worth it
# from this number of rows on. Fitted to measurements of 128 to 1024 units with 32 to 64 rows on two CPU cores.
LEAST_ROWS = 8
SQUARED_UNITS_PER_ROW = 16384


def devices_for(rows: int, hidden: int) -> int:
    """How many devices share a batch of `rows` rows, for layers of `hidden` units: of each process of the group as many."""
    each = min(Counter(device.process_index for device in jax.devices()).values())
    wanted = rows if jax.default_backend() != "cpu" else rows // max(LEAST_ROWS, hidden**2 // SQUARED_UNITS_PER_ROW)
    return max(1, min(each, wanted // group.size())) * group.size()


@cache
def measure_gigaflops(precision: str, seconds: float = 0.15) -> float:
    """Speed of large matrix products on all devices of the group together, in 10⁹ operations a second: the best of many
    tries; measured once. precision: of the factors, float32 or bfloat16."""
    group.gathered("measuring")  # so that the processes of one computer measure at the same time
    size, devices = 1024, jax.local_device_count()
    mesh = jax.make_mesh((devices,), ("each",), axis_types=(AxisType.Auto,), devices=jax.local_devices())
    a = b = jax.device_put(jnp.ones((devices, size, size), precision), NamedSharding(mesh, P("each")))
    product = jax.jit(partial(jnp.matmul, preferred_element_type=jnp.float32))
    product(a, b).block_until_ready()
    best, begin = float("inf"), time.perf_counter()
    while time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        product(a, b).block_until_ready()
        best = min(best, time.perf_counter() - start)
    return sum(group.gathered(2 * size**3 * devices / best / 1e9))
