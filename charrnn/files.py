"""Putting a file in its place so that a reader finds the old one or the new one, whole, even after a power cut."""

import json
import logging
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from charrnn.errors import CharrnnError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

log = logging.getLogger(__name__)

WINDOWS = os.name == "nt"
UNFINISHED = ".charrnn-"  # how the names of files begin that are being written


class NotWritten(CharrnnError):
    """The operating system has refused to write: no room, no right, a broken disk."""


_cleaning: list[Callable[[], None]] = []


@contextmanager
def cleaning_up(clean: Callable[[], None]) -> Iterator[None]:
    """clean() is called when the block ends, and by clean_up()."""
    _cleaning.append(clean)
    try:
        yield
    finally:
        _cleaning.remove(clean)
        clean()


def clean_up() -> None:
    """What the blocks that are under way would do at their end, for a process that ends before; from any thread."""
    for clean in reversed(_cleaning.copy()):
        with suppress(OSError):
            clean()


def _flush(descriptor: int) -> None:
    """Wait until what was written is on the disk itself: macOS's fsync leaves it in the disk's own memory."""
    if hasattr(fcntl, "F_FULLFSYNC"):
        try:
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
        except OSError:  # a file system that does not know it, as of a network
            pass
    os.fsync(descriptor)


def _sync(path: Path) -> None:
    """Wait until a file, or a folder with its names, is on the disk."""
    if WINDOWS and path.is_dir():
        return  # Windows opens no folders, and keeps their names by a journal of its own
    descriptor = os.open(path, os.O_RDWR if WINDOWS else os.O_RDONLY)  # Windows syncs what it may write, no other
    try:
        _flush(descriptor)
    finally:
        os.close(descriptor)


def check_output(path: Path, overwrite: bool, option: str = "-o") -> None:
    """Raises CharrnnError where `path`, which `option` names, is no place for a file: a folder, a file that is not to be
    replaced, no folder to put it in."""
    if path.is_dir():
        raise CharrnnError(f"{path}: is a folder; name a file with {option}")
    check_replaceable(path)
    if path.exists() and not overwrite:
        raise CharrnnError(f"{path}: exists already; add --overwrite, or name another file with {option}")
    if not path.parent.is_dir():
        raise CharrnnError(f"{path}: there is no folder {path.parent}; make it, or name another place with {option}")


def check_replaceable(path: Path) -> None:
    """Raises NotWritten where `path` is a link, a device or a pipe: put in its place, a file would take away more than its
    contents (of /dev/null, for who may do so, that of the whole computer)."""
    if path.is_symlink() or (path.exists() and not path.is_file() and not path.is_dir()):
        raise NotWritten(f"{path}: is a link or no file, and is not replaced; remove it, or name another place")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns the operating system's refusals in the block (no right, no room) into one NotWritten about `path`."""
    try:
        yield
    except OSError as error:
        raise NotWritten(
            f"{path}: cannot be written ({error.strerror or error}); make room there or name another place"
        ) from None


def make_folder(folder: Path) -> None:
    """Make a folder, and those that it is to be in, where there are none; their names are durable. Raises OSError."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for place in reversed(missing):
        _sync(place.parent)


def bytes_of_file(path: Path) -> bytes:
    """Raises OSError also for what is no file but a pipe or a device, which might be waited for for ever."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("it is no file")
        return file.read()


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file, open for writing, that takes the place of `path` when the block ends well and vanishes otherwise.

    Raises NotWritten where the folder cannot be made, is not writable or is full.
    """
    temporary = path.parent / f"{UNFINISHED}{secrets.token_hex(8)}"
    with writing(path), cleaning_up(partial(temporary.unlink, missing_ok=True)):
        check_replaceable(path)
        make_folder(path.parent)
        with temporary.open("xb") as file:  # never another's file; the umask applies by itself
            yield file
        move_into_place(temporary, path)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Wait until no other process is in such a block of the same path, a file that is made for it; who ends has left it.

    Where the file system knows no such locks, nobody waits.
    """
    with writing(path):
        make_folder(path.parent)
        file = path.open("a")
    with file:
        if fcntl:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                log.info("%s: another process is at this; waiting for it", path.parent)
                fcntl.flock(file, fcntl.LOCK_EX)
            except OSError:
                pass
        yield


def write_bytes(path: Path, data: bytes) -> None:
    """Put `data` at `path`, whole or not at all.

    Raises NotWritten where the folder cannot be made, is not writable or is full.
    """
    with replacing(path) as file:
        file.write(data)


def move_into_place(finished: Path, path: Path) -> None:
    """Rename a file that is written and closed to `path`, in the same folder, durably.

    Raises NotWritten where that fails; the finished file then stays.
    """
    with writing(path):
        check_replaceable(path)
        _sync(finished)
        os.replace(finished, path)
        _sync(path.parent)


def remove(path: Path) -> None:
    """Remove a file, where there is one, durably. Raises NotWritten where that fails."""
    with writing(path):
        if path.exists():
            path.unlink()
            _sync(path.parent)


def strict_json(data: Any) -> Any:
    """The data as JSON can hold them: None in place of numbers that are not finite."""
    return json.loads(json.dumps(data), parse_constant=lambda constant: None)
