"""A training run but for what changes while it goes on: its task, its compiled step, and where it is saved."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import jax
import numpy as np
import optax

from charrnn.machine import group
from charrnn.machine.devices import devices_for
from charrnn.models.archive import Archive
from charrnn.text.sources import STDIN
from charrnn.training.checkpoint import Checkpoint, save_checkpoint
from charrnn.training.journal import Journal
from charrnn.training.optimizer import make_optimizer
from charrnn.training.schedules import CONSTANT_SHARE, Schedule
from charrnn.training.step import Step, TrainState, make_mesh, make_step, on_host, own_rows, padded_to, place
from charrnn.training.task import Task, Tree

EVALUATIONS = 10  # of a run whose budget is in steps or epochs


@dataclass(frozen=True)
class Run:
    folder: Path
    task: Task
    paths: list[str]  # of the examples
    name: str | None  # tells it from all others (see saving.py); None of one that was begun before runs had names
    fresh: bool  # not resumed
    best: Archive | None = None  # of a run that is resumed, its best model, where the folder has another, as its hybrid

    @property
    def options(self) -> Any:
        return self.task.options

    @cached_property
    def mesh(self) -> jax.sharding.Mesh:
        return make_mesh(devices_for(self.options.batch_size // self.parts, self.options.hidden))

    @property
    def parts(self) -> int:
        """In how many parts the rows of a step are read."""
        return self.options.accumulate or 1  # None in runs that were begun before it was an option

    @cached_property
    def optimizer(self) -> optax.GradientTransformation:
        return make_optimizer(self.options.optimizer, clip=self.options.clip, weight_decay=self.options.weight_decay)

    @cached_property
    def step(self) -> Step:
        return make_step(self.task.objective, self.optimizer, self.mesh, self.parts)

    def state(self, parameters: Tree) -> TrainState:
        """The training state before the first step; the parameters are copied."""
        return place(self._state(parameters), self.mesh, self.parts)

    def restored(self, saved: Checkpoint) -> TrainState:
        if group.first():  # what the arrays do not fit is not made in memory
            state = saved.restore(jax.eval_shape(self._state, self.task.shapes()))
        else:
            state = self._state(self.task.shapes())
        return place(state, self.mesh, self.parts)

    def batch(self, step: int) -> Tree:
        """Of the step's batch the rows that this process reads."""
        if group.size() == 1:
            return self.task.batches(step)
        rows = own_rows(self.options.batch_size, self.mesh, self.parts)
        return padded_to(rows.stop - rows.start, self.task.batches(step, rows))

    def _state(self, parameters: Tree) -> TrainState:
        key = jax.random.key_data(jax.random.key(self.options.seed))
        parameters = jax.tree.map(jax.numpy.array, parameters)
        carry = self.task.carry(self.options.batch_size)
        return TrainState(parameters, self.optimizer.init(parameters), carry, key, np.int32(0))

    @property
    def evaluate_every(self) -> int | None:
        """Steps between evaluations, where that was said; with Mikolov's schedule every epoch is evaluated."""
        options = self.options
        return self.task.batches.steps_per_epoch if options.schedule == "halving" else options.evaluate_every

    def journal(self, steps: int | None) -> Journal:
        """An empty journal for a run of `steps` steps; None where time decides, which is still to be measured."""
        options, guess = self.options, self.task.batches.steps_per_epoch
        schedule = Schedule(
            options.schedule,
            options.learning_rate,
            steps or guess,
            options.warmup,
            constant=CONSTANT_SHARE,
            fixed=steps is not None,
        )
        every = 0 if steps is None else max(1, -(-steps // EVALUATIONS))
        return Journal(schedule, self.evaluate_every or every)

    def ended(self, journal: Journal) -> str | None:
        """Why no further step is to be taken; None where one is."""
        patience = self.options.patience
        if journal.schedule.over:
            return "halving the learning rate no longer helps"
        if patience and journal.without_gain >= patience:
            return f"evaluations without gain in a row: {patience}, as --patience says"
        over = journal.schedule.fixed and journal.step >= journal.schedule.steps
        return "all its steps are taken" if over and not self.evaluation_due(journal, journal.step) else None

    def evaluation_due(self, journal: Journal, step: int) -> bool:
        """Whether there is to be an evaluation after this step, and has been none."""
        every, schedule = journal.evaluate_every, journal.schedule
        due = (every and step % every == 0) or (schedule.fixed and step == schedule.steps)
        return bool(step and due) and not (journal.history and journal.history[-1].step == step)

    def whole(self, state: TrainState) -> TrainState:
        """The state as it is saved: whole arrays of numpy, without padding. All processes of the group ask for it."""
        state = on_host(state, self.mesh)
        return state._replace(carry=jax.tree.map(lambda part: part[: self.options.batch_size], state.carry))

    def save(self, state: TrainState, journal: Journal) -> None:
        """Write what is needed to go on, with the whole() state."""
        paths, valid = [_absolute(name) for name in self.paths], self.options.valid and _absolute(self.options.valid)
        save_checkpoint(self.folder, state, journal, self.task, run=self.name, paths=paths, valid=valid)


def _absolute(name: str) -> str:
    """The same file, whatever folder it is named from."""
    return name if name == STDIN else os.path.abspath(name)
