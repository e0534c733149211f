"""Named arrays and a JSON description in one verified file: the only module that writes models to disk.

The format is safetensors, whose header also carries our metadata: a format number, the description and a SHA-256 over
names, types, shapes, contents and description. Nothing in it is code.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.files import bytes_of_file, replacing

FORMAT = 1
# What the format calls numpy's types, in the order in which the safetensors library puts arrays, so that ours are its files.
TYPES = {
    "uint64": "U64", "int64": "I64", "float64": "F64", "float32": "F32", "uint32": "U32", "int32": "I32",
    "float16": "F16", "uint16": "U16", "int16": "I16", "int8": "I8", "uint8": "U8", "bool": "BOOL",
}  # fmt: skip

Archive = tuple[dict[str, np.ndarray], dict[str, Any]]  # named arrays and the JSON-able description of what they are


def _checksum(arrays: Mapping[str, np.ndarray], description: str) -> str:
    digest = hashlib.sha256(description.encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _header(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> bytes:
    """What a safetensors file of these arrays, in this order, begins with; names sorted, so that it is always the same."""
    header: dict[str, Any] = {"__metadata__": metadata}
    end = 0
    for name, array in arrays.items():
        begin, end = end, end + array.nbytes
        header[name] = {"dtype": TYPES[array.dtype.name], "shape": array.shape, "data_offsets": (begin, end)}
    text = json.dumps(header, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # contents start at a multiple of 8
    return len(text).to_bytes(8, "little") + text


def _as_json(description: Mapping[str, Any]) -> str:
    text = json.dumps(description, ensure_ascii=False, sort_keys=True)
    try:
        text.encode()
    except UnicodeEncodeError:  # the name of a file that is not UTF-8
        return json.dumps(description, sort_keys=True)
    return text


def write_archive(path: Path, arrays: Mapping[str, np.ndarray], description: Mapping[str, Any]) -> None:
    """Write arrays and a JSON-able description as one file, whole or not at all (see charrnn/files.py).

    The same content gives the same bytes. Nothing is copied on the way, for models may take half of the memory.
    """
    # not np.ascontiguousarray, which makes a scalar an array of one
    contiguous = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    text = _as_json(description)
    metadata = {"charrnn_format": str(FORMAT), "description": text, "sha256": _checksum(contiguous, text)}
    types = list(TYPES)
    ordered = dict(sorted(contiguous.items(), key=lambda item: (types.index(item[1].dtype.name), item[0])))
    with replacing(path) as file:
        file.write(_header(ordered, metadata))
        for array in ordered.values():
            file.write(array.reshape(-1).view(np.uint8).data)


def read_archive(path: Path) -> Archive:
    """The arrays and the description of a file that write_archive made.

    Raises CharrnnError that says what is wrong: missing, cut short, of another program or format, or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        data = bytes_of_file(path)
    except FileNotFoundError:
        raise CharrnnError(f"{path}: no such file; the model folder is not complete") from None
    except OSError as error:
        raise CharrnnError(f"{path}: cannot be read ({error.strerror or error})") from None
    damaged = f"{path}: the file is damaged or cut short; restore it from a copy or train again"
    try:
        arrays = load(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    except (SafetensorError, ValueError, KeyError, RecursionError):
        raise CharrnnError(damaged) from None
    metadata = header.get("__metadata__") or {}
    if "charrnn_format" not in metadata:
        raise CharrnnError(f"{path}: a safetensors file, but not one that charrnn wrote")
    if metadata["charrnn_format"] != str(FORMAT):
        found = f"{metadata['charrnn_format']:.20}"
        if found.isdecimal() and int(found) > FORMAT:
            raise CharrnnError(f"{path}: has format {found}, newer than this charrnn, which reads {FORMAT}; use a newer one")
        raise CharrnnError(f"{path}: has format {found}, this charrnn reads format {FORMAT}; use the version that wrote it")
    text = metadata.get("description", "")
    if metadata.get("sha256") != _checksum(arrays, text):
        raise CharrnnError(f"{path}: the checksum does not match its contents; restore it from a copy or train again")
    try:
        return arrays, json.loads(text)
    except (ValueError, RecursionError):
        raise CharrnnError(f"{path}: its description cannot be read; restore it from a copy or train again") from None


PLAIN = {bool: bool, int: int, float: int | float, str: str, dict: dict, tuple: list | tuple}


def from_json(kind: type, described: Mapping[str, Any]) -> Any:
    """The dataclass that dataclasses.asdict() turned into `described`. Raises TypeError where a field is of another type."""
    kinds = get_type_hints(kind)
    return kind(**{name: _fitting(name, kinds.get(name), value) for name, value in described.items()})


def _fitting(name: str, wanted: Any, value: Any) -> Any:
    """The value of a field, of the type that is wanted."""
    if isinstance(wanted, UnionType):
        if value is None and NoneType in get_args(wanted):
            return None
        wanted = get_args(wanted)[0]
    if isinstance(wanted, type) and is_dataclass(wanted):
        return from_json(wanted, value)
    if get_origin(wanted) is tuple and isinstance(value, list | tuple):
        return tuple(_fitting(name, get_args(wanted)[0], part) for part in value)
    plain = get_origin(wanted) or wanted
    if plain in PLAIN and (not isinstance(value, PLAIN[plain]) or isinstance(value, bool) != (plain is bool)):
        raise TypeError(f"{name} is {value!r:.50}")
    return value


@contextmanager
def understood(path: Path | str) -> Iterator[None]:
    """For a block that makes something of what a file says: where that cannot be done, Python's errors become a CharrnnError
    about the file. Its checksum may be right and its contents anything, for everybody can make such a file."""
    try:
        yield
    except (
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        RecursionError,
        StopIteration,
        TypeError,
        ValueError,
    ) as error:
        raise CharrnnError(
            f"{path}: its contents do not fit together ({error!s:.200}); restore it from a copy or train again"
        ) from None
