"""The training loop: a generator that takes steps, evaluates, writes checkpoints and tells how far it has come."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import jax
import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.archive import read_archive
from charrnn.models.folder import MODEL, save_model
from charrnn.models.language_model import Tally
from charrnn.models.recurrent import RecurrentModel
from charrnn.training.checkpoint import Evaluation, Journal
from charrnn.training.preparation import corpus_summary, figures_summary, save_first
from charrnn.training.run import Run
from charrnn.training.step import StepReport, TrainState

MOST_SKIPPED = 10  # steps in a row that are not finite end a run


@dataclass(frozen=True)
class Progress:
    """How far a run is after a step; `evaluation` where one was just made, which the journal then has."""

    journal: Journal
    characters_per_second: float
    evaluation: Evaluation | None = None


def train(
    run: Run, state: TrainState, journal: Journal, *, should_stop: Callable[[], bool] = lambda: False
) -> Iterator[Progress]:
    """Take the run's steps that are left, from `state`; yields after each step.

    The best weights so far go to model.safetensors at each evaluation, all that is needed to continue to
    resume.safetensors. When should_stop() says so, both are written and the generator ends. Raises CharrnnError after ten
    steps in a row whose loss or gradient is not finite, and where the weights no longer are or the first held-out figure
    is not; what was written before stays.
    """
    pending: StepReport | None = None
    clock = _Clock(journal.seconds)
    for step in range(journal.step, journal.schedule.steps):
        rate = journal.schedule.rate(step)
        state, report = run.step(state, run.batches(step), rate)
        if pending is not None:  # one step behind, so that the device need not wait for the host
            journal = _counted(run, journal, pending)
        pending = report
        stop = should_stop()
        due = (step + 1) % journal.evaluate_every == 0 or step + 1 == journal.schedule.steps
        if not (due or stop):
            yield Progress(journal, clock.speed(journal.characters))
            continue
        journal, pending = _counted(run, journal, pending), None
        before = replace(journal, seconds=clock.seconds())
        evaluation, journal, model = _evaluate(run, state, before, rate)
        _save(run, state, model, before, journal, due)
        clock.skip()
        yield Progress(journal, clock.speed(journal.characters), evaluation)
        if stop or run.ended(journal):
            return


def _counted(run: Run, journal: Journal, report: StepReport) -> Journal:
    journal = journal.counted(float(report.nats), int(report.characters)) if report.finite else journal.skipped_one()
    if journal.skipped_in_a_row == MOST_SKIPPED:
        raise _failure(run, journal, f"loss or gradient was not finite {MOST_SKIPPED} times in a row")
    return journal


def _failure(run: Run, journal: Journal, what: str) -> CharrnnError:
    kept = f"{run.folder} was left as it was"
    if journal.best_step:
        figure = "" if journal.best is None else f", held-out {journal.best / math.log(2):.5g} bits per character"
        kept = f"{run.folder} keeps the model of step {journal.best_step}{figure}"
    return CharrnnError(f"training stopped at step {journal.step}: {what}; try a lower --learning-rate. {kept}")


def _evaluate(run: Run, state: TrainState, journal: Journal, rate: float) -> tuple[Evaluation, Journal, RecurrentModel]:
    """The evaluation, the journal with it, and the model that was evaluated."""
    model = run.model(state.parameters)
    if not all(np.isfinite(array).all() for array in jax.tree.leaves(model.parameters)):
        raise _failure(run, journal, "the weights are no longer finite")  # and no step could mend them
    with np.errstate(over="ignore", invalid="ignore"):  # the figure tells
        tally = run.held_out_tally(model)
    nats = journal.nats_since / journal.characters_since if journal.characters_since else float("nan")
    evaluation = Evaluation(
        step=journal.step,
        epoch=journal.step / run.batches.steps_per_epoch,
        characters=journal.characters,
        seconds=round(journal.seconds, 3),
        learning_rate=rate,
        training_nats_per_character=nats,
        held_out_nats_per_character=tally.nats_per_character if tally else None,
        skipped=journal.skipped,
    )
    after = journal.evaluated(evaluation)
    if not after.best_step:
        raise _failure(run, journal, "the held-out figure is not finite")
    model.summary = summary(run, evaluation, tally)
    return evaluation, after, model


def _save(run: Run, state: TrainState, model: RecurrentModel, before: Journal, after: Journal, due: bool) -> None:
    """Write the model where it is the best so far, and what the run needs to go on; the journals are without this
    evaluation and with it.

    Where none was due, the run is being interrupted. Resumed, it is to go the way of a run that never was: with a journal
    and a best model that know nothing of this evaluation.
    """
    better = after.best_step == after.step

    def save_better() -> None:
        if better and not before.best_step and run.keep_text is not None:
            save_first(model, run.folder, run.corpus, with_text=run.keep_text)
        elif better:
            save_model(model, run.folder)

    if due:
        save_better()
        run.save(state, after)
    else:
        run.save(state, before, read_archive(run.folder / MODEL) if better and before.best_step else None)
        save_better()


def summary(run: Run, evaluation: Evaluation, tally: Tally | None) -> dict:
    """What a model says of its training: see `charrnn info`."""
    return {
        **corpus_summary(run.corpus, run.settings.lines),
        "settings": {k: v for k, v in vars(run.settings).items() if k != "lines"},
        "steps": evaluation.step,
        "epochs": evaluation.epoch,
        "characters_seen": evaluation.characters,
        "skipped_steps": evaluation.skipped,
        "seconds": evaluation.seconds,
        **figures_summary(tally, ("charrnn", "jax", "optax", "numpy")),
    }


class _Clock:
    """Seconds of a run over all sittings, and its speed in characters a second, evaluations left out."""

    def __init__(self, seconds_before: float):
        self._begin = time.perf_counter() - seconds_before
        self._mark: tuple[float, int] | None = None
        self._speed = 0.0

    def seconds(self) -> float:
        return time.perf_counter() - self._begin

    def skip(self) -> None:
        """Leave out of the speed what time has passed since it was last asked for."""
        self._mark = None

    def speed(self, characters: int) -> float:
        now = time.perf_counter()
        if self._mark is None:
            self._mark = now, characters
        elif now - self._mark[0] > 0.2:
            self._speed = (characters - self._mark[1]) / (now - self._mark[0])
            self._mark = now, characters
        return self._speed
