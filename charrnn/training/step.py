"""One optimiser step, compiled, the rows of the batch shared out over devices.

Shapes: B rows, T time.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.flatten_util import ravel_pytree
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from charrnn.network.cells import Array
from charrnn.network.config import NetworkConfig
from charrnn.network.dropout import dropout
from charrnn.network.forward import State
from charrnn.network.parameters import Parameters
from charrnn.network.precision import PRODUCTS
from charrnn.text.batches import Batch
from charrnn.training.objective import objective

ROWS = "rows"
# Arrays below this size are updated whole on every device: that is sooner done than sent.
SHARED_SIZE = 1 << 18


class TrainState(NamedTuple):
    """All that changes from step to step. key: two uint32 words; step: how many steps were taken (skipped ones too)."""

    parameters: Parameters
    optimizer: Any
    carry: State
    key: Array
    step: Array


class StepReport(NamedTuple):
    """Sum of nats and count of characters of a batch, the gradient's norm, and whether the step was taken or skipped."""

    nats: Array
    characters: Array
    gradient_norm: Array
    finite: Array


Step = Callable[[TrainState, Batch, float], tuple[TrainState, StepReport]]


def make_mesh(devices: int) -> Mesh:
    return jax.make_mesh((devices,), (ROWS,), axis_types=(AxisType.Auto,), devices=jax.local_devices()[:devices])


def padded_rows(rows: int, devices: int) -> int:
    """The number of rows, at least `rows`, that the devices share evenly."""
    return -(-rows // devices) * devices


def _loss_and_gradient(config, unknown_probability, product, parameters, carry, key, batch):
    """Nats and characters over all devices, the mean objective's gradient, and the carry; on each device its rows."""
    inputs_TB, targets_TB, mask_TB = (part.T for part in batch[:3])
    carry = jax.tree.map(lambda part: _without(part, batch.fresh_B), carry)
    rows = inputs_TB.shape[1]
    first_row = jax.lax.axis_index(ROWS) * rows
    characters = jax.lax.psum(mask_TB.sum(), ROWS)

    def drop(array_TBX: Array, rate: float, place: int) -> Array:
        words = jax.random.key_data(jax.random.fold_in(jax.random.wrap_key_data(key), place))
        return dropout(array_TBX, rate, key=words, first_row=first_row) if rate else array_TBX

    def loss(parameters):
        batch_TB = inputs_TB, targets_TB, mask_TB
        total, nats, after = objective(parameters, config, unknown_probability, carry, batch_TB, drop, product)
        return total / jnp.maximum(characters, 1), (nats, after)

    (_, (nats, after)), gradient = jax.value_and_grad(loss, has_aux=True)(parameters)
    # in one piece: each array would cost the devices a meeting of its own
    flat, unflatten = ravel_pytree((nats, gradient))
    nats, gradient = unflatten(jax.lax.psum(flat, ROWS))
    return nats, characters, gradient, after


def make_step(
    config: NetworkConfig,
    optimizer: optax.GradientTransformation,
    unknown_probability: float,
    mesh: Mesh,
    precision: str = "float32",
) -> Step:
    """step(state, batch, rate) -> (state, report), compiled once for each window length; it takes over the state's memory.

    A step whose loss or gradient is not finite leaves parameters, optimiser and carry as they were.
    """
    gradients = jax.shard_map(
        partial(_loss_and_gradient, config, unknown_probability, PRODUCTS[precision]),
        mesh=mesh,
        in_specs=(P(), P(ROWS), P(), P(ROWS)),
        out_specs=(P(), P(), P(), P(ROWS)),
        check_vma=False,
    )

    @partial(jax.jit, donate_argnums=0)
    def step(state: TrainState, batch: Batch, rate: Array) -> tuple[TrainState, StepReport]:
        key = jax.random.key_data(jax.random.fold_in(jax.random.wrap_key_data(state.key), state.step))
        nats, characters, gradient, after = gradients(state.parameters, state.carry, key, batch)
        gradient, before = (jax.lax.with_sharding_constraint(t, shares(t, mesh)) for t in (gradient, state.parameters))
        norm = optax.tree.norm(gradient)
        updates, rule = optimizer.update(gradient, state.optimizer, before)
        parameters = jax.tree.map(lambda p, u: p - rate * u, before, updates)
        finite = jnp.isfinite(nats) & jnp.isfinite(norm)
        old = (state.parameters, state.optimizer, state.carry)
        new = jax.tree.map(lambda n, o: jnp.where(finite, n, o), (parameters, rule, after), old)
        parameters, rule, carry = new
        parameters = jax.lax.with_sharding_constraint(parameters, NamedSharding(mesh, P()))
        return TrainState(parameters, rule, carry, state.key, state.step + 1), StepReport(nats, characters, norm, finite)

    by_rows = NamedSharding(mesh, P(ROWS))

    def call(state: TrainState, batch: Batch, rate: float) -> tuple[TrainState, StepReport]:
        padded = Batch(*(_pad(part, mesh.size) for part in batch))
        return step(state, jax.device_put(padded, by_rows), np.float32(rate))

    return call


def _without(part_BX: Array, fresh_B: Array) -> Array:
    """A part of the carried state, zero in the rows that start afresh."""
    return jnp.where(fresh_B.reshape(-1, *[1] * (part_BX.ndim - 1)), 0, part_BX)


def _pad(array_BX: np.ndarray, devices: int) -> np.ndarray:
    missing = padded_rows(len(array_BX), devices) - len(array_BX)
    return np.pad(array_BX, ((0, missing), *[(0, 0)] * (array_BX.ndim - 1))) if missing else array_BX


def place(state: TrainState, mesh: Mesh) -> TrainState:
    """The state on the devices of the mesh: the carry by rows, the optimiser in shares, all else on every device."""
    everywhere = NamedSharding(mesh, P())
    where = (everywhere, shares(state.optimizer, mesh), NamedSharding(mesh, P(ROWS)), everywhere, everywhere)
    return TrainState(*(jax.device_put(part, sharding) for part, sharding in zip(state, where, strict=True)))


def shares(tree: Any, mesh: Mesh) -> Any:
    """Shardings by which each device keeps and updates its share of the large matrices (ZeRO; Rajbhandari et al. 2020)."""

    def share(leaf: Array) -> NamedSharding:
        shared = np.size(leaf) >= SHARED_SIZE and np.shape(leaf)[0] % mesh.size == 0
        return NamedSharding(mesh, P(ROWS) if shared else P())

    return jax.tree.map(share, tree)
