"""Putting a file in its place so that a reader finds the old one or the new one, whole, even after a power cut."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from charrnn.errors import CharrnnError


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns the operating system's refusals in the block (no right, no room) into one CharrnnError about `path`."""
    try:
        yield
    except OSError as error:
        raise CharrnnError(
            f"{path}: cannot be written ({error.strerror or error}); make room there or name another place"
        ) from None


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file, open for writing, that takes the place of `path` when the block ends well and vanishes otherwise.

    Raises CharrnnError where the folder cannot be made, is not writable or is full.
    """
    temporary = None
    with writing(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
            with os.fdopen(handle, "wb") as file:
                os.fchmod(file.fileno(), 0o666 & ~_umask())
                yield file
            move_into_place(Path(temporary), path)
        finally:
            if temporary is not None and os.path.exists(temporary):
                os.unlink(temporary)


def write_bytes(path: Path, data: bytes) -> None:
    """Put `data` at `path`, whole or not at all.

    Raises CharrnnError where the folder cannot be made, is not writable or is full.
    """
    with replacing(path) as file:
        file.write(data)


def move_into_place(finished: Path, path: Path) -> None:
    """Rename a file that is written and closed to `path`, in the same folder, durably.

    Raises CharrnnError where that fails; the finished file then stays.
    """
    with writing(path):
        _sync(finished)
        os.replace(finished, path)
        _sync(path.parent)


def strict_json(data: Any) -> Any:
    """The data as JSON can hold them: None in place of numbers that are not finite."""
    return json.loads(json.dumps(data), parse_constant=lambda constant: None)
