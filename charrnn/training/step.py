"""One optimiser step, compiled, the rows of the batch shared out over devices.

Shapes: B rows, T time, X features.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.flatten_util import ravel_pytree
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from charrnn.machine import group
from charrnn.network.dropout import dropout
from charrnn.training.task import Array, Objective, Tree

ROWS = "rows"
# Arrays below this size are updated whole on every device: that is sooner done than sent.
SHARED_SIZE = 1 << 18

Asks = tuple[bool, bool]
NOTHING = (False, False)


class TrainState(NamedTuple):
    """All that changes from step to step. key: two uint32 words; step: how many steps were taken (skipped ones too)."""

    parameters: Tree
    optimizer: Tree
    carry: Tree
    key: Array
    step: Array


class StepReport(NamedTuple):
    """The sum of what a batch reports and the count of its predictions, the gradient's norm, whether the step was taken or
    skipped, and whether any process of the group has asked to stop, and to save."""

    reported: Array
    predictions: Array
    gradient_norm: Array
    finite: Array
    asked: Array


def make_mesh(devices: int) -> Mesh:
    """So many devices in a row, of each process of the group as many."""
    each, chosen = devices // group.size(), []
    for rank in range(group.size()):
        chosen += [device for device in jax.devices() if device.process_index == rank][:each]
    mesh = Mesh(np.array(chosen), (ROWS,), axis_types=(AxisType.Auto,))
    if group.size() > 1:
        with group.connecting():
            jax.block_until_ready(from_first(np.zeros(1, np.float32), mesh))
    return mesh


def _loss_and_gradient(
    objective: Objective, parts: int, parameters: Tree, carry: Tree, key: Array, batch: Tree, asks: Array
):
    """What is reported and predicted over all devices, the mean objective's gradient, the carry, and what any device asks
    for; on each device its rows, `parts` times as many as are read at once."""
    rows = len(jax.tree.leaves(batch)[0]) // parts
    first_row = jax.lax.axis_index(ROWS) * rows * parts

    def sums_of(part: Array | int, carry: Tree, batch: Tree) -> tuple[Tree, Tree]:
        def drop(array_TBX: Array, rate: float, place: int) -> Array:
            words = jax.random.key_data(jax.random.fold_in(jax.random.wrap_key_data(key), place))
            return dropout(array_TBX, rate, key=words, first_row=first_row + part * rows) if rate else array_TBX

        def total(parameters: Tree) -> tuple[Array, tuple]:
            outcome = objective(parameters, carry, batch, drop)
            return outcome.total, (outcome.reported, outcome.predictions, outcome.carry)

        (_, (reported, predictions, after)), gradient = jax.value_and_grad(total, has_aux=True)(parameters)
        return (reported, predictions, gradient), after

    if parts == 1:
        sums, after = sums_of(0, carry, batch)
    else:
        cut = partial(jax.tree.map, lambda part: part.reshape(parts, rows, *part.shape[1:]))

        def add(sums: Tree, part: tuple) -> tuple[Tree, Tree]:
            more, after = sums_of(*part)
            return jax.tree.map(jnp.add, sums, more), after

        shapes, _ = jax.eval_shape(sums_of, 0, *jax.tree.map(lambda part: part[0], cut((carry, batch))))
        nothing = jax.tree.map(lambda sum_: jnp.zeros(sum_.shape, sum_.dtype), shapes)

        sums, after = jax.lax.scan(add, nothing, (jnp.arange(parts), *cut((carry, batch))))
        after = jax.tree.map(lambda part: part.reshape(parts * rows, *part.shape[2:]), after)
    # in one piece: each array would cost the devices a meeting of its own
    flat, unflatten = ravel_pytree((sums, asks[0]))
    (reported, predictions, gradient), asks = unflatten(jax.lax.psum(flat, ROWS))
    share = 1 / jnp.maximum(predictions, 1)
    return reported, predictions, jax.tree.map(lambda total: total * share, gradient), after, asks > 0


@dataclass(frozen=True)
class Step:
    """step(state, batch, rate) -> (state, report), compiled once for each shape of batch; it takes over the state's memory.

    batch: of this process, its rows of it. parts: how many one after the other, with an update after the last. asks: whether
    this process asks the group to stop, and to save.
    """

    compiled: Any  # by jax.jit
    mesh: Mesh
    parts: int

    def __call__(self, state: TrainState, batch: Tree, rate: float, asks: Asks = NOTHING) -> tuple[TrainState, StepReport]:
        return self.compiled(state, *self.arguments(batch, rate, asks))

    def arguments(self, batch: Tree, rate: float, asks: Asks = NOTHING) -> tuple[Tree, Array, Array]:
        """What `compiled` takes beside the state, on the devices."""
        own = self.mesh.size // group.size()
        shared = by_rows((padded(batch, own * self.parts), np.tile(np.array(asks, np.float32), (own, 1))), self.mesh)
        return shared[0], jax.device_put(np.float32(rate), NamedSharding(self.mesh, P())), shared[1]


def make_step(objective: Objective, optimizer: optax.GradientTransformation, mesh: Mesh, parts: int = 1) -> Step:
    """A step whose loss or gradient is not finite leaves parameters, optimiser and carry as they were."""
    gradients = jax.shard_map(
        partial(_loss_and_gradient, objective, parts),
        mesh=mesh,
        in_specs=(P(), P(ROWS), P(), P(ROWS), P(ROWS)),
        out_specs=(P(), P(), P(), P(ROWS), P()),
        check_vma=False,
    )

    @partial(jax.jit, donate_argnums=0)
    def step(state: TrainState, batch: Tree, rate: Array, asks: Array) -> tuple[TrainState, StepReport]:
        key = jax.random.key_data(jax.random.fold_in(jax.random.wrap_key_data(state.key), state.step))
        reported, predictions, gradient, after, asked = gradients(state.parameters, state.carry, key, batch, asks)
        gradient, before = (jax.lax.with_sharding_constraint(t, shares(t, mesh)) for t in (gradient, state.parameters))
        norm = optax.tree.norm(gradient)
        updates, rule = optimizer.update(gradient, state.optimizer, before)
        parameters = jax.tree.map(lambda p, u: p - rate * u, before, updates)
        finite = jnp.isfinite(reported) & jnp.isfinite(norm)
        old = (state.parameters, state.optimizer, state.carry)
        new = jax.tree.map(lambda n, o: jnp.where(finite, n, o), (parameters, rule, after), old)
        parameters, rule, carry = new
        parameters = jax.lax.with_sharding_constraint(parameters, NamedSharding(mesh, P()))
        report = StepReport(reported, predictions, norm, finite, asked)
        return TrainState(parameters, rule, carry, state.key, state.step + 1), report

    return Step(step, mesh, parts)


def padded(tree: Tree, multiple: int) -> Tree:
    """The tree with rows of zeros added to every array, so that devices share them evenly, or parts."""
    return jax.tree.map(lambda array_BX: padded_to(len(array_BX) + -len(array_BX) % multiple, array_BX), tree)


def padded_to(rows: int, tree: Tree) -> Tree:
    """The tree with rows of zeros added to every array."""

    def pad(array_BX: np.ndarray) -> np.ndarray:
        missing = rows - len(array_BX)
        return np.pad(array_BX, ((0, missing), *[(0, 0)] * (array_BX.ndim - 1))) if missing else array_BX

    return jax.tree.map(pad, tree)


def own_rows(rows: int, mesh: Mesh, parts: int) -> slice:
    """Which rows of a batch this process reads: as many as its devices hold, though the last processes may find fewer."""
    even = mesh.size * parts
    each = -(-rows // even) * even // group.size()
    return slice(group.rank() * each, (group.rank() + 1) * each)


def by_rows(tree: Tree, mesh: Mesh) -> Tree:
    """The rows of this process, in the order of the processes, as arrays over all devices."""
    sharding = NamedSharding(mesh, P(ROWS))
    if group.size() == 1:
        return jax.device_put(tree, sharding)
    return jax.tree.map(partial(jax.make_array_from_process_local_data, sharding), tree)


def place(state: TrainState, mesh: Mesh, parts: int = 1) -> TrainState:
    """The state on the devices of the mesh: the carry by rows (padded), the optimiser in shares, the rest everywhere. In a
    group it is that of process 0."""
    state = state._replace(carry=padded(state.carry, mesh.size * parts))
    everywhere = NamedSharding(mesh, P())
    where = (everywhere, shares(state.optimizer, mesh), NamedSharding(mesh, P(ROWS)), everywhere, everywhere)
    if group.size() == 1:
        return TrainState(*(jax.device_put(part, sharding) for part, sharding in zip(state, where, strict=True)))
    state = unpacked(np.asarray(from_first(packed(state), mesh)), state)
    each = TrainState(*(jax.tree.broadcast(sharding, part) for part, sharding in zip(state, where, strict=True)))
    return jax.tree.map(lambda a, s: jax.make_array_from_callback(np.shape(a), s, lambda index: a[index]), state, each)


def packed(tree: Tree) -> np.ndarray:
    """All arrays as bytes."""
    return np.concatenate([np.ascontiguousarray(leaf).reshape(-1).view(np.uint8) for leaf in jax.tree.leaves(tree)])


def unpacked(data: np.ndarray, like: Tree) -> Tree:
    """The tree of arrays that packed() took, by one of the same shapes and types."""
    leaves, form = jax.tree.flatten(like)
    ends = np.cumsum([np.size(leaf) * np.dtype(leaf.dtype).itemsize for leaf in leaves])
    parts = np.split(data, ends[:-1])
    return jax.tree.unflatten(form, [p.view(leaf.dtype).reshape(leaf.shape) for p, leaf in zip(parts, leaves, strict=True)])


def from_first(array_N: np.ndarray, mesh: Mesh) -> Array:
    """array_N of process 0 on all devices; those of the others are of the same length and type."""
    own_DN = np.zeros((mesh.size // group.size(), len(array_N)), array_N.dtype)
    if group.first():
        own_DN[0] = array_N
    total = jax.jit(partial(jnp.sum, axis=0, dtype=array_N.dtype), out_shardings=NamedSharding(mesh, P()))
    return total(by_rows(own_DN, mesh))


def on_host(tree: Tree, mesh: Mesh) -> Tree:
    """The arrays with the shares of all devices, array by array; to be asked for by all processes of the group."""
    whole = jax.jit(lambda array: array, out_shardings=NamedSharding(mesh, P()))
    return jax.tree.map(lambda leaf: np.asarray(leaf if leaf.is_fully_addressable else whole(leaf)), tree)


def shares(tree: Any, mesh: Mesh) -> Any:
    """Shardings by which each device keeps and updates its share of the large matrices (ZeRO; Rajbhandari et al. 2020)."""

    def share(leaf: Array) -> NamedSharding:
        shared = np.size(leaf) >= SHARED_SIZE and np.shape(leaf)[0] % mesh.size == 0
        return NamedSharding(mesh, P(ROWS) if shared else P())

    return jax.tree.map(share, tree)
