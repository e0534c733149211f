"""From files and options to a run that is ready to train: fresh, from another model's weights, or resumed."""

import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from charrnn.errors import CharrnnError
from charrnn.machine import group
from charrnn.machine.memory import give_back_freed_memory
from charrnn.models.archive import understood, write_archive
from charrnn.models.folder import MODEL, RESUME, open_model
from charrnn.models.language_model import SavedModel
from charrnn.models.lock import check_folder
from charrnn.models.mixture import Mixture
from charrnn.models.recurrent import RecurrentModel
from charrnn.options import flag
from charrnn.text.sources import STDIN, check_there
from charrnn.training import trainer
from charrnn.training.budget import BASELINE_SHARE, MOST_EVALUATIONS, TimeBudget, steps_said
from charrnn.training.checkpoint import Checkpoint, load_checkpoint
from charrnn.training.hybrid import network_of
from charrnn.training.journal import Journal
from charrnn.training.labelling import Classify, Tag
from charrnn.training.language_modelling import LanguageModelling
from charrnn.training.options import ABOUT_FILES, BUDGETS, CHANGEABLE, TrainOptions
from charrnn.training.plan import MOST_EPOCHS
from charrnn.training.reading import figure_of, versions
from charrnn.training.rewriting import Rewrite
from charrnn.training.run import Run
from charrnn.training.saving import add_to_summary, archive_of, new_run, saying_more
from charrnn.training.step import TrainState
from charrnn.training.task import Task
from charrnn.training.trees import LabelTrees
from charrnn.wording import counted, epochs_of

# join() takes about this number of times as long as an evaluation, and as a training step's first call, which compiles it or
# finds it compiled
JOINING_EVALUATIONS, JOINING_COMPILATIONS = 3.0, 1.1

TASKS: dict[str, type[Task]] = {task.name: task for task in (LanguageModelling, Classify, Tag, Rewrite, LabelTrees)}


class Finished(CharrnnError):
    """A run that is to be resumed has no step left to take."""

    def __init__(self, message: str, run: Run, journal: Journal):
        super().__init__(message)
        self.run, self.journal = run, journal


@dataclass(frozen=True)
class Session:
    """A run at its start and what was decided about it, in plain words."""

    run: Run
    state: TrainState
    journal: Journal
    notes: list[str]
    budget: TimeBudget | None = None  # where it is time

    def train(self, should_stop: Callable[[], bool] = lambda: False, **how: Any) -> Iterator[trainer.Progress]:
        """As trainer.train; nothing where only the hybrid is left to be made."""
        return trainer.train(self.run, self.state, self.journal, self.budget, should_stop=should_stop, **how)

    def also_before(self) -> float | None:
        """What the model of --init-from makes of the text of --also, in nats per character; as much time as that took is
        kept for the end. None where there is no such text, the run is resumed, or this is not process 0 of its group."""
        options = self.run.options
        if not options.also or not self.run.fresh or not group.first():
            return None
        begin = time.perf_counter()
        figure = figure_of(open_model(Path(options.init_from), compiled=True), options.also, options.encoding)
        if self.budget:
            self.budget.closing += time.perf_counter() - begin
        return figure

    def also_after(self, before: float) -> dict[str, Any]:
        """The same of the model that was trained; its summary then has both."""
        options, folder = self.run.options, self.run.folder
        after = figure_of(open_model(folder, compiled=True), options.also, options.encoding)
        found = {"text": options.also, "before": before, "after": after}
        add_to_summary(folder, also=found)
        return found

    def compared(self) -> "Session":
        """The session with what the task's simple model makes of the held-out examples in its journal.

        Nothing is there where there is no such model, it would take too long, or the options leave it out.
        """
        if not self.run.options.baseline or self.journal.baseline:
            return self
        seconds = self.budget.seconds * BASELINE_SHARE if self.budget else math.inf
        found = group.told(lambda: self.run.task.baseline(seconds))
        run = self.run
        if found and not run.fresh and group.first():
            add_to_summary(run.folder, baseline=found)
            run = replace(run, best=run.best and saying_more(run.best, baseline=found))
        return replace(self, run=run, journal=replace(self.journal, baseline=found))

    def join(self) -> SavedModel | None:
        """Let the hybrid take the network's place in the folder, where the options ask for one; to be asked for when the run
        has ended. None where there is none: the text is too short. Process 0 of a group makes it alone."""
        if not self.run.options.hybrid or not group.first():
            return None
        give_back_freed_memory()
        hybrid = self.run.task.hybrid(network_of(open_model(self.run.folder, compiled=True)))
        if hybrid:
            write_archive(self.run.folder / MODEL, *archive_of(hybrid, self.run.name))
        return hybrid


def start(
    paths: Sequence[str],
    folder: Path,
    options: TrainOptions,
    task: type[Task] | None = None,
    *,
    begun: float | None = None,
) -> Session:
    """A fresh run on the examples in the paths; `task`, if not the one of the options.

    Who calls it holds the folder's lock (see models.lock) until the run ends.

    begun: the time.perf_counter() from which a budget of time counts, if not from now.

    Raises CharrnnError where the folder holds a model (unless options.overwrite), nothing can be learnt from the examples,
    or the options do not fit together.
    """
    begun = begun or time.perf_counter()
    if group.first():
        check_folder(folder, options.overwrite, resumable=(folder / RESUME).exists())
    options = options.of_run()
    check_there([options.also] if options.also else [])
    read = (task or TASKS[options.task or LanguageModelling.name]).read(paths, options)
    planned, reasons = read.planned()
    _check_alike(planned, paths)
    run = Run(folder, planned, list(paths), new_run(), fresh=True)
    notes = planned.notes
    parameters = planned.parameters()
    steps, epoch = steps_said(run, options), planned.batches.steps_per_epoch
    notes += reasons
    budget = None
    if steps is None:
        budget = _budget(run.options.minutes * 60, begun, run, None if options.minutes else MOST_EPOCHS * epoch)
    else:
        notes.append(length_note(steps, steps / epoch))
    return Session(run, run.state(parameters), run.journal(steps), notes, budget)


def length_note(steps: int, epochs: float) -> str:
    return f"length: {counted(steps, 'step')}, {epochs_of(epochs)}"


def resume(folder: Path, paths: Sequence[str], options: TrainOptions, *, begun: float | None = None) -> Session:
    """The run in a folder, to be continued as if it had never stopped; the folder is locked as for `start`; so is `begun`.

    Of the options, only a new budget counts, where the held-out file is now, and `baseline`; `paths` say where the examples
    are now, none that they are where they were. Raises CharrnnError where there is no run, its examples have changed, or it
    is finished and no larger budget is given.
    """
    begun = begun or time.perf_counter()
    saved = load_checkpoint(folder)
    with understood(saved.path):
        if saved.task not in TASKS:
            raise CharrnnError(f"{folder}: holds a run of the task {saved.task!r}, which this charrnn does not know")
        paths, changed = _found_again(saved, paths, options)
        task = TASKS[saved.task].read(paths, changed, saved.described)
        if task.digest != saved.digest:
            read = ", ".join([*paths, *([changed.valid] if changed.valid else [])])
            way = "" if saved.options.task else f" from these weights with --init-from {folder}"
            raise CharrnnError(
                f"{read}: differs from the text that {folder} was trained on; give that text (and --valid), "
                f"or start a new run{way}"
            )
        _check_alike(task, paths)
        run = Run(folder, task, paths, saved.run, fresh=False, best=saved.best)
        state = run.restored(saved)
        journal, budget = _prolonged(run, saved.journal, options, begun)
        _ = run.step, run.batch(journal.step)  # they can be made
    ended, before = run.ended(journal), saved.journal
    if ended and not run.ended(before):
        raise CharrnnError(f"{folder}: is at step {before.step:,}{of_steps(before)} already; give a larger total, or none")
    model = open_model(folder) if group.first() and run.options.hybrid and (folder / MODEL).exists() else None
    # a hybrid's run that was stopped before it was made goes on
    if group.first() and ended and not isinstance(model, RecurrentModel):
        way = "add time with --minutes, or give a larger total of --steps or --epochs"
        if journal.schedule.over:
            way = "a larger budget changes nothing; start a new run"
            way += "" if run.options.task else f" from its weights with --init-from {folder}"
        raise Finished(f"{folder}: this run is finished, at step {journal.step:,}: {ended}; {way}", run, journal)
    if run.best is None and isinstance(model, Mixture) and (network := network_of(model)):
        run = replace(run, best=archive_of(network, run.name))
    journal = replace(journal, resumed=(*journal.resumed, journal.predictions))
    notes = [f"resuming {folder} at step {journal.step:,}{of_steps(journal)}"]
    return Session(run, state, journal, notes, budget)


def _check_alike(task: Task, paths: Sequence[str]) -> None:
    """Raises CharrnnError, in all processes of a group, where one has other examples or options than process 0."""
    said = {name: value for name, value in vars(task.options).items() if name not in ABOUT_FILES}
    of_first, *others = group.gathered([task.digest, versions(("charrnn", "jax")) | said])
    for rank, (digest, theirs) in enumerate(others, 1):
        where = f"process {rank} of {group.size()}"
        if digest != of_first[0]:
            raise CharrnnError(f"{', '.join(paths)}: {where} has read other text than process 0; give all the same files")
        for name, value in of_first[1].items():
            if theirs[name] != value:
                raise CharrnnError(f"{where} has {flag(name)} {theirs[name]}, process 0 has {value}; give all the same")


def _budget(seconds: float, begun: float, run: Run, most_steps: int | None = None) -> TimeBudget:
    joining = (JOINING_EVALUATIONS, JOINING_COMPILATIONS) if run.options.hybrid else (0.0, 0.0)
    return TimeBudget(seconds, begun, run, most_steps, 0.0, *joining)


def of_steps(journal: Journal) -> str:
    """The run's number of steps, for after the one it is at; nothing where that is not fixed yet."""
    return f" of {journal.schedule.steps:,}" if journal.schedule.fixed else ""


def _prolonged(run: Run, journal: Journal, said: TrainOptions, begun: float) -> tuple[Journal, TimeBudget | None]:
    """The journal with the budget that was said, if one was; of a finished run, patience is then counted anew.

    Minutes that are said come on top: at first as many steps as they would have been so far. A run of minutes that was
    interrupted before its number of steps was fixed goes on with what is left of them.
    """
    schedule, steps, budget = journal.schedule, steps_said(run, said), None
    if steps is None:
        if said.minutes:
            budget = _budget(said.minutes * 60, begun, run)
        elif not schedule.fixed:
            budget = _budget(run.options.minutes * 60, begun - journal.seconds, run)
        if budget is None or not schedule.fixed:
            return journal, budget
        steps = journal.step + max(1, int(budget.seconds * journal.step / max(journal.seconds, 1e-3)))
    without_gain = 0 if run.ended(journal) else journal.without_gain
    every = journal.evaluate_every or max(1, steps // MOST_EVALUATIONS)
    schedule = replace(schedule, steps=steps, fixed=True)
    journal = replace(journal, schedule=schedule, evaluate_every=every, without_gain=without_gain)
    return replace(journal, sampled=journal.thirds), budget


def _found_again(saved: Checkpoint, paths: Sequence[str], said: TrainOptions) -> tuple[list[str], TrainOptions]:
    """Where a saved run's examples are, and its options, both as they were but for what is said anew."""
    changed: dict[str, Any] = {name: value for name in CHANGEABLE if (value := getattr(said, name)) is not None}
    changed |= {"valid_fraction": None} if said.valid else {}
    budget = {name: getattr(said, name) for name in BUDGETS}
    changed |= budget if any(budget.values()) else {}
    # a pipe that was said then is not waited for
    there = os.path.exists if paths else lambda name: os.path.isfile(name) or os.path.isdir(name)
    paths = list(paths) or saved.paths
    for name in filter(None, [*paths, said.valid or saved.options.valid]):
        if name != STDIN and not there(name):
            raise CharrnnError(f"{name}: no such file; name the corpus, and with --valid the held-out file, as they are now")
    return paths, replace(saved.options, **changed)
