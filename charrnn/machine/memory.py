"""Memory: what was freed and is kept for the next to ask (settings of the C library, where it is glibc), the peak, and what
is free."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from charrnn.machine.processors import processors

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

TRIM_THRESHOLD, MMAP_THRESHOLD, MMAP_MAX, ARENA_MAX = -1, -3, -4, -8  # of mallopt, as <malloc.h> numbers them

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

    glibc moves these limits as it sees what is asked for, up to what is set here, but no longer once they have been set.
    What is below them is still kept, for small arrays that come and go. Threads go on sharing one arena where any was begun
    meanwhile: glibc reads that limit once.
    """
    if library := _glibc():
        library.mallopt(MMAP_MAX, 65536)
        library.mallopt(MMAP_THRESHOLD, 32 << 20)
        library.mallopt(TRIM_THRESHOLD, 64 << 20)
        library.mallopt(ARENA_MAX, 8 * processors())
        library.malloc_trim(0)


def peak_memory_bytes() -> int | None:
    """The most memory that this process has had at once; None where the system does not tell (Windows)."""
    if resource is None:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024  # macOS counts bytes, others kilobytes


def free_memory_bytes() -> int | None:
    """The memory that this process may still ask for before others must give way; None where the system does not tell.

    On Linux no more than the limits of a container or of a cluster's job leave; on macOS, which does not tell what is free,
    all that the computer has.
    """
    if sys.platform == "linux":
        with suppress(OSError, ValueError):
            return min(_numbers_in(Path("/proc/meminfo"), ":")["MemAvailable"] * 1024, *_left_by_control_groups())
    if sys.platform == "win32":
        return _free_on_windows()
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None


def _numbers_in(path: Path, after_name: str = "") -> dict[str, int]:
    """The first number of each line, by the name before it."""
    lines = [line.split() for line in path.read_text().splitlines()]
    return {line[0].removesuffix(after_name): int(line[1]) for line in lines if len(line) > 1}


def _left_by_control_groups(root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> Iterator[int]:
    """What each limit on the groups that this process is in leaves to it. The cache of files gives way, so it is free.

    The file `own` has a line "number:what is limited:group" a group; of version 2, one with nothing in the middle.
    """
    for line in own.read_text().splitlines():
        _, kinds, name = line.split(":", 2)
        if not kinds:
            top, limit, used, cache = root, "memory.max", "memory.current", ("inactive_file", "active_file")
        elif "memory" in kinds.split(","):
            top, limit, used = root / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
            cache = ("total_inactive_file", "total_active_file")
        else:
            continue
        group = top / name.strip("/")
        for folder in (group, *group.parents):
            with suppress(OSError, ValueError, KeyError):  # no such group from in here, or no limit
                statistics = _numbers_in(folder / "memory.stat")
                within = int((folder / limit).read_text()) - int((folder / used).read_text())
                yield max(0, within + sum(statistics[each] for each in cache))
            if folder == top:
                break


def _free_on_windows() -> int:
    import ctypes

    class Status(ctypes.Structure):  # MEMORYSTATUSEX
        _fields_ = [("length", ctypes.c_ulong), ("load", ctypes.c_ulong)] + [
            (name, ctypes.c_ulonglong)
            for name in ("all", "free", "all_paged", "free_paged", "all_virtual", "free_virtual", "free_extended")
        ]

    status, system = Status(length=ctypes.sizeof(Status)), ctypes
    system.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))  # type: ignore[attr-defined]
    return status.free


def _glibc() -> Any:
    """The C library (ctypes.CDLL) where it is glibc and the user has not tuned its memory, else None."""
    tuned = "glibc.malloc" in os.environ.get("GLIBC_TUNABLES", "")
    if sys.platform != "linux" or tuned or any(name.startswith("MALLOC_") for name in os.environ):
        return None
    import ctypes  # slow to import, and needed with glibc alone

    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
