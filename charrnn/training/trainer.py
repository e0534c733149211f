"""The training loop: a generator that takes steps, evaluates, writes checkpoints and tells how far it has come."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import jax
import numpy as np

from charrnn.errors import CharrnnError
from charrnn.machine import group
from charrnn.models.archive import read_archive
from charrnn.models.folder import MODEL
from charrnn.training.budget import TimeBudget, shape_of
from charrnn.training.journal import Evaluation, Journal
from charrnn.training.options import GROUP
from charrnn.training.reading import versions
from charrnn.training.run import Run
from charrnn.training.saving import save, save_first
from charrnn.training.step import StepReport, TrainState
from charrnn.training.task import Held, Model, Tree

# where files lie, what to do with them and what to show is no part of how a model was trained
ABOUT_FILES = ("valid", "store", "init_from", "also", "overwrite", "baseline", "keep_text", "sample_every", *GROUP)
MOST_SKIPPED = 10  # steps in a row that are not finite end a run


@dataclass(frozen=True)
class Progress:
    """How far a run is after a step; `evaluation` and `sample` (what the network writes by now) where one was just made,
    which the journal then has."""

    journal: Journal
    predictions_per_second: float
    evaluation: Evaluation | None = None
    sample: str | None = None


def train(
    run: Run,
    state: TrainState,
    journal: Journal,
    budget: TimeBudget | None = None,
    *,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[Progress]:
    """Take the run's steps that are left, from `state`; yields after each step. With a budget of time, their number is fixed
    while they are taken, and corrected at looks at the clock.

    The best weights so far go to model.safetensors at each evaluation, all that is needed to continue to
    resume.safetensors. When should_stop() says so, both are written and the generator ends; in a group, after the same step
    in all processes, when it says so in one. Raises CharrnnError after ten steps in a row whose loss or gradient is not
    finite, and where the weights no longer are or the first held-out figure is not; what was written before stays.
    """
    pending: StepReport | None = None
    clock = _Clock(journal.seconds)
    compiled: set[tuple] = set()
    first = step = journal.step
    stop = False
    while step < journal.schedule.steps or not journal.schedule.fixed:
        if budget and budget.pace.known:
            if budget.evaluation is None:
                parameters = jax.tree.map(np.asarray, state.parameters)
                budget.measure_evaluation(run.task.model(parameters), parameters)
            if not journal.schedule.fixed:
                journal = budget.fixed(journal, step)
        rate, batch, begin = journal.schedule.rate(step), run.batch(step), time.perf_counter()
        with _enough_memory(run):
            state, report = run.step(state, batch, rate, stop)
        shape = shape_of(batch)
        if budget:
            budget.pace.sent(shape, time.perf_counter() - begin)
        if shape not in compiled:
            compiled.add(shape)
            clock.skip()
        # One step behind, so that the device need not wait for the host, and not more: steps that queue up on several host
        # devices can starve one another and end the process.
        all_stop = False
        if pending is not None:
            journal, all_stop = _counted(run, journal, pending, budget)
        pending = report
        step += 1
        stop, schedule, every = should_stop() or stop, journal.schedule, journal.evaluate_every
        stopping = stop if group.size() == 1 else all_stop
        due = (every and step % every == 0) or (schedule.fixed and step == schedule.steps)
        if step == first + 1 and group.first():
            run.put_back_best()  # not before: a run that is stopped while it compiles changes nothing
        sampled = _sample_due(run, journal, step)
        if not (due or stopping or sampled):
            if budget and schedule.fixed:
                journal = budget.corrected(journal, step, evaluated=False)
            yield Progress(journal, clock.speed(journal.predictions))
            continue
        journal, pending = _counted(run, journal, pending, budget)[0], None
        sample = _sample(run, state) if sampled and group.first() else None
        journal = journal.wrote(sample) if sampled else journal
        if not (due or stopping):
            clock.skip()
            if budget:
                budget.pace.rested()
            yield Progress(journal, clock.speed(journal.predictions), sample=sample)
            continue
        begin = time.perf_counter()
        before = replace(journal, seconds=clock.seconds())
        evaluation, journal, model = _evaluate(run, state, before, rate)
        if budget and due and schedule.fixed:
            journal = budget.corrected(journal, step, evaluated=True)
        _save(run, state, model, before, journal, due)
        clock.skip()
        if budget:
            budget.evaluated(time.perf_counter() - begin)
        yield Progress(journal, clock.speed(journal.predictions), evaluation, sample)
        if stopping or run.ended(journal):
            return


def _sample_due(run: Run, journal: Journal, step: int) -> bool:
    """Whether the network is to write something after this step: where nothing else is said, at each third of the run."""
    schedule, every = journal.schedule, run.options.sample_every
    if every is None and schedule.fixed:
        return replace(journal, step=step).thirds > journal.sampled
    return bool(every) and step % every == 0


def _sample(run: Run, state: TrainState) -> str | None:
    """What the network writes by now; nothing where its weights are no longer finite."""
    parameters = jax.tree.map(np.asarray, state.parameters)
    return run.task.sample(parameters) if _finite(parameters) else None


def _finite(parameters: Tree) -> bool:
    return all(np.isfinite(array).all() for array in jax.tree.leaves(parameters))


def _counted(run: Run, journal: Journal, report: StepReport, budget: TimeBudget | None) -> tuple[Journal, bool]:
    """The journal with a step, which is waited for, and whether a process of the group asked in it to stop."""
    with _enough_memory(run):
        report = jax.device_get(report)
    if report.finite:
        norm = float(report.gradient_norm)
        clipped = norm > run.options.clip
        journal = journal.counted(float(report.reported), int(report.predictions), norm, clipped)
    else:
        journal = journal.skipped_one()
    if budget:
        budget.pace.done()
    if journal.skipped_in_a_row == MOST_SKIPPED:
        raise _failure(run, journal, f"loss or gradient was not finite {MOST_SKIPPED} times in a row")
    return journal, bool(report.stop)


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


def _failure(run: Run, journal: Journal, what: str) -> CharrnnError:
    kept = f"{run.folder} was left as it was"
    if journal.best_step:
        name, factor = run.task.shown_as
        figure = "" if journal.best is None else f", held-out {journal.best * factor:.5g} {name}"
        kept = f"{run.folder} keeps the model of step {journal.best_step}{figure}"
    return CharrnnError(f"training stopped at step {journal.step}: {what}; try a lower --learning-rate. {kept}")


def _evaluate(run: Run, state: TrainState, journal: Journal, rate: float) -> tuple[Evaluation, Journal, Model]:
    """The evaluation, the journal with it, and the model that was evaluated."""
    parameters = jax.tree.map(np.asarray, state.parameters)
    if not _finite(parameters):
        raise _failure(run, journal, "the weights are no longer finite")  # and no step could mend them
    model = run.task.model(parameters)
    with np.errstate(over="ignore", invalid="ignore"):  # the figure tells
        held_out = run.task.held_out(model)
    evaluation = Evaluation(
        step=journal.step,
        epoch=journal.step / run.task.batches.steps_per_epoch,
        predictions=journal.predictions,
        seconds=round(journal.seconds, 3),
        learning_rate=rate,
        training=journal.sum_since / journal.predictions_since if journal.predictions_since else float("nan"),
        held_out=held_out and held_out.figure,
        skipped=journal.skipped,
        steps=journal.schedule.steps if run.options.minutes and journal.schedule.fixed else None,
        samples=journal.samples,
        gradient_norm=journal.norms_since / journal.steps_since if journal.steps_since else None,
        clipped=journal.clipped_since / journal.steps_since if journal.steps_since else None,
    )
    after = journal.evaluated(evaluation)
    if not after.best_step:
        raise _failure(run, journal, "the held-out figure is not finite")
    model.summary = summary(run, evaluation, held_out)
    if journal.baseline and run.options.baseline:
        model.summary["baseline"] = journal.baseline
    return evaluation, after, model


def _save(run: Run, state: TrainState, model: Model, before: Journal, after: Journal, due: bool) -> None:
    """Write the model where it is the best so far, and what the run needs to go on; the journals are without this
    evaluation and with it.

    Where none was due, the run is being interrupted. Resumed, it is to go the way of a run that never was: with a journal
    and a best model that know nothing of this evaluation. That best model is written before the file that it has is given
    to another; else the model goes first, so that where a run was killed in between, the model is the newer of the two.
    """
    state = run.whole(state)
    if not group.first():
        return
    best = None
    if after.best_step != after.step:
        pass
    elif not before.best_step and run.fresh:
        assert run.name is not None
        save_first(model, run.folder, run.name, run.task.kept)
    elif due or not before.best_step:
        save(model, run.folder, run.name)
    else:
        best = read_archive(run.folder / MODEL)
    run.save(state, after if due else before, best)
    if best:
        save(model, run.folder, run.name)


def summary(run: Run, evaluation: Evaluation, held_out: Held | None) -> dict:
    """What a model says of its training: see `charrnn info`."""
    return {
        **run.task.summary(),
        "options": {name: value for name, value in vars(run.options).items() if name not in ABOUT_FILES},
        "steps": evaluation.step,
        "epochs": evaluation.epoch,
        f"{run.task.unit}_seen": evaluation.predictions,
        "skipped_steps": evaluation.skipped,
        "seconds": evaluation.seconds,
        "versions": versions(("charrnn", "jax", "optax", "numpy")),
        "held_out": held_out and held_out.summary,
    }


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
