"""Progress on standard error: one line that is redrawn, and nothing where that is not a terminal."""

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from charrnn.training.trainer import Progress


class TrainingLine:
    """Fraction done, time left, characters a second, training and held-out bits per character."""

    def __init__(self, first: int, steps: int):
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

    def show(self, progress: "Progress") -> None:
        journal, evaluation = progress.journal, progress.evaluation
        if evaluation is not None and evaluation.held_out_nats_per_character is not None:
            self._held_out = f", held-out {evaluation.held_out_nats_per_character / math.log(2):.3f}"
        nats, characters = journal.nats_since, journal.characters_since
        if evaluation is not None:
            nats, characters = evaluation.training_nats_per_character, 1
        if characters:
            # what matters most comes first: a narrow terminal cuts the end off
            bits = f", bits/character {nats / characters / math.log(2):.3f}{self._held_out}"
            skipped = f", {journal.skipped} steps skipped" if journal.skipped else ""
            speed = progress.characters_per_second
            self._bar.set_postfix_str(f"{bits.removeprefix(', ')}{skipped}, {speed:,.0f} characters/s", refresh=False)
        self._bar.update(journal.step - self._bar.n)

    def close(self) -> None:
        self._bar.close()


@contextmanager
def bytes_progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress line for `total` bytes; the callback it gives takes the number of bytes done so far."""
    from tqdm import tqdm

    # disable=None: tqdm keeps silent where the file is no terminal
    with tqdm(total=total, desc=label, unit="B", unit_scale=True, file=sys.stderr, disable=None) as bar:
        yield lambda done: bar.update(done - bar.n)
