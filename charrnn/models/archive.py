"""Named arrays and a JSON description in one verified file: the only module that writes models to disk.

The format is safetensors, whose header also carries our metadata: a format number, the description and a SHA-256 over
names, types, shapes, contents and description. Nothing in it is code.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.files import write_bytes

FORMAT = 1

Archive = tuple[dict[str, np.ndarray], dict[str, Any]]  # named arrays and the JSON-able description of what they are


def _checksum(arrays: Mapping[str, np.ndarray], description: str) -> str:
    digest = hashlib.sha256(description.encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _sorted_header(data: bytes) -> bytes:
    """A safetensors file with the names in its header sorted; their order is else another in every run."""
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:end]), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)  # contents start at a multiple of 8
    return len(header).to_bytes(8, "little") + header + data[end:]


def write_archive(path: Path, arrays: Mapping[str, np.ndarray], description: Mapping[str, Any]) -> None:
    """Write arrays and a JSON-able description as one file, whole or not at all (see charrnn/files.py).

    The same content gives the same bytes.
    """
    from safetensors.numpy import save

    # not np.ascontiguousarray, which makes a scalar an array of one
    contiguous = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    text = json.dumps(description, ensure_ascii=False, sort_keys=True)
    metadata = {"charrnn_format": str(FORMAT), "description": text, "sha256": _checksum(contiguous, text)}
    write_bytes(path, _sorted_header(save(contiguous, metadata)))


def read_archive(path: Path) -> Archive:
    """The arrays and the description of a file that write_archive made.

    Raises CharrnnError that says what is wrong: missing, cut short, of another program or format, or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise CharrnnError(f"{path}: no such file; the model folder is not complete") from None
    except OSError as error:
        raise CharrnnError(f"{path}: cannot be read ({error.strerror or error})") from None
    damaged = f"{path}: the file is damaged or cut short; restore it from a copy or train again"
    try:
        arrays = load(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    except (SafetensorError, ValueError, KeyError):
        raise CharrnnError(damaged) from None
    metadata = header.get("__metadata__") or {}
    if "charrnn_format" not in metadata:
        raise CharrnnError(f"{path}: a safetensors file, but not one that charrnn wrote")
    if metadata["charrnn_format"] != str(FORMAT):
        found = metadata["charrnn_format"]
        raise CharrnnError(f"{path}: has format {found}, this charrnn reads format {FORMAT}; use the version that wrote it")
    text = metadata.get("description", "")
    if metadata.get("sha256") != _checksum(arrays, text):
        raise CharrnnError(f"{path}: the checksum does not match its contents; restore it from a copy or train again")
    return arrays, json.loads(text)
