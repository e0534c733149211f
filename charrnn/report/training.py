"""A training run as a person meets it: what was chosen, how it goes, how it ended."""

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from shlex import quote

from charrnn.machine import group
from charrnn.models.folder import CURVE, MODEL, open_any
from charrnn.models.lock import locked
from charrnn.report.curve import draw_curve
from charrnn.report.mixture import say_hybrid
from charrnn.report.ngram import announcement, comparison
from charrnn.report.page.page import check_places, write_view
from charrnn.report.predictions import say_measures
from charrnn.report.progress import TrainingLine
from charrnn.report.say import figures, held_out_figures, say, told_also
from charrnn.report.signals import Interrupted, Signals
from charrnn.training.journal import Journal
from charrnn.training.language_modelling import LanguageModelling
from charrnn.training.limits import advice
from charrnn.training.options import TrainOptions
from charrnn.training.plan import FEW_STEPS
from charrnn.training.run import Run
from charrnn.training.start import Finished, Session, length_note, of_steps, start
from charrnn.training.start import resume as resume_run


def run_training(
    corpus: Sequence[str],
    model: str,
    options: TrainOptions,
    signals: Signals,
    *,
    resume: bool = False,
    html: str | None = None,
    begun: float | None = None,
) -> int:
    """Train and tell on standard error; returns the exit code: 0, or 128 + the number of the signal that ended it.

    html: where a page of the run is written at each evaluation. begun: see training.start.start.
    """
    check_places(html, None)
    signals.note()  # the lock is taken, and given back, in one piece
    try:
        with locked(Path(model)):
            try:
                signals.interrupt()
                if resume:
                    session = _resumed(Path(model), corpus, options, begun)
                else:
                    session = start(corpus, Path(model), options, begun=begun)
                return _run(session, model, signals, html) if group.first() else _follow(session, signals)
            finally:
                signals.note()
    except Interrupted:
        signals.leave()


def _resumed(folder: Path, corpus: Sequence[str], options: TrainOptions, begun: float | None) -> Session:
    """Of a finished run, what it was killed before is done: its curve is drawn."""
    try:
        return resume_run(folder, corpus, options, begun=begun)
    except Finished as finished:
        if not (folder / CURVE).exists():
            _draw(finished.journal, finished.run, None)
        raise


def _run(session: Session, model: str, signals: Signals, html: str | None) -> int:
    for note in session.notes:
        say(note)
    task = session.run.task
    symbol = task.shown_as[0].removeprefix("bits per ")
    if task.rival and session.run.options.baseline and not session.journal.baseline:
        say(f"counting {task.rival}, to compare with")
        session = session.compared()
        say(announcement(session.journal.baseline, task))
    before = session.also_before()
    journal = _take_steps(session, signals, model, html)
    signals.share()
    if journal.best is not None:
        found = figures(journal.best, symbol)
        if symbol == "word" and not session.run.options.hybrid:
            found = held_out_figures(open_any(session.run.folder).summary["held_out"], symbol)
        say(f"held-out: {found}, at step {journal.best_step:,}")
    ended = session.run.ended(journal)
    if signals.number and not ended:
        say(_interrupted(journal, model))
        return signals.code
    if journal.step < journal.schedule.steps:
        say(f"ended at step {journal.step:,} of {journal.schedule.steps:,}: {ended}")
    if session.run.options.hybrid:
        with signals.losing_nothing(f"interrupted before the n-gram is joined to the network, all saved\n{_go_on(model)}"):
            say_hybrid(session.join())
    elif session.run.options.baseline and journal.baseline and journal.best is not None:
        say(comparison(journal.baseline, journal.best, task))
    if before is not None:
        with signals.losing_nothing(f"interrupted before {session.run.options.also} is read once more; the model is saved"):
            after = session.also_after(before)
        say(told_also(after, symbol))
    if limit := advice(session.run, journal):
        say(limit)
    use = "write with: charrnn sample"
    if task.name != LanguageModelling.name:
        say_measures(open_any(session.run.folder))
        use = "answer with: charrnn predict"
    say(f"model: {Path(model) / MODEL}; {use} -m {quote(model)}")
    return 0


def _follow(session: Session, signals: Signals) -> int:
    """_run() in the other processes of a group: the same steps, in silence."""
    if session.run.task.rival:
        session = session.compared()
    for _ in session.train(signals.after_step):
        pass
    signals.share()
    return signals.code if signals.number else 0


def _take_steps(session: Session, signals: Signals, model: str, html: str | None) -> Journal:
    """The journal after the run's last step, or the one in which a signal came."""
    journal = session.journal
    line = TrainingLine(journal, session.run.task)

    def losing_nothing(saved: Journal | None) -> AbstractContextManager:
        return signals.losing_nothing(_broken_off(saved, model) if saved else signals.last_words)

    try:
        for progress in session.train(signals.after_step, losing_nothing=losing_nothing):
            if progress.journal.schedule.fixed and not journal.schedule.fixed:
                line.say(_length(session, progress.journal))
            journal = progress.journal
            line.show(progress)
            if progress.failed:
                line.say(f"{progress.failed}. Training goes on, the next save tries again")
            elif progress.evaluation:
                with signals.losing_nothing(_interrupted(journal, model)):
                    _draw(journal, session.run, html)
    finally:
        line.close()
    return journal


def _interrupted(journal: Journal, model: str) -> str:
    """Last words of a run that is saved with this journal and can go on."""
    return f"interrupted at step {journal.step:,}{of_steps(journal)}, all saved\n{_go_on(model)}"


def _broken_off(journal: Journal, model: str) -> str:
    """Last words of a run that was saved with this journal, and may have gone on for some seconds since."""
    return f"interrupted, saved at step {journal.step:,}{of_steps(journal)}\n{_go_on(model)}"


def _go_on(model: str) -> str:
    return f"go on with: charrnn train --resume -m {quote(model)}"


def _draw(journal: Journal, run: Run, html: str | None) -> None:
    """The learning curve, and the page, where they can be drawn: a run does not end for them."""
    try:
        draw_curve(journal, run.folder / CURVE, run.task)
    except Exception as error:
        say(f"{run.folder / CURVE}: was not drawn ({error})")
    if html is None:
        return
    try:
        from charrnn.report.page.info import info_view

        write_view(info_view([open_any(run.folder)], [str(run.folder)]), html, None)
    except Exception as error:
        say(f"{html}: was not written ({error})")


def _length(session: Session, journal: Journal) -> str:
    """A line on the number of steps that the budget comes to, and on what would be enough, where they are few."""
    steps, epochs = journal.schedule.steps, journal.schedule.steps / session.run.task.batches.steps_per_epoch
    note = f"{length_note(steps, epochs)}, as measured"
    if session.budget and steps < FEW_STEPS:
        minutes = session.budget.minutes_for(FEW_STEPS, journal)
        note += f"; hardly any: give --minutes {math.ceil(10 * minutes) / 10:g} or more, or a smaller --hidden"
    return note
