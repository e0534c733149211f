"""Progress on standard error: one line that is redrawn, and nothing where that is not a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from charrnn.report.say import say

if TYPE_CHECKING:
    from charrnn.training.task import Task
    from charrnn.training.trainer import Progress


class TrainingLine:
    """Fraction done, time left, speed, and what the task measures of training and held-out examples."""

    def __init__(self, first: int, steps: int, task: "Task"):
        from tqdm import tqdm

        self._bar: Any = tqdm(
            total=steps,
            initial=first,
            file=sys.stderr,
            disable=not sys.stderr.isatty(),
            bar_format="{percentage:3.0f}% {bar:10} {remaining} left{postfix}",
            dynamic_ncols=True,
            smoothing=0.05,
        )
        self._held_out = ""
        name, self._factor = task.shown_as
        self._name, self._unit = name.replace(" per ", "/"), task.unit

    def show(self, progress: "Progress") -> None:
        journal, evaluation = progress.journal, progress.evaluation
        if evaluation is not None and evaluation.held_out is not None:
            self._held_out = f", held-out {evaluation.held_out * self._factor:.3f}"
        total, count = journal.sum_since, journal.predictions_since
        if evaluation is not None:
            total, count = evaluation.training, 1
        if count:
            # what matters most comes first: a narrow terminal cuts the end off
            figures = f"{self._name} {total / count * self._factor:.3f}{self._held_out}"
            skipped = f", {journal.skipped} steps skipped" if journal.skipped else ""
            speed = f"{progress.predictions_per_second:,.0f} {self._unit}/s"
            self._bar.set_postfix_str(f"{figures}{skipped}, {speed}", refresh=False)
        self._bar.total = max(journal.step, journal.schedule.steps)
        self._bar.update(journal.step - self._bar.n)

    def say(self, line: str) -> None:
        """Put a line above it."""
        self._bar.clear()
        say(line)

    def close(self) -> None:
        self._bar.close()


@contextmanager
def bytes_progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress line for `total` bytes; the callback it gives takes the number of bytes done so far."""
    from tqdm import tqdm

    # disable=None: tqdm keeps silent where the file is no terminal; of nothing to fetch there is nothing to show
    with tqdm(total=total, desc=label, unit="B", unit_scale=True, file=sys.stderr, disable=None if total else True) as bar:
        yield lambda done: bar.update(done - bar.n)
