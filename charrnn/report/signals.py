"""What SIGINT (Ctrl-C) and SIGTERM do to a command that works long: it ends within two seconds, and what was saved stays
whole. A second signal ends it at once.

What Python does of itself is not enough. It calls a handler in the main thread, and only between two of its instructions,
while compiling and large products take seconds; and an exception raised there is swallowed where the program happens to be
in a callback of JAX's. So a thread watches as well, which the system tells of every signal.
"""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from threading import RLock, Thread
from typing import Any, NoReturn

from charrnn.files import clean_up
from charrnn.machine import group

NUMBERS = (signal.SIGINT, signal.SIGTERM)
PATIENCE = 0.5  # seconds for what is waited for on the way out: the main thread, who reads what is said, the group

LEAVE, INTERRUPT, NOTE = "leave", "interrupt", "note"


class Interrupted(BaseException):
    """A signal has come, and nothing is to be saved."""


class Signals:
    """Which signal has come, and what is done when one comes: the process ends at once, or Interrupted is raised in the main
    thread, or it is only noted."""

    def __init__(self, last_words: str):
        self.number: int | None = None
        self.last_words = last_words
        self._way = LEAVE
        self._changing = RLock()  # held by who ends the process, so that nobody else begins anything
        self._told, self._teller = socket.socketpair()  # with a byte for each signal; on Windows it has to be a socket

    def __call__(self, number: int, frame: Any) -> None:
        """The handler, in the main thread."""
        self.number = self.number or number
        if self._way is LEAVE:
            self.leave()
        if self._way is INTERRUPT:
            raise Interrupted

    @property
    def code(self) -> int:
        """The exit code that tells which signal came first."""
        return 128 + (self.number or signal.SIGINT)

    def share(self) -> None:
        """In a group, let every process have received what any has; all call it at the same point."""
        self.number = next(filter(None, group.gathered(self.number)), None)

    def note(self) -> None:
        """From now on a signal is only noted."""
        with self._changing:
            self._way = NOTE

    def after_step(self) -> bool:
        """Whether to stop after a step, which can be saved, so that signals are only noted from now on."""
        self.note()
        return self.number is not None

    def interrupt(self) -> None:
        """From now on a signal raises Interrupted; now, where one has been noted. Who does not come to note() within half
        a second then is not waited for."""
        with self._changing:
            self._way = INTERRUPT
        if self.number:
            raise Interrupted

    @contextmanager
    def losing_nothing(self, last_words: str) -> Iterator[None]:
        """In the block, and before it, where one has been noted, a signal ends the process at once with these last words.
        In a group, whose others would be left alone, it is only noted."""
        if group.size() > 1:
            yield
            return
        before = self.last_words
        with self._changing:
            self._way, self.last_words = LEAVE, last_words
            if self.number:
                self.leave()
        yield
        with self._changing:
            self._way, self.last_words = NOTE, before

    def leave(self) -> NoReturn:
        """End the process here and now, from any thread. Libraries that are being imported make other errors of an
        exception, and Python's own way out fails under a step that is still being computed."""
        with self._changing:
            clean_up()
            ways = _give_out, self._say_last_words, partial(group.fail, self.last_words)
            farewells = [Thread(target=way, daemon=True) for way in ways]
            for farewell in farewells:
                farewell.start()
            for farewell in farewells:
                farewell.join(PATIENCE)  # nobody may be reading, and process 0 hang
            os._exit(self.code)

    def _say_last_words(self) -> None:
        with suppress(OSError, ValueError):
            if self.last_words:
                os.write(sys.stderr.fileno(), f"{self.last_words}\n".encode())  # not 2: see machine.last_words

    def watch(self) -> None:
        """Wait for signals until the other end is closed; in a thread of its own."""
        came = 0
        while True:
            try:
                data = self._told.recv(1)
            except TimeoutError:
                self._leave_if(INTERRUPT)
                self._told.settimeout(None)
                continue
            if not data:
                return
            if data[0] in NUMBERS:
                came += 1
                self.number = self.number or data[0]
                self._leave_if(*((LEAVE, INTERRUPT, NOTE) if came > 1 else (LEAVE,)))
                self._told.settimeout(PATIENCE)

    def _leave_if(self, *ways: str) -> None:
        with self._changing:
            if self._way in ways:
                self.leave()

    @contextmanager
    def heeded(self) -> Iterator[None]:
        self._teller.setblocking(False)
        watcher = Thread(target=self.watch, daemon=True, name="signals")
        watcher.start()
        before: dict[int, Any] = {number: signal.signal(number, self) for number in NUMBERS}
        waking = signal.set_wakeup_fd(self._teller.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(waking)
            for number, handler in before.items():
                signal.signal(number, handler)
            self._teller.close()
            watcher.join()
            self._told.close()


def _give_out() -> None:
    """What was written to standard output goes there, if somebody reads it."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()


@contextmanager
def signals_heeded(last_words: str = "") -> Iterator[Signals]:
    """Signals that end the process with these last words, until note() or interrupt() is called."""
    signals = Signals(last_words)
    with signals.heeded():
        yield signals
