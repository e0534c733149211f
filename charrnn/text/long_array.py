"""Long arrays of numbers that stay in a file, and what is asked of arrays that may be long."""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import IO, Any, overload

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.files import replacing, write_bytes

BLOCK = 1 << 22  # numbers worked on at a time
FEW = 1 << 16  # numbers that are sooner sorted than counted in a table of all that there may be
LINES = "lines"  # the name of the array of where lines start


class OpenFile:
    """A file that is read by position, open as long as anybody has this. It takes the descriptor over."""

    def __init__(self, descriptor: int, name: str):
        self.descriptor, self.name = descriptor, name

    def __del__(self) -> None:
        os.close(self.descriptor)

    def read(self, offset: int, size: int) -> bytes:
        """So many bytes from there on; fewer at the end of the file."""
        data = self._read(offset, size)
        while len(data) < size and (more := self._read(offset + len(data), size - len(data))):  # 2 GB come at once at most
            data += more
        return data

    def _read(self, offset: int, size: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self.descriptor, size, offset)
        os.lseek(self.descriptor, offset, os.SEEK_SET)
        return os.read(self.descriptor, size)

    @classmethod
    def nameless(cls, file: IO[bytes]) -> "OpenFile":
        """A temporary file, which whoever made it may close."""
        return cls(os.dup(file.fileno()), "a temporary file")


@dataclass(frozen=True, eq=False)
class CodesFile:
    """A file of numbers of one type, open for reading; digest: SHA-256 of its content, or what else tells it from others.

    folder: where what is made of it may be kept; None where nothing is. temporary: where files may be while they are needed.
    """

    file: OpenFile
    dtype: np.dtype
    length: int
    digest: str
    folder: Path | None = None
    temporary: Path | None = None

    def read(self, start: int, stop: int) -> np.ndarray:
        """The numbers from start to stop. Raises CharrnnError where the file was cut since."""
        size = self.dtype.itemsize
        data = self.file.read(start * size, (stop - start) * size)
        if len(data) < (stop - start) * size:
            raise CharrnnError(f"{self.file.name}: was cut while it was read; delete it and start again")
        return np.frombuffer(data, self.dtype)


@dataclass(frozen=True, eq=False)
class StoredArray:
    """A long array of integers that are read from a file when they are asked for, by len() and slices.

    starts_S, stops_S: the parts of the file that it is made of, in its order, in int64. table: what each number of
    the file stands for, and counts, how often each is in the array; without a table, numbers stand for themselves.
    """

    codes: CodesFile
    starts_S: np.ndarray
    stops_S: np.ndarray
    table: np.ndarray | None = None
    counts: np.ndarray | None = None

    @classmethod
    def of(cls, codes: CodesFile, table: np.ndarray | None = None, counts: np.ndarray | None = None) -> "StoredArray":
        """The whole of a file."""
        return cls(codes, np.zeros(1, np.int64), np.array([codes.length]), table, counts)

    @cached_property
    def _before(self) -> np.ndarray:
        """How many numbers stand before each part, and in all."""
        return np.concatenate([[0], np.cumsum(self.stops_S - self.starts_S)])

    @cached_property
    def _first(self) -> int:
        return int(self.starts_S[0])

    @cached_property
    def _length(self) -> int:
        return int(self._before[-1])

    def __len__(self) -> int:
        return self._length

    @property
    def dtype(self) -> np.dtype:
        return self.codes.dtype if self.table is None else self.table.dtype

    def __getitem__(self, asked: slice) -> np.ndarray:
        start, stop, step = asked.indices(len(self))
        assert step == 1
        codes = self._codes(start, stop)
        return codes if self.table is None else self.table.take(codes)

    def _codes(self, start: int, stop: int) -> np.ndarray:
        if start >= stop:
            return np.zeros(0, self.codes.dtype)
        if len(self.starts_S) == 1:
            return self.codes.read(self._first + start, self._first + stop)
        starts, stops = self._spans(start, stop)
        if len(starts) > 1 and stops[-1] - starts[0] <= 2 * (stop - start):  # dense: one read, from which little is left out
            whole = self.codes.read(starts[0], stops[-1])
            return np.concatenate([whole[a:b] for a, b in zip(starts - starts[0], stops - starts[0], strict=True)])
        return np.concatenate([self.codes.read(a, b) for a, b in zip(starts, stops, strict=True)])

    def _spans(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Where in the file the numbers from start to stop are: the starts and stops of its parts."""
        first, last = np.searchsorted(self._before, [start, stop - 1], side="right") - 1
        starts, stops = self.starts_S[first : last + 1].copy(), self.stops_S[first : last + 1].copy()
        starts[0] += start - self._before[first]
        stops[-1] -= self._before[last + 1] - stop
        return starts, stops

    def mapped(self, table: np.ndarray) -> "StoredArray":
        """The array with other values in place of those of `table`, in its order."""
        return replace(self, table=table)

    def without(self, starts: np.ndarray, stops: np.ndarray) -> tuple["StoredArray", np.ndarray]:
        """The array without these parts of it, which are in order, do not overlap and fit in memory; and those parts."""
        assert self.table is not None
        assert self.counts is not None
        out = self._parts(starts, stops)
        codes = out._codes(0, len(out))
        left = self._parts(np.append(0, stops), np.append(starts, len(self)))
        counts = self.counts - np.bincount(codes, minlength=len(self.table))
        return replace(left, counts=counts), self.table.take(codes)

    def _parts(self, starts: np.ndarray, stops: np.ndarray) -> "StoredArray":
        """The array made of these parts of it; its counts are yet to be made."""
        starts, stops = starts[starts < stops], stops[starts < stops]
        if len(self.starts_S) == 1:
            return replace(self, starts_S=self.starts_S + starts, stops_S=self.starts_S + stops)
        spans = [self._spans(a, b) for a, b in zip(starts.tolist(), stops.tolist(), strict=True)]
        none = np.zeros(0, np.int64)
        starts_S, stops_S = (np.concatenate(ends) for ends in zip((none, none), *spans, strict=True))
        return replace(self, starts_S=starts_S, stops_S=stops_S)

    @cached_property
    def digest(self) -> str:
        """What tells the array from others, whatever its table."""
        digest = hashlib.sha256(f"{self.codes.digest} {self.codes.dtype.str}".encode())
        for ends in (self.starts_S, self.stops_S):
            digest.update(ends.astype("<i8").tobytes())
        return digest.hexdigest()

    def derived(self, name: str, dtype: Any, made: Callable[[], Iterable[np.ndarray]]) -> "StoredArray":
        """An array of the pieces that are made, kept beside the codes under a name of its own, where it is found again."""
        kind, digest = np.dtype(dtype), f"{name}-{self.digest[:32]}"
        if self.codes.folder is None:
            place = self.codes.temporary
            with tempfile.TemporaryFile(dir=place) as file:
                _write_all(file, made(), kind)
                size = file.tell() // kind.itemsize
                return StoredArray.of(CodesFile(OpenFile.nameless(file), kind, size, digest, temporary=place))
        path = self.codes.folder / digest
        found = open_checked(path, read_note(path))
        if found is None:
            with replacing(path) as whole:
                sha = _write_all(whole, made(), kind)
            write_note(path, note_of(path, sha))
            found = open_checked(path, read_note(path))
            assert found is not None
        size = os.fstat(found.descriptor).st_size
        return StoredArray.of(CodesFile(found, kind, size // kind.itemsize, digest, self.codes.folder))

    def noted(self, name: str, made: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What is made, as JSON holds it, kept beside the codes likewise."""
        if self.codes.folder is None:
            return made()
        path = self.codes.folder / f"{name}-{self.digest[:32]}"
        if not (found := read_note(path)):
            write_note(path, found := made())
        return found


def _write_all(file: IO[bytes], arrays: Iterable[np.ndarray], kind: np.dtype) -> str:
    """Returns the digest of what was written."""
    sha = hashlib.sha256()
    for array in arrays:
        data = array.astype(kind, copy=False).data
        file.write(data)
        sha.update(data)
    file.flush()
    return sha.hexdigest()


def write_note(path: Path, said: dict[str, Any]) -> None:
    """Say something of a file, in one beside it with a checksum, that is there whole or not at all."""
    text = json.dumps(said)
    checksum = hashlib.sha256(text.encode()).hexdigest()
    write_bytes(path.with_name(f"{path.name}.json"), f"{checksum}\n{text}".encode())


def read_note(path: Path) -> dict[str, Any]:
    """What write_note() has said; nothing where that is not there, or damaged."""
    try:
        checksum, _, text = path.with_name(f"{path.name}.json").read_bytes().partition(b"\n")
        return json.loads(text) if hashlib.sha256(text).hexdigest().encode() == checksum else {}
    except (OSError, ValueError):
        return {}


def note_of(path: Path, sha: str) -> dict[str, Any]:
    """By what a file of this digest is known."""
    status = path.stat()
    return {"size": status.st_size, "written": status.st_mtime_ns, "sha256": sha}


def open_checked(path: Path, note: dict[str, Any]) -> OpenFile | None:
    """The file, open for reading; None where it is not there, or not what its note_of() says: one that was touched since is
    read to be sure."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            same = status.st_size == note["size"] and (
                status.st_mtime_ns == note["written"] or hashlib.file_digest(file, "sha256").hexdigest() == note["sha256"]
            )
            return OpenFile(os.dup(file.fileno()), str(path)) if same else None
    except (OSError, KeyError):
        return None


LongArray = np.ndarray | StoredArray  # of both, len() and slices serve


def blocks(array: LongArray, size: int = BLOCK) -> Iterator[np.ndarray]:
    """The array in pieces of so many, the last of what is left."""
    for start in range(0, len(array), size):
        yield array[start : start + size]


def value_counts(array: LongArray) -> tuple[np.ndarray, np.ndarray]:
    """The different values of an array of numbers from 0, in order, and how often each occurs."""
    if isinstance(array, StoredArray) and array.table is not None:
        values, which = np.unique(array.table, return_inverse=True)
        counts = np.bincount(which, array.counts).astype(np.int64)
        return values[counts > 0], counts[counts > 0]
    if len(array) < FEW:
        return np.unique(array[:], return_counts=True)
    counts = np.zeros(0, np.int64)
    for block in blocks(array):
        more = np.bincount(block, minlength=len(counts))
        more[: len(counts)] += counts
        counts = more
    values = np.flatnonzero(counts)
    return values.astype(array.dtype), counts[values]


def line_starts(array: LongArray, newline: int) -> LongArray:
    """Where each line of a text starts, and where one after the last would, as int64: one more than there are lines.

    A last line needs no newline; it then ends as if it had one. newline: of units NEWLINE, of ids the boundary's.
    """

    def found() -> Iterator[np.ndarray]:
        yield np.zeros(1, np.int64)
        end = 0
        for start, block in zip(range(0, len(array), BLOCK), blocks(array), strict=True):
            at = start + 1 + np.flatnonzero(block == newline)
            yield at
            end = int(at[-1]) if len(at) else end
        if end < len(array):
            yield np.array([len(array) + 1])

    return array.derived(LINES, np.int64, found) if isinstance(array, StoredArray) else np.concatenate(list(found()))


def line_lengths(starts: LongArray, most: int) -> np.ndarray:
    """Characters of lines without their ends, for line_starts(); of more lines than `most`, of evenly spread ones."""
    step = -(-(len(starts) - 1) // most)
    found = [np.zeros(0, np.int64)]
    for start in range(0, len(starts) - 1, BLOCK):
        lengths = np.diff(starts[start : start + BLOCK + 1]) - 1
        found.append(lengths[-start % step :: step])
    return np.concatenate(found)


@overload
def compact(ids: np.ndarray, size: int) -> np.ndarray: ...


@overload
def compact(ids: LongArray, size: int) -> LongArray: ...


def compact(ids: LongArray, size: int) -> LongArray:
    """Ids in the smallest integer type that holds them, for long corpora; those of a stored text are in it already."""
    return ids if isinstance(ids, StoredArray) else ids.astype(np.min_scalar_type(size), copy=False)
