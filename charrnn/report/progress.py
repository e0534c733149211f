"""Progress on standard error: on a terminal one line that is redrawn; elsewhere a training says now and then how it goes."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from charrnn.report.say import say, unit_of
from charrnn.wording import counted

if TYPE_CHECKING:
    from charrnn.training.journal import Journal
    from charrnn.training.task import Task
    from charrnn.training.trainer import Progress


# Where there is no terminal, this number of seconds passes at most between two lines; near the beginning fewer: as many as
# have passed already, but not less than the first number.
SOON, SELDOM = 5.0, 180.0


class TrainingLine:
    """How training goes: share done, time left, what the task measures of training and held-out examples, speed, and what
    the network writes by now. What matters most comes first: a narrow terminal cuts the end off."""

    def __init__(self, journal: "Journal", task: "Task"):
        from tqdm import tqdm

        self._bar: Any = tqdm(
            total=journal.schedule.steps,
            initial=journal.step,
            file=sys.stderr,
            disable=not sys.stderr.isatty(),
            bar_format="{percentage:3.0f}% {remaining} left{postfix} {bar:10}",
            dynamic_ncols=True,
            smoothing=0.05,
        )
        self._left = tqdm.format_interval
        self._held_out = ""
        self._name, self._factor = task.shown_as
        self._unit = unit_of(task)
        self._begun = self._told = time.perf_counter()
        shapes = len(task.batches.shapes())
        self._waiting(f"compiling{f', anew for each of {shapes} lengths of lines' if shapes > 1 else ''}")

    def _waiting(self, what: str) -> None:
        if self._bar.disable:
            say(what)
        else:
            self._bar.set_postfix_str(what)

    def show(self, progress: "Progress") -> None:
        if progress.sample is not None:
            self.say(f"step {progress.journal.step:,} writes: {_on_one_line(progress.sample)}")
        if self._bar.disable:
            self._tell(progress)
        else:
            self._draw(progress)

    def _draw(self, progress: "Progress") -> None:
        journal, evaluation = progress.journal, progress.evaluation
        if evaluation is not None and evaluation.held_out is not None:
            self._held_out = f", held-out {evaluation.held_out * self._factor:.3f}"
        training = _training(progress)
        if training is not None:
            figures = f"{training * self._factor:.3f}{self._held_out} {self._name.replace(' per ', '/')}"
            skipped = f", {counted(journal.skipped, 'step')} skipped" if journal.skipped else ""
            speed = f"{progress.predictions_per_second:,.0f} {self._unit}/s"
            self._bar.set_postfix_str(f"{figures}{skipped}, {speed}", refresh=False)
        self._bar.total = max(journal.step, journal.schedule.steps)
        self._bar.update(journal.step - self._bar.n)

    def _tell(self, progress: "Progress") -> None:
        """A line for each evaluation, and one where the last was some time ago."""
        now = time.perf_counter()
        training, evaluation = _training(progress), progress.evaluation
        if not evaluation and (training is None or now - self._told < min(SELDOM, max(SOON, self._told - self._begun))):
            return
        self._told = now
        journal, steps = progress.journal, progress.journal.schedule.steps
        done = f" of {steps:,}, {journal.step / steps:.0%}" if journal.schedule.fixed else ""
        figures = [("training", training), ("held-out", evaluation.held_out if evaluation else None)]
        said = ", ".join(f"{name} {figure * self._factor:.3f}" for name, figure in figures if figure is not None)
        line = f"step {journal.step:,}{done}: {said} {self._name}"
        line += f", {counted(journal.skipped, 'step')} skipped" if journal.skipped else ""
        if journal.schedule.fixed and progress.predictions_per_second:
            to_come = (steps - journal.step) * journal.predictions / journal.step
            line += f", {self._left(to_come / progress.predictions_per_second)} left"
        say(line)

    def say(self, line: str) -> None:
        """Put a line above it."""
        self._bar.clear()
        say(line)
        self._told = time.perf_counter()

    def close(self) -> None:
        self._bar.close()


def _training(progress: "Progress") -> float | None:
    """The task's figure of what was learnt from since the evaluation before; None where nothing was yet."""
    journal = progress.journal
    if progress.evaluation is not None:
        return progress.evaluation.training
    return journal.sum_since / journal.predictions_since if journal.predictions_since else None


def _on_one_line(text: str) -> str:
    """The text with its line ends as strokes, as verse is quoted, and nothing that a terminal would obey."""
    lines = " / ".join(text.strip("\n").splitlines())
    return "".join(character if character.isprintable() else " " for character in lines)


@contextmanager
def bytes_progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress line for `total` bytes; the callback it gives takes the number of bytes done so far."""
    from tqdm import tqdm

    # disable=None: tqdm keeps silent where the file is no terminal; of nothing to fetch there is nothing to show
    with tqdm(total=total, desc=label, unit="B", unit_scale=True, file=sys.stderr, disable=None if total else True) as bar:
        yield lambda done: bar.update(done - bar.n)
