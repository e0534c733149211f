"""Memory that was freed and is kept for the next to ask: settings of the C library, where it is glibc."""

import ctypes
import os
import sys

TRIM_THRESHOLD, MMAP_MAX, ARENA_MAX = -1, -4, -8  # of mallopt, as <malloc.h> numbers them


def keep_freed_memory() -> None:
    """Let the C library (glibc) keep memory that was freed, for the next to ask; only before JAX has started.

    XLA asks for its working memory anew in every training step, hundreds of megabytes; given back to the system and fetched
    again, a page fault for every 4 KB, that costs a tenth to a third of the step. What the user has set stays and wins.
    """
    if library := _glibc():
        library.mallopt(MMAP_MAX, 0)
        library.mallopt(TRIM_THRESHOLD, 2**31 - 1)
        library.mallopt(ARENA_MAX, 1)  # other arenas fall back on mmap for what is larger than 64 MB


def give_back_freed_memory() -> None:
    """Give the system what was kept, and keep no more: when JAX's work is done and other large work follows."""
    if library := _glibc():
        library.mallopt(MMAP_MAX, 65536)  # this and the next are what glibc starts with
        library.mallopt(TRIM_THRESHOLD, 128 << 10)
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    """The C library, where it is glibc and the user has not tuned its memory."""
    tuned = "glibc.malloc" in os.environ.get("GLIBC_TUNABLES", "")
    if sys.platform != "linux" or tuned or any(name.startswith("MALLOC_") for name in os.environ):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
