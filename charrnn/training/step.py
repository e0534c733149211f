"""One optimiser step, compiled, the rows of the batch shared out over devices.

Shapes: B rows, T time, X features.
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

from charrnn.network.dropout import dropout
from charrnn.training.task import Array, Objective, Tree

ROWS = "rows"
# Arrays below this size are updated whole on every device: that is sooner done than sent.
SHARED_SIZE = 1 << 18


class TrainState(NamedTuple):
    """All that changes from step to step. key: two uint32 words; step: how many steps were taken (skipped ones too)."""

    parameters: Tree
    optimizer: Tree
    carry: Tree
    key: Array
    step: Array


class StepReport(NamedTuple):
    """The sum of what a batch reports and the count of its predictions, the gradient's norm, and whether the step was taken
    or skipped."""

    reported: Array
    predictions: Array
    gradient_norm: Array
    finite: Array


Step = Callable[[TrainState, Tree, float], tuple[TrainState, StepReport]]


def make_mesh(devices: int) -> Mesh:
    return jax.make_mesh((devices,), (ROWS,), axis_types=(AxisType.Auto,), devices=jax.local_devices()[:devices])


def _loss_and_gradient(objective: Objective, parameters: Tree, carry: Tree, key: Array, batch: Tree):
    """What is reported and predicted over all devices, the mean objective's gradient, and the carry; on each device its
    rows."""
    first_row = jax.lax.axis_index(ROWS) * len(jax.tree.leaves(batch)[0])

    def drop(array_TBX: Array, rate: float, place: int) -> Array:
        words = jax.random.key_data(jax.random.fold_in(jax.random.wrap_key_data(key), place))
        return dropout(array_TBX, rate, key=words, first_row=first_row) if rate else array_TBX

    def loss(parameters):
        outcome = objective(parameters, carry, batch, drop)
        predictions = jax.lax.psum(outcome.predictions, ROWS)
        return outcome.total / jnp.maximum(predictions, 1), (outcome.reported, predictions, outcome.carry)

    (_, (reported, predictions, after)), gradient = jax.value_and_grad(loss, has_aux=True)(parameters)
    # in one piece: each array would cost the devices a meeting of its own
    flat, unflatten = ravel_pytree((reported, gradient))
    reported, gradient = unflatten(jax.lax.psum(flat, ROWS))
    return reported, predictions, gradient, after


def make_step(objective: Objective, optimizer: optax.GradientTransformation, mesh: Mesh) -> Step:
    """step(state, batch, rate) -> (state, report), compiled once for each shape of batch; it takes over the state's memory.

    A step whose loss or gradient is not finite leaves parameters, optimiser and carry as they were.
    """
    gradients = jax.shard_map(
        partial(_loss_and_gradient, objective),
        mesh=mesh,
        in_specs=(P(), P(ROWS), P(), P(ROWS)),
        out_specs=(P(), P(), P(), P(ROWS)),
        check_vma=False,
    )

    @partial(jax.jit, donate_argnums=0)
    def step(state: TrainState, batch: Tree, rate: Array) -> tuple[TrainState, StepReport]:
        key = jax.random.key_data(jax.random.fold_in(jax.random.wrap_key_data(state.key), state.step))
        reported, predictions, gradient, after = gradients(state.parameters, state.carry, key, batch)
        gradient, before = (jax.lax.with_sharding_constraint(t, shares(t, mesh)) for t in (gradient, state.parameters))
        norm = optax.tree.norm(gradient)
        updates, rule = optimizer.update(gradient, state.optimizer, before)
        parameters = jax.tree.map(lambda p, u: p - rate * u, before, updates)
        finite = jnp.isfinite(reported) & jnp.isfinite(norm)
        old = (state.parameters, state.optimizer, state.carry)
        new = jax.tree.map(lambda n, o: jnp.where(finite, n, o), (parameters, rule, after), old)
        parameters, rule, carry = new
        parameters = jax.lax.with_sharding_constraint(parameters, NamedSharding(mesh, P()))
        report = StepReport(reported, predictions, norm, finite)
        return TrainState(parameters, rule, carry, state.key, state.step + 1), report

    by_rows = NamedSharding(mesh, P(ROWS))

    def call(state: TrainState, batch: Tree, rate: float) -> tuple[TrainState, StepReport]:
        return step(state, jax.device_put(padded(batch, mesh.size), by_rows), np.float32(rate))

    return call


def padded(tree: Tree, devices: int) -> Tree:
    """The tree with rows of zeros added to every array, so that the devices share them evenly."""

    def pad(array_BX: np.ndarray) -> np.ndarray:
        missing = -len(array_BX) % devices
        return np.pad(array_BX, ((0, missing), *[(0, 0)] * (array_BX.ndim - 1))) if missing else array_BX

    return jax.tree.map(pad, tree)


def place(state: TrainState, mesh: Mesh) -> TrainState:
    """The state on the devices of the mesh: the carry by rows (padded), the optimiser in shares, the rest everywhere."""
    state = state._replace(carry=padded(state.carry, mesh.size))
    everywhere = NamedSharding(mesh, P())
    where = (everywhere, shares(state.optimizer, mesh), NamedSharding(mesh, P(ROWS)), everywhere, everywhere)
    return TrainState(*(jax.device_put(part, sharding) for part, sharding in zip(state, where, strict=True)))


def shares(tree: Any, mesh: Mesh) -> Any:
    """Shardings by which each device keeps and updates its share of the large matrices (ZeRO; Rajbhandari et al. 2020)."""

    def share(leaf: Array) -> NamedSharding:
        shared = np.size(leaf) >= SHARED_SIZE and np.shape(leaf)[0] % mesh.size == 0
        return NamedSharding(mesh, P(ROWS) if shared else P())

    return jax.tree.map(share, tree)
