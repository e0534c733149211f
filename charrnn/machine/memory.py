"""Memory: what was freed and is kept for the next to ask (settings of the C library, where it is glibc), and the peak."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from charrnn.machine.processors import processors

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

TRIM_THRESHOLD, MMAP_MAX, ARENA_MAX = -1, -4, -8  # of mallopt, as <malloc.h> numbers them

_kept = False  # mallopt's settings are the whole process's and cannot be read, so what we have set is noted here


@contextmanager
def keeping_freed_memory() -> Iterator[None]:
    """While it lasts, the C library (glibc) keeps memory that was freed for the next to ask. It may be nested.

    XLA asks for its working memory anew in every training step, hundreds of megabytes; given back to the system and fetched
    again, a page fault for every 4 KB, that costs a tenth to a third of the step. What the user has set stays and wins.
    """
    global _kept
    library = None if _kept else _glibc()
    if library is None:
        yield
        return
    _kept = True
    library.mallopt(MMAP_MAX, 0)
    library.mallopt(TRIM_THRESHOLD, 2**31 - 1)
    library.mallopt(ARENA_MAX, 1)  # other arenas fall back on mmap for what is larger than 64 MB
    try:
        yield
    finally:
        _kept = False
        give_back_freed_memory()


def give_back_freed_memory() -> None:
    """Give the system what was kept, and from now on what is freed: when JAX's work is done and other large work follows.

    glibc starts with the limits set here, but then moves them as it sees what is asked for; it does no longer. Threads go
    on sharing one arena where any was begun meanwhile: glibc reads that limit once.
    """
    if library := _glibc():
        library.mallopt(MMAP_MAX, 65536)
        library.mallopt(TRIM_THRESHOLD, 128 << 10)
        library.mallopt(ARENA_MAX, 8 * processors())
        library.malloc_trim(0)


def peak_memory_bytes() -> int | None:
    """The most memory that this process has had at once; None where the system does not tell (Windows)."""
    if resource is None:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024  # macOS counts bytes, others kilobytes


def _glibc() -> Any:
    """The C library (ctypes.CDLL) where it is glibc and the user has not tuned its memory, else None."""
    tuned = "glibc.malloc" in os.environ.get("GLIBC_TUNABLES", "")
    if sys.platform != "linux" or tuned or any(name.startswith("MALLOC_") for name in os.environ):
        return None
    import ctypes  # slow to import, and needed with glibc alone

    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
