"""A training run as a person meets it: what was chosen, how it goes, how it ended."""

import math
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

from charrnn.models.folder import CURVE, MODEL
from charrnn.models.lock import locked
from charrnn.report.curve import draw_curve
from charrnn.report.mixture import say_hybrid
from charrnn.report.ngram import announcement, comparison
from charrnn.report.progress import TrainingLine
from charrnn.report.say import figures, say
from charrnn.training.journal import Journal
from charrnn.training.limits import advice
from charrnn.training.options import TrainOptions
from charrnn.training.start import Session, length_note, of_steps, start
from charrnn.training.start import resume as resume_run


@contextmanager
def signals_noted() -> Iterator[list[int]]:
    """A list that SIGINT and SIGTERM put their number in, instead of breaking off what is under way."""
    received: list[int] = []
    before = {}
    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, lambda number, frame: received.append(number))
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


FEW_STEPS = 200  # a run of fewer can hardly learn; what this number would take is said


def run_training(
    corpus: Sequence[str], model: str, options: TrainOptions, *, resume: bool = False, begun: float | None = None
) -> int:
    """Train and tell on standard error; returns the exit code: 0, or 128 + the number of the signal that ended it.

    begun: see training.start.start.
    """
    with locked(Path(model)):
        if resume:
            session = resume_run(Path(model), corpus, options, begun=begun)
        else:
            session = start(corpus, Path(model), options, begun=begun)
        return _run(session, model)


def _run(session: Session, model: str) -> int:
    for note in session.notes:
        say(note)
    if session.run.options.baseline and not session.journal.baseline:
        session = session.compared()
        say(announcement(session.journal.baseline))
    journal, received = _take_steps(session)
    if journal.best is not None:
        say(f"held-out: {figures(journal.best)}, at step {journal.best_step:,}")
    if received:
        say(f"interrupted at step {journal.step:,}{of_steps(journal)}, all saved")
        if not session.run.ended(journal):
            say(f"go on with: charrnn train --resume -m {quote(model)}")
        return 128 + received[0]
    if journal.step < journal.schedule.steps:
        say(f"ended at step {journal.step:,} of {journal.schedule.steps:,}: {session.run.ended(journal)}")
    if session.run.options.hybrid:
        say_hybrid(session.join())
    elif session.run.options.baseline and journal.baseline and journal.best is not None:
        say(comparison(journal.baseline, journal.best))
    if limit := advice(session.run, journal):
        say(limit)
    say(f"model: {Path(model) / MODEL}; write with: charrnn sample -m {quote(model)}")
    return 0


def _take_steps(session: Session) -> tuple[Journal, list[int]]:
    """The journal after the run's last step, or the one in which a signal came, and the signals that came."""
    journal = session.journal
    line = TrainingLine(journal.step, journal.schedule.steps, session.run.task)
    with signals_noted() as received:
        try:
            for progress in session.train(should_stop=lambda: bool(received)):
                if progress.journal.schedule.fixed and not journal.schedule.fixed:
                    line.say(_length(session, progress.journal))
                journal = progress.journal
                line.show(progress)
        finally:
            line.close()
        draw_curve(journal.history, session.run.folder / CURVE, session.run.task, journal.baseline)
    return journal, received


def _length(session: Session, journal: Journal) -> str:
    """A line on the number of steps that the budget comes to, and on what would be enough, where they are few."""
    steps, epochs = journal.schedule.steps, journal.schedule.steps / session.run.task.batches.steps_per_epoch
    note = f"{length_note(steps, epochs)}, as measured"
    if session.budget and steps < FEW_STEPS:
        minutes = session.budget.minutes_for(FEW_STEPS, journal)
        note += f"; hardly any: give --minutes {math.ceil(10 * minutes) / 10:g} or more, or a smaller --hidden"
    return note
