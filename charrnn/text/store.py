"""Texts that do not belong in memory: encoded once into a file of small integers, which is read in slices from then on.

The file of codes holds a number for each unit of a text (see vocabulary.py), in the smallest type that has room for all its
different ones: ASCII stands for itself, other units are numbered as they come. It is read by position and not mapped into
memory: mapped pages count as the program's own, and would seem to fill its memory with the text.

A store is a folder of texts in the user's cache, or where --store says. A text is found again by the names, sizes and times
of its files; its description is written last, so that a text is there whole or not at all.
"""

import hashlib
import itertools
import json
import logging
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.files import UNFINISHED, exclusive, move_into_place
from charrnn.machine.compilation_cache import user_cache
from charrnn.text.long_array import (
    BLOCK,
    CodesFile,
    LongArray,
    OpenFile,
    StoredArray,
    note_of,
    open_checked,
    read_note,
    write_note,
)
from charrnn.text.sources import STDIN, expand, pieces, reading
from charrnn.text.vocabulary import to_units

log = logging.getLogger(__name__)

LARGE = 1 << 25  # characters; a longer text is encoded into a store, a shorter one held in memory
FORMAT = 1
TEXT, CODES, LOCK = "text", "codes", "lock"
ASCII, UNITS = 128, 0x110000  # codes that stand for themselves, and all that there may be
TOLD_EVERY = 30.0  # seconds, while a text is encoded


def read_long(paths: Sequence[str], *, level: str = "char", encoding: str = "utf-8", store: str | None = None) -> LongArray:
    """The units of all files in turn (see sources.pieces): in memory up to LARGE of them, from a store where there are more.

    store: the folder for it, which then is used for texts of any length; by default it is in the user's cache. Raises
    CharrnnError where the texts cannot be read, are no text, are empty or change meanwhile, and where there is no room.
    """
    folder = _folder_of(paths, level, encoding, store)
    if folder and (found := _opened(folder, paths)) is not None:
        return found
    gathered: list[str | bytes] = []
    coming, size = pieces(paths, level=level, encoding=encoding), 0
    for piece in coming:
        gathered.append(piece)
        size += len(piece)
        if size > LARGE or store is not None:
            return _encoded(itertools.chain(_emptied(gathered), coming), folder or _base(store), paths, level)
    return joined(gathered, paths, level)


def joined(gathered: list[str | bytes], paths: Sequence[str], level: str) -> np.ndarray:
    """The units of pieces of text, which are let go of. Raises CharrnnError where there are none."""
    size = sum(map(len, gathered))
    if not size:
        raise CharrnnError(f"{', '.join(paths)}: there is no text in it")
    units, end = np.empty(size, np.uint8 if level == "byte" else np.uint32), 0
    for piece in _emptied(gathered):
        begin, end = end, end + len(piece)
        units[begin:end] = to_units(piece, level)
    return units


def _emptied(gathered: list[str | bytes]) -> Iterator[str | bytes]:
    gathered.reverse()
    while gathered:
        yield gathered.pop()


def _folder_of(paths: Sequence[str], level: str, encoding: str, store: str | None) -> Path | None:
    """Where the text of these files is stored, if it is; None for standard input, whose text is not found again."""
    if STDIN in paths:
        return None
    named = json.dumps([[os.path.abspath(name) for name in paths], level, encoding])
    return _base(store) / hashlib.sha256(named.encode()).hexdigest()[:20]


def _base(store: str | None) -> Path:
    """The folder of all stored texts."""
    return Path(store) if store else _usual_folder()


def _sources(paths: Sequence[str]) -> list[list[Any]]:
    """Name, size and time of each file."""
    found = []
    for name in expand(paths):
        with reading(name):
            status = os.stat(name)
        found.append([os.path.abspath(name), status.st_size, status.st_mtime_ns])
    return found


def _opened(folder: Path, paths: Sequence[str]) -> StoredArray | None:
    """The text in a folder of a store; None where there is none, or not that of the files as they are now."""
    said = read_note(folder / TEXT)
    if not said or said["format"] != FORMAT or said["sources"] != _sources(paths):
        return None
    file = open_checked(folder / f"{CODES}-{said['sha256']}", said)
    if file is None:
        return None
    kind = np.dtype(said["dtype"])
    codes = CodesFile(file, kind, said["size"] // kind.itemsize, said["sha256"], folder)
    return StoredArray.of(codes, np.array(said["values"], said["units"]), np.array(said["counts"], np.int64))


def _usual_folder() -> Path:
    try:
        return user_cache() / "texts"
    except RuntimeError:  # nobody's home is known
        return Path(tempfile.gettempdir()) / "charrnn-texts"


def _temporary(folder: Path) -> IO[bytes]:
    """A file without a name, which is gone when it is closed."""
    with _placing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=folder)


@contextmanager
def _placing(folder: Path) -> Iterator[None]:
    """Turns the operating system's refusals in the block into CharrnnError."""
    try:
        yield
    except OSError as error:
        what = error.strerror or error
        raise CharrnnError(f"{folder}: cannot be written ({what}); name another place for the text with --store") from None


def _encoded(coming: Iterable[str | bytes], folder: Path, paths: Sequence[str], level: str) -> StoredArray:
    """The text that comes in pieces, encoded into the folder, and kept there unless it is from standard input."""
    if STDIN in paths:
        with _temporary(folder) as nameless:
            return _Encoder(nameless, level).read(coming, folder).array(folder)
    with exclusive(folder / LOCK):
        if (found := _opened(folder, paths)) is not None:  # another has made it meanwhile
            return found
        for old in folder.iterdir():  # of the text as it was, and of those who were killed at this
            if old.name != LOCK:
                old.unlink(missing_ok=True)
        sources = _sources(paths)
        temporary = folder / f"{UNFINISHED}{CODES}"
        try:
            with _placing(folder), temporary.open("w+b") as file:
                encoder = _Encoder(file, level).read(coming, folder)
            if sources != _sources(paths):
                raise CharrnnError(f"{', '.join(paths)}: has changed while it was read; start again")
            path = folder / f"{CODES}-{encoder.digest}"
            move_into_place(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        said = {"format": FORMAT, "sources": sources, **encoder.description, **note_of(path, encoder.digest)}
        write_note(folder / TEXT, said)
    made = _opened(folder, paths)
    assert made is not None
    return made


class _Encoder:
    """Turns text into codes, in a file that is open for reading and writing."""

    def __init__(self, file: IO[bytes], level: str):
        self._file, self._units = file, np.dtype(np.uint8 if level == "byte" else np.uint32)
        known = 256 if level == "byte" else ASCII
        self._code_of = np.full(UNITS, -1, np.int32)
        self._code_of[:known] = np.arange(known)
        self._values = list(range(known))
        self._counts = np.zeros(known, np.int64)
        self._kind = np.dtype(np.uint8)
        self._sha = hashlib.sha256()

    @property
    def digest(self) -> str:
        return self._sha.hexdigest()

    @property
    def description(self) -> dict[str, Any]:
        """What _opened() needs to know of the file."""
        return {
            "dtype": self._kind.str,
            "units": self._units.str,
            "values": self._values,
            "counts": self._counts.tolist(),
        }

    def array(self, folder: Path) -> StoredArray:
        size = int(self._counts.sum())
        codes = CodesFile(OpenFile.nameless(self._file), self._kind, size, self.digest, temporary=folder)
        return StoredArray.of(codes, np.array(self._values, self._units), self._counts)

    def read(self, coming: Iterable[str | bytes], folder: Path) -> "_Encoder":
        """Encode all that comes, and tell of it where it takes long. folder: what to name where that cannot be written."""
        log.info("the text is long: it is encoded once, into %s", folder)
        begun = told = time.monotonic()
        for piece in coming:
            codes = self._codes(piece)
            with _placing(folder):
                self._write(codes)
            if time.monotonic() - told > TOLD_EVERY:
                told = time.monotonic()
                log.info("%s characters so far, in %.0f s", f"{self._counts.sum():,}", told - begun)
        with _placing(folder):
            self._file.flush()
        return self

    def _codes(self, piece: str | bytes) -> np.ndarray:
        if isinstance(piece, bytes):
            return np.frombuffer(piece, np.uint8)
        if piece.isascii():
            return np.frombuffer(piece.encode("ascii"), np.uint8)
        units = to_units(piece)
        codes = self._code_of[units]
        if len(unseen := units[codes < 0]):
            values, first = np.unique(unseen, return_index=True)
            new = values[np.argsort(first)]
            self._code_of[new] = np.arange(len(self._values), len(self._values) + len(new))
            self._values += new.tolist()
            self._counts = np.append(self._counts, np.zeros(len(new), np.int64))
            codes = self._code_of[units]
        return codes

    def _write(self, codes: np.ndarray) -> None:
        kind = np.min_scalar_type(len(self._values) - 1)
        if kind != self._kind:
            self._widen(kind)
        data = codes.astype(kind, copy=False).data
        self._file.write(data)
        self._sha.update(data)
        self._counts += np.bincount(codes, minlength=len(self._counts))

    def _widen(self, kind: np.dtype) -> None:
        """Write what is there in a larger type, in place, from the end on; the digest is taken anew."""
        self._file.flush()
        size = self._file.tell() // self._kind.itemsize
        for start in reversed(range(0, size, BLOCK)):
            self._file.seek(start * self._kind.itemsize)
            block = np.frombuffer(self._file.read(min(BLOCK, size - start) * self._kind.itemsize), self._kind)
            self._file.seek(start * kind.itemsize)
            self._file.write(block.astype(kind).data)
        self._kind, self._sha = kind, hashlib.sha256()
        self._file.seek(0)
        while data := self._file.read(BLOCK):
            self._sha.update(data)
