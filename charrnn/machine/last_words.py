"""What a process says that JAX's runtime ends, and what that prints meanwhile."""

import ctypes
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, NoReturn

from charrnn.machine.prepare import A_DAY, LOG_LEVEL, QUIET

RUNTIME = b"JAX distributed service"  # stands in what it prints before it ends a process that has lost the others


class LastWords:
    """What this process says when JAX's runtime ends it, which it does with a stack of C++ where another one is gone.

    Nothing in Python can prevent that, but its printing goes to a file, and abort() calls a handler, which says one line. If
    the process is aborted for another reason, or there is no such handler, all that was printed is shown.
    """

    def __init__(self, line: str):
        self.line = line
        self._error, self._held = os.dup(2), tempfile.TemporaryFile()  # noqa: SIM115 (end() closes it)
        self._stream, self._speaking = sys.stderr, Lock()
        self._handler: Any = None
        if os.environ.get(LOG_LEVEL, QUIET) != QUIET:
            return  # the user wants to see it
        os.dup2(self._held.fileno(), 2)
        if _descriptor(self._stream) == 2:
            sys.stderr = os.fdopen(self._error, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)
        if sys.platform != "win32":
            self._library = ctypes.CDLL(None)
            self._library.signal.argtypes, self._library.signal.restype = (ctypes.c_int, ctypes.c_void_p), ctypes.c_void_p
            self._handler = ctypes.CFUNCTYPE(None, ctypes.c_int)(self._aborted)
            self._before = self._library.signal(signal.SIGABRT, ctypes.cast(self._handler, ctypes.c_void_p))

    def _aborted(self, number: int) -> None:
        if RUNTIME in self._printed():
            self.say_and_exit()
        os.write(self._error, self._printed())

    def say_and_exit(self) -> NoReturn:
        """Say the line, once, and end the process. To be called from any thread."""
        if self._speaking.acquire(blocking=False):
            os.write(self._error, f"charrnn: {self.line}\n".encode())
            os._exit(1)
        time.sleep(A_DAY)  # the other thread is ending the process
        raise AssertionError

    def _printed(self) -> bytes:
        size = os.fstat(self._held.fileno()).st_size
        return os.pread(self._held.fileno(), size, 0) if size and hasattr(os, "pread") else b""

    @contextmanager
    def standard_output(self) -> Iterator[None]:
        """Holds what is printed there too: gloo says that it has connected."""
        output = os.dup(1)
        os.dup2(self._held.fileno(), 1)
        try:
            yield
        finally:
            os.dup2(output, 1)
            os.close(output)

    def end(self) -> None:
        if self._handler is not None:
            self._library.signal(signal.SIGABRT, self._before)
        os.dup2(self._error, 2)
        sys.stderr = self._stream
        os.close(self._error)
        self._held.close()


def _descriptor(stream: Any) -> int | None:
    try:
        return stream.fileno()
    except (AttributeError, OSError, ValueError):
        return None
