"""A model folder is written to by one process at a time: a file in it says by which."""

import json
import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from charrnn.errors import CharrnnError
from charrnn.files import (
    UNFINISHED,
    NotWritten,
    bytes_of_file,
    check_replaceable,
    cleaning_up,
    make_folder,
    writing,
)
from charrnn.machine import group
from charrnn.machine.processes import start_of
from charrnn.models.folder import LOCK, MODEL, RESUME, TEXT, exists

ABANDONED = 10  # seconds: who takes a lock over needs a moment, unless it was killed in it
READ_AGAIN = 20  # times, 0.05 s apart: another process may be writing its lock just now

_held: set[Path] = set()  # by this process


@contextmanager
def locked(folder: Path, *, option: str = "-m") -> Iterator[None]:
    """The folder, which `option` names, made where there is none, for this process alone to write to until the block ends.

    What is left by a process that no longer runs is taken over, and what it had not finished is removed. Of processes that
    train together, process 0 has it for all. Raises CharrnnError where another process has the folder and where it cannot be
    written.
    """
    if not group.first():
        yield
        return
    fresh, mine = not folder.exists(), _owner()
    try:
        make_folder(folder)
        for name in (MODEL, RESUME, TEXT):
            check_replaceable(folder / name)
        while not _created(folder / LOCK, mine):
            _remove_stale(folder / LOCK)
        _held.add(folder)
    except OSError as error:
        why = error.strerror or error
        raise CharrnnError(f"{folder}: cannot be written ({why}); name another place with {option}") from None

    def release() -> None:
        _held.discard(folder)
        if _contents(folder / LOCK) == mine:
            (folder / LOCK).unlink()
        if fresh:
            with suppress(OSError):  # where something has been put into it
                folder.rmdir()

    with cleaning_up(release):
        _remove_unfinished(folder)
        yield


def check_held(folder: Path) -> None:
    """Raises NotWritten where the folder was locked by this process and is no more: it was moved or removed, and another of
    that name may be anybody's."""
    with writing(folder):
        if folder in _held and _contents(folder / LOCK) != _owner():
            raise NotWritten(f"{folder}: was moved, removed or taken over; put it back where it was, with its {LOCK}")


def _owner() -> str:
    """What this process's locks hold."""
    return json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "start": start_of(os.getpid())})


def _created(path: Path, owner: str) -> bool:
    """Whether there was no lock yet, and now is the owner's."""
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(owner)
    except FileExistsError:
        return False
    except OSError:
        path.unlink(missing_ok=True)  # half of one would bar the way
        raise
    return True


def _contents(path: Path) -> str | None:
    """None where there is no lock."""
    try:
        return bytes_of_file(path).decode("utf-8", "replace")
    except FileNotFoundError:
        return None


def _remove_stale(path: Path) -> None:
    """Remove a lock whose owner is gone. Raises CharrnnError where it is not, or that cannot be known.

    Of several processes that find it stale, one at a time may remove it, and only what it has found: so nobody removes the
    lock of another that has taken over in between.
    """
    found = _stale(path)
    guard = path.with_name(f"{path.name}.takeover")
    try:
        guard.open("x").close()
    except FileExistsError:
        with suppress(FileNotFoundError):
            if time.time() - guard.stat().st_mtime > ABANDONED:
                guard.unlink()
        time.sleep(0.05)
        return
    try:
        if found is not None and _contents(path) == found:
            path.unlink()
    finally:
        guard.unlink(missing_ok=True)


def _remove_unfinished(folder: Path) -> None:
    """Remove what those had not finished who have had the folder before; what cannot be removed is in nobody's way."""
    for left in folder.glob(f"{UNFINISHED}*"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            with suppress(OSError):
                left.unlink(missing_ok=True)


def _stale(path: Path) -> str | None:
    """The contents of a lock whose owner is gone; None where there is no lock any more."""
    found = None
    for _ in range(READ_AGAIN):
        found = _contents(path)
        if found is None:
            return None
        try:
            owner = json.loads(found)
            _refuse_if_alive(path, int(owner["pid"]), owner["host"], owner["start"])
            return found
        except (ValueError, KeyError, TypeError, OverflowError):
            time.sleep(0.05)  # it may be half written; what stays so was cut short by a crash
    return found


def _refuse_if_alive(path: Path, pid: int, host: str, start: str) -> None:
    if host != socket.gethostname():
        raise CharrnnError(f"{path}: process {pid} of {host} writes to this folder; if that run is over, delete this file")
    now = start_of(pid)
    if now is None or (now and start and now != start):
        return
    raise CharrnnError(f"{path.parent}: process {pid} writes to this folder; wait until it has ended, or name another")


def check_folder(folder: Path, overwrite: bool, *, resumable: bool = False, option: str = "-m") -> None:
    """Raises CharrnnError where the folder, which `option` names, holds a model that is not to be overwritten."""
    if exists(folder) and not overwrite:
        resume = "--resume it, " if resumable else ""
        raise CharrnnError(f"{folder}: holds a model already; {resume}--overwrite it, or name another with {option}")
