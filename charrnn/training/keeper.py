"""What of a run is on disk: when it is saved, in which order, and what happens where that fails."""

import time

import jax
import numpy as np

from charrnn.errors import CharrnnError
from charrnn.files import NotWritten, writing
from charrnn.machine import group
from charrnn.models.archive import Archive, write_archive
from charrnn.models.folder import MODEL, RESUME, TEXT
from charrnn.models.kept_text import keep_text
from charrnn.models.lock import check_held
from charrnn.training.journal import Journal
from charrnn.training.options import ABOUT_FILES, SAVE_EVERY
from charrnn.training.reading import versions
from charrnn.training.run import Run
from charrnn.training.saving import archive_of, save_first
from charrnn.training.step import TrainState
from charrnn.training.task import Held, Model, Tree

COST = 100  # times what a save takes passes at least before the next: 1 % of the time
RECENT = 10.0  # seconds of work that may be lost where something long is broken off


class NotFinite(CharrnnError):
    def __init__(self) -> None:
        super().__init__("the weights are no longer finite")  # and no step could mend them


class Keeper:
    """Saves a run: model.safetensors with the best weights, or the last while none were measured; then resume.safetensors.

    A reader, and a run that is resumed, find them of one run whenever the process ends. A save that fails ends nothing: what
    it was to write is written by the next.
    """

    def __init__(self, run: Run):
        self.run = run
        self.saved: Journal | None = None  # with which it was saved last
        self.failed: NotWritten | None = None  # why it was not, the last time
        self._model: Archive | None = run.best  # to be written
        self._first = run.fresh  # the folder has nothing of this run
        self._when, self._took = time.monotonic(), 0.0

    @property
    def due(self) -> bool:
        """Whether to save without an evaluation; in a group, process 0 decides."""
        minutes = self.run.options.save_every or SAVE_EVERY  # runs that were begun before it was an option have none
        return group.first() and time.monotonic() - self._when > max(60 * minutes, COST * self._took)

    @property
    def recent(self) -> bool:
        return self.failed is None and time.monotonic() - self._when < RECENT

    def save(self, state: TrainState, journal: Journal, best: Model | None = None) -> None:
        """Save the run; `best` is the model of this state, where it is the best so far. To be asked for by all processes of
        a group. Raises NotFinite where weights are not."""
        begin = time.monotonic()
        state = self.run.whole(state)
        if not finite(state.parameters):
            raise NotFinite
        if group.first():
            try:
                check_held(self.run.folder)
                with writing(self.run.folder / RESUME):
                    self._write(state, journal, best)
                self.saved, self.failed = journal, None
            except NotWritten as error:
                self.failed = error
        self._when = time.monotonic()
        self._took = self._when - begin

    def _write(self, state: TrainState, journal: Journal, best: Model | None) -> None:
        run = self.run
        if best is None and journal.best is None:
            best = run.task.model(state.parameters)
            best.summary = summary(run, journal, None)
        if best is not None:
            self._model = archive_of(best, run.name)
        if self._model is not None:
            if self._first:
                save_first(self._model, run.folder)
            else:
                write_archive(run.folder / MODEL, *self._model)
            self._first, self._model = False, None
        if run.task.kept is not None and not (run.folder / TEXT).exists():
            keep_text(run.folder, run.task.kept)
        run.save(state, journal)


def finite(parameters: Tree) -> bool:
    return all(np.isfinite(array).all() for array in jax.tree.leaves(parameters))


def summary(run: Run, journal: Journal, held_out: Held | None) -> dict:
    """What a model says of its training: see `charrnn info`."""
    baseline = {"baseline": journal.baseline} if journal.baseline and run.options.baseline else {}
    return {
        **run.task.summary(),
        "options": {name: value for name, value in vars(run.options).items() if name not in ABOUT_FILES},
        "steps": journal.step,
        "epochs": journal.step / run.task.batches.steps_per_epoch,
        f"{run.task.unit}_seen": journal.predictions,
        "skipped_steps": journal.skipped,
        "seconds": round(journal.seconds, 3),
        "versions": versions(("charrnn", "jax", "optax", "numpy")),
        "held_out": held_out and held_out.summary,
        **baseline,
    }
