"""The training loop: a generator that takes steps, evaluates, saves and tells how far it has come."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace

import jax
import numpy as np

from charrnn.errors import CharrnnError
from charrnn.files import NotWritten
from charrnn.machine import group
from charrnn.training.budget import TimeBudget, shape_of
from charrnn.training.journal import Evaluation, Journal
from charrnn.training.keeper import Keeper, NotFinite, finite, summary
from charrnn.training.run import Run
from charrnn.training.step import StepReport, TrainState
from charrnn.training.task import Model

MOST_SKIPPED = 10  # steps in a row that are not finite end a run


@dataclass(frozen=True)
class Progress:
    """How far a run is after a step; `evaluation` and `sample` (what the network writes by now) where one was just made,
    which the journal then has; `failed`, where the run was just to be saved, why it could not be."""

    journal: Journal
    predictions_per_second: float
    evaluation: Evaluation | None = None
    sample: str | None = None
    failed: NotWritten | None = None


# Surrounds what takes long; the journal is the one that was saved before, None where nothing was in this sitting.
Losing = Callable[[Journal | None], AbstractContextManager]


def train(
    run: Run,
    state: TrainState,
    journal: Journal,
    budget: TimeBudget | None = None,
    *,
    should_stop: Callable[[], bool] = lambda: False,
    losing_nothing: Losing = lambda journal: nullcontext(),
) -> Iterator[Progress]:
    """Take the run's steps that are left, from `state`; yields after each step. With a budget of time, their number is fixed
    while they are taken, and corrected at looks at the clock.

    The run is saved at each evaluation, and in between as its option save_every says; see training/keeper.py. When
    should_stop() says so, it is saved and the generator ends; in a group, after the same step in all processes, when it says
    so in one. Within losing_nothing() the program may end without losing more than some seconds of work.

    Raises CharrnnError after ten steps in a row whose loss or gradient is not finite, where the weights no longer are or the
    first held-out figure is not, and NotWritten where the last save failed; what was written before stays.
    """
    course = _Course(run, state, journal, budget, losing_nothing)
    sample = course.sample() if course.sample_due and not journal.has_sample else None  # what the run was stopped before
    evaluation = course.evaluate() if course.evaluation_due else None
    if sample or evaluation:
        yield course.progress(evaluation, sample)
    stop = save = False
    while not run.ended(course.journal):
        course.fix_length()
        asked = course.take_step(stop, save)
        stop = should_stop() or stop
        stopping, saving = asked if group.size() > 1 else (stop, course.keeper.due)
        sample = course.sample() if course.sample_due and not stopping else None
        evaluation = course.evaluate() if course.evaluation_due and not stopping else None
        if stopping or (saving and not evaluation):
            course.save()
        if not (sample or evaluation or stopping):
            course.look_at_the_clock()
        save = course.keeper.due and not save  # asked for once
        yield course.progress(evaluation, sample)
        if stopping:
            break
    if course.keeper.failed:
        raise course.keeper.failed


class _Course:
    """A run under way. One step is computed while the next is made ready: the journal does not have it yet."""

    def __init__(self, run: Run, state: TrainState, journal: Journal, budget: TimeBudget | None, losing_nothing: Losing):
        self.run, self.state, self.journal, self.budget = run, state, journal, budget
        self.keeper = Keeper(run)
        self._losing_nothing = losing_nothing
        self._failed: NotWritten | None = None  # a save, which is still to be told
        self._clock = _Clock(journal.seconds)
        self._pending: StepReport | None = None
        self._step = journal.step  # with the one that is pending
        self._compiled: set[tuple] = set()

    def fix_length(self) -> None:
        """Where time decides on the number of steps, let the journal have what is known of it by now."""
        if not self.budget or not self.budget.pace.known:
            return
        if self.budget.evaluation is None:
            parameters = jax.tree.map(np.asarray, self.state.parameters)
            with self._may_be_broken_off():
                self.budget.measure_evaluation(self.run.task.model(parameters), parameters)
        if not self.journal.schedule.fixed:
            self.journal = self.budget.fixed(self.journal, self._step)

    def take_step(self, stop: bool, save: bool) -> tuple[bool, bool]:
        """Begin a step, in which this process asks the group to stop, or to save, and wait for the one before; what any has
        asked in that."""
        rate, batch = self.journal.schedule.rate(self._step), self.run.batch(self._step)
        shape = shape_of(batch)
        fresh = shape not in self._compiled
        if fresh and self._compiled:
            self._save_unless_recent()
        begin = time.perf_counter()
        with _enough_memory(self.run), self._may_be_broken_off() if fresh else nullcontext():
            self.state, report = self.run.step(self.state, batch, rate, (stop, save))
        if self.budget:
            self.budget.pace.sent(shape, time.perf_counter() - begin)
        if fresh:
            self._compiled.add(shape)
            self._clock.skip()
        # One step behind, so that the device need not wait for the host, and not more: steps that queue up on several host
        # devices can starve one another and end the process.
        asked = self._count()
        self._pending = report
        self._step += 1
        return asked

    def _count(self) -> tuple[bool, bool]:
        """Wait for the step that is pending, let the journal have it, and tell whether a process of the group has asked in
        it to stop, or to save."""
        if self._pending is None:
            return False, False
        with _enough_memory(self.run):
            report = jax.device_get(self._pending)
        self._pending = None
        if report.finite:
            norm = float(report.gradient_norm)
            clipped = norm > self.run.options.clip
            self.journal = self.journal.counted(float(report.reported), int(report.predictions), norm, clipped)
        else:
            self.journal = self.journal.skipped_one()
        if self.budget:
            self.budget.pace.done()
        if self.journal.skipped_in_a_row == MOST_SKIPPED:
            raise self._failure(f"loss or gradient was not finite {MOST_SKIPPED} times in a row")
        stop, save = report.asked
        return bool(stop), bool(save)

    @property
    def evaluation_due(self) -> bool:
        return self.run.evaluation_due(self.journal, self._step)

    @property
    def sample_due(self) -> bool:
        """Whether the network is to write something: where nothing else is said, at each third of the run."""
        schedule, every = self.journal.schedule, self.run.options.sample_every
        if every is None and schedule.fixed:
            return replace(self.journal, step=self._step).thirds > self.journal.sampled
        return bool(self._step and every) and self._step % every == 0

    def sample(self) -> str | None:
        """What the network writes by now; nothing where its weights are no longer finite."""
        with self._pause():
            self._save_unless_recent()
            parameters = jax.tree.map(np.asarray, self.state.parameters)
            with self._may_be_broken_off():
                text = self.run.task.sample(parameters) if group.first() and finite(parameters) else None
        self.journal = self.journal.wrote(text)
        return text

    def look_at_the_clock(self) -> None:
        if self.budget and self.journal.schedule.fixed:
            self.journal = self.budget.corrected(self.journal, self._step, evaluated=False)

    def save(self, best: Model | None = None) -> None:
        """`best`: the model of this step, where it is the best so far."""
        with self._pause():
            self.journal = replace(self.journal, seconds=self._clock.seconds())
            try:
                self.keeper.save(self.state, self.journal, best)
            except NotFinite as error:
                raise self._failure(str(error)) from None
        self._failed = self.keeper.failed

    def _save_unless_recent(self) -> None:
        """Before something long that may be broken off; the processes of a group see it through."""
        if group.size() == 1 and not self.keeper.recent:
            self.save()

    def _may_be_broken_off(self) -> AbstractContextManager:
        """For something long: the program may end in it, unless what it was to save is still to be saved."""
        return nullcontext() if self.keeper.failed else self._losing_nothing(self.keeper.saved)

    def evaluate(self) -> Evaluation:
        """The evaluation, which the journal then has, and the run is saved with it."""
        self._count()
        begin = time.perf_counter()
        self._save_unless_recent()
        self.journal = replace(self.journal, seconds=self._clock.seconds())
        with self._may_be_broken_off():
            evaluation, model = self._evaluated()
        self.journal = self.journal.evaluated(evaluation)
        if not self.journal.best_step:
            raise self._failure("the held-out figure is not finite")
        if self.budget and self.journal.schedule.fixed:
            self.journal = self.budget.corrected(self.journal, self._step, evaluated=True)
        self.save(model if self.journal.best_step == self._step else None)
        if self.budget:
            self.budget.evaluated(time.perf_counter() - begin)
        return evaluation

    def _evaluated(self) -> tuple[Evaluation, Model]:
        run, journal = self.run, self.journal
        parameters = jax.tree.map(np.asarray, self.state.parameters)
        if not finite(parameters):
            raise self._failure(str(NotFinite()))
        model = run.task.model(parameters)
        with np.errstate(over="ignore", invalid="ignore"):  # the figure tells
            held_out = run.task.held_out(model)
        model.summary = summary(run, journal, held_out)
        evaluation = Evaluation(
            step=journal.step,
            epoch=journal.step / run.task.batches.steps_per_epoch,
            predictions=journal.predictions,
            seconds=round(journal.seconds, 3),
            learning_rate=journal.schedule.rate(journal.step - 1),
            training=journal.sum_since / journal.predictions_since if journal.predictions_since else float("nan"),
            held_out=held_out and held_out.figure,
            skipped=journal.skipped,
            steps=journal.schedule.steps if run.options.minutes and journal.schedule.fixed else None,
            samples=journal.samples,
            gradient_norm=journal.norms_since / journal.steps_since if journal.steps_since else None,
            clipped=journal.clipped_since / journal.steps_since if journal.steps_since else None,
        )
        return evaluation, model

    @contextmanager
    def _pause(self) -> Iterator[None]:
        """For something that is no step: those that were begun are done before."""
        self._count()
        yield
        self._clock.skip()
        if self.budget:
            self.budget.pace.rested()

    def progress(self, evaluation: Evaluation | None = None, sample: str | None = None) -> Progress:
        speed = self._clock.speed(self.journal.predictions)
        failed, self._failed = self._failed, None
        return Progress(self.journal, speed, evaluation, sample, failed)

    def _failure(self, what: str) -> CharrnnError:
        run, journal, saved = self.run, self.journal, self.keeper.saved
        kept = f"{run.folder} was left as it was"
        if journal.best_step:
            name, factor = run.task.shown_as
            figure = "" if journal.best is None else f", held-out {journal.best * factor:.5g} {name}"
            kept = f"{run.folder} keeps the model of step {journal.best_step}{figure}"
        elif saved:
            kept = f"{run.folder} keeps the weights of step {saved.step}, which were not measured"
        return CharrnnError(f"training stopped at step {journal.step}: {what}; try a lower --learning-rate. {kept}")


@contextmanager
def _enough_memory(run: Run) -> Iterator[None]:
    """Says what to do where the block finds too little memory."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "RESOURCE_EXHAUSTED" not in str(error):  # JAX's, of a GPU's memory too
            raise
        rows, parts = run.options.batch_size, run.parts
        way = (
            f"--accumulate {2 * parts} reads the same rows in {2 * parts} parts" if 2 * parts <= rows else "give more memory"
        )
        raise CharrnnError(
            f"--batch-size {rows}: not enough memory for a step; {way}, or try a smaller --batch-size, --window or --hidden"
        ) from None


class _Clock:
    """Seconds of a run over all sittings, and its speed in predictions a second, evaluations and compiling left out."""

    def __init__(self, seconds_before: float):
        self._begin = time.perf_counter() - seconds_before
        self._mark: tuple[float, int] | None = None
        self._speed = 0.0

    def seconds(self) -> float:
        return time.perf_counter() - self._begin

    def skip(self) -> None:
        """Leave out of the speed what time has passed since it was last asked for."""
        self._mark = None

    def speed(self, predictions: int) -> float:
        now = time.perf_counter()
        if self._mark is None:
            self._mark = now, predictions
        elif now - self._mark[0] > 0.2:
            self._speed = (predictions - self._mark[1]) / (now - self._mark[0])
            self._mark = now, predictions
        return self._speed
