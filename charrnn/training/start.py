"""From files and options to a run that is ready to train: fresh, from another model's weights, or resumed."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from charrnn.errors import CharrnnError
from charrnn.machine.memory import give_back_freed_memory
from charrnn.models.folder import RESUME
from charrnn.models.lock import check_folder
from charrnn.text.corpus import STDIN
from charrnn.training import trainer
from charrnn.training.budget import measured_steps, steps_within
from charrnn.training.checkpoint import Checkpoint, load_checkpoint
from charrnn.training.journal import Journal
from charrnn.training.language_modelling import LanguageModelling
from charrnn.training.options import TrainOptions
from charrnn.training.run import Run
from charrnn.training.saving import add_to_summary, new_run
from charrnn.training.step import TrainState
from charrnn.training.task import Task, Tree

TASKS: dict[str, type[Task]] = {task.name: task for task in (LanguageModelling,)}


@dataclass(frozen=True)
class Session:
    """A run at its start and what was decided about it, in plain words."""

    run: Run
    state: TrainState
    journal: Journal
    notes: list[str]

    def train(self, should_stop: Callable[[], bool] = lambda: False) -> Iterator[trainer.Progress]:
        return trainer.train(self.run, self.state, self.journal, should_stop=should_stop)

    def compare(self) -> dict[str, Any] | None:
        """What the task's simple model makes of the held-out examples, noted in the summary of the run's; to be asked for
        when the run has ended. None where there is none, or the options leave it out."""
        if not self.run.options.baseline:
            return None
        give_back_freed_memory()
        baseline = self.run.task.baseline()
        if baseline:
            add_to_summary(self.run.folder, baseline=baseline)
        return baseline


def start(paths: Sequence[str], folder: Path, options: TrainOptions, task: type[Task] = LanguageModelling) -> Session:
    """A fresh run on the examples in the paths. Who calls it holds the folder's lock (see models.lock) until the run ends.

    Raises CharrnnError where the folder holds a model (unless options.overwrite), nothing can be learnt from the examples,
    or the options do not fit together.
    """
    begun = time.perf_counter()
    check_folder(folder, options.overwrite, resumable=(folder / RESUME).exists())
    read = task.read(paths, options)
    planned, reasons = read.planned()
    run = Run(folder, planned, list(paths), new_run(), fresh=True)
    notes = planned.notes
    parameters = planned.parameters()
    steps, every = steps_within(run, options, parameters, begun)
    journal = run.journal(steps, options.evaluate_every or every)
    epochs = steps / planned.batches.steps_per_epoch
    notes += [*reasons, f"length: {steps:,} steps, {epochs:.3g} epochs"]
    return Session(run, run.state(parameters), journal, notes)


def resume(folder: Path, paths: Sequence[str], options: TrainOptions) -> Session:
    """The run in a folder, to be continued as if it had never stopped; the folder is locked as for `start`.

    Of the options, only a new budget counts, where the held-out file is now, and `baseline`; `paths` say where the examples
    are now, none that they are where they were. Raises CharrnnError where there is no run, its examples have changed, or it
    is finished and no larger budget is given.
    """
    begun = time.perf_counter()
    saved = load_checkpoint(folder)
    if saved.task not in TASKS:
        raise CharrnnError(f"{folder}: holds a run of the task {saved.task!r}, which this charrnn does not know")
    paths, changed = _found_again(saved, paths, options)
    task = TASKS[saved.task].read(paths, changed, saved.described)
    if task.digest != saved.digest:
        read = ", ".join([*paths, *([changed.valid] if changed.valid else [])])
        raise CharrnnError(
            f"{read}: differs from the text that {folder} was trained on; give that text (and --valid), "
            f"or start a new run from these weights with --init-from {folder}"
        )
    run = Run(folder, task, paths, saved.run, fresh=False)
    state = run.restored(saved)
    journal = _prolonged(run, saved.journal, options, state.parameters, begun)
    ended = run.ended(journal)
    if ended:
        way = "give --steps or --epochs above that, or --minutes to add"
        if journal.schedule.over:
            way = f"a larger budget changes nothing; start a new run from its weights with --init-from {folder}"
        raise CharrnnError(f"{folder}: this run is finished, at step {journal.step:,}: {ended}; {way}")
    saved.put_back_best()
    notes = [f"resuming {folder} at step {journal.step:,} of {journal.schedule.steps:,}"]
    return Session(run, state, journal, notes)


def _prolonged(run: Run, journal: Journal, said: TrainOptions, parameters: Tree, begun: float) -> Journal:
    """The journal with the budget that was said, if one was; of a finished run, patience is then counted anew."""
    if said.minutes:
        steps = journal.step + measured_steps(run, parameters, begun)[0]
    elif said.epochs or said.steps:
        steps, _ = steps_within(run, said, parameters, begun)
    else:
        return journal
    without_gain = 0 if run.ended(journal) else journal.without_gain
    return replace(journal, schedule=replace(journal.schedule, steps=steps), without_gain=without_gain)


def _found_again(saved: Checkpoint, paths: Sequence[str], said: TrainOptions) -> tuple[list[str], TrainOptions]:
    """Where a saved run's examples are, and its options, both as they were but for what is said anew."""
    changed: dict[str, Any] = {"valid": said.valid, "valid_fraction": None} if said.valid else {}
    changed |= {} if said.baseline is None else {"baseline": said.baseline}
    budget = {name: getattr(said, name) for name in ("epochs", "steps", "minutes")}
    changed |= budget if any(budget.values()) else {}
    paths = list(paths) or saved.paths
    for name in filter(None, [*paths, said.valid or saved.options.valid]):
        if name != STDIN and not os.path.exists(name):
            raise CharrnnError(f"{name}: no such file; name the corpus, and with --valid the held-out file, as they are now")
    return paths, replace(saved.options, **changed)
