"""The training loop: a generator that takes steps, evaluates, writes checkpoints and tells how far it has come."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from charrnn.errors import CharrnnError
from charrnn.models.folder import save_model
from charrnn.models.language_model import Tally
from charrnn.training.checkpoint import Evaluation, Journal
from charrnn.training.preparation import corpus_summary, figures_summary
from charrnn.training.run import Run
from charrnn.training.step import StepReport, TrainState

MOST_SKIPPED = 10  # steps in a row that are not finite end a run


@dataclass(frozen=True)
class Progress:
    """How far a run is after a step; `evaluation` where one was just made."""

    journal: Journal
    characters_per_second: float
    evaluation: Evaluation | None = None


def train(
    run: Run, state: TrainState, journal: Journal, *, should_stop: Callable[[], bool] = lambda: False
) -> Iterator[Progress]:
    """Take the run's steps that are left, from `state`; yields after each step.

    The best weights so far go to model.safetensors at each evaluation, all that is needed to continue to
    resume.safetensors. When should_stop() says so, both are written and the generator ends. Raises CharrnnError after ten
    steps in a row whose loss or gradient is not finite; what was written before stays.
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
        evaluation, journal = _evaluate(run, state, replace(journal, seconds=clock.seconds()), rate, due)
        run.save(state, journal)
        clock.skip()
        yield Progress(journal, clock.speed(journal.characters), evaluation)
        patience = run.settings.patience
        if stop or journal.schedule.over or (patience and journal.without_gain >= patience):
            return


def _counted(run: Run, journal: Journal, report: StepReport) -> Journal:
    journal = journal.counted(float(report.nats), int(report.characters)) if report.finite else journal.skipped_one()
    if journal.skipped_in_a_row == MOST_SKIPPED:
        where = f"training stopped at step {journal.step}: loss or gradient was not finite {MOST_SKIPPED} times in a row"
        raise CharrnnError(f"{where}; try a lower --learning-rate. The model in {run.folder} is the last good one")
    return journal


def _evaluate(run: Run, state: TrainState, journal: Journal, rate: float, due: bool) -> tuple[Evaluation, Journal]:
    """The evaluation and the journal with it; the model is written where it is the best so far.

    One that is not due (the run is being interrupted) leaves the journal alone, so that the resumed run goes the way of
    one never interrupted.
    """
    model = run.model(state.parameters)
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
    if after.best_step == journal.step:
        model.summary = summary(run, evaluation, tally)
        save_model(model, run.folder)
    return evaluation, after if due else journal


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
