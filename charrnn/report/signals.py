"""What SIGINT (Ctrl-C) and SIGTERM do to a training: before its first step it ends at once, for there is nothing to save;
from then on it is saved after the step that is under way."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from charrnn.machine import group

NUMBERS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """A signal has come, and nothing is to be saved."""


class Signals:
    """What has been received, and what is done when a signal comes: see its methods."""

    def __init__(self, last_words: str):
        self.received: list[int] = []
        self.last_words = last_words
        self._react: Callable[[], None] = self.leave

    def __call__(self, number: int, frame: Any) -> None:
        self.received.append(number)
        self._react()

    @property
    def code(self) -> int:
        """The exit code that tells which signal came first."""
        return 128 + self.received[0]

    def share(self) -> None:
        """In a group, let every process have received what any has; all call it at the same point."""
        self.received = [number for received in group.gathered(self.received) for number in received]

    def note(self) -> None:
        """From now on signals are only noted."""
        self._react = lambda: None

    def after_step(self) -> bool:
        """Whether to stop after a step, which can be saved, so that signals are only noted from now on."""
        self.note()
        return bool(self.received)

    def interrupt(self) -> None:
        """From now on a signal raises Interrupted; now, where one has been noted."""
        self._react = self._interrupt
        if self.received:
            self._interrupt()

    def _interrupt(self) -> None:
        raise Interrupted

    def leave(self) -> NoReturn:
        """End the process here and now. Libraries that are being imported make other errors of an exception, and Python's
        own way out fails under a step that is still being computed."""
        os.write(sys.stderr.fileno(), f"{self.last_words}\n".encode())  # not 2: see machine.last_words
        os._exit(self.code)


@contextmanager
def signals_heeded(last_words: str) -> Iterator[Signals]:
    """Signals that end the process with these last words, until note() or interrupt() is called."""
    signals = Signals(last_words)
    before = {number: signal.signal(number, signals) for number in NUMBERS}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
