"""Reading text: files, folders, gzip and standard input, decoded, with one kind of line end, and split in two."""

import codecs
import gzip
import hashlib
import os
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.text.vocabulary import NEWLINE, to_units
from charrnn.wording import file_name

STDIN = "-"
BYTES = "; --level byte reads any bytes"
# A folder that has one of the first three is a model's, or is becoming one: these are no texts in it.
MODEL_FILES = ("lock.json", "model.safetensors", "resume.safetensors", "text.safetensors", "log.jsonl", "curve.svg")
# see with_fitting_part
FITTING, FITTING_CHARACTERS = 0.02, (2_000, 20_000)
FITTING_BLOCKS, SMALLEST_BLOCK = 10, 1_000


@dataclass(frozen=True)
class Corpus:
    """A training and a held-out part, as units (see vocabulary.py), and where they came from.

    fitting: a small part, which a mixture's weights are fitted on; empty but for hybrids.
    """

    training: np.ndarray
    held_out: np.ndarray
    sources: tuple[str, ...]
    fitting: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint32))

    @property
    def digest(self) -> str:
        """A fingerprint of all parts, by which a resumed run knows its corpus."""
        digest = hashlib.sha256()
        for part in (self.training, self.held_out, *([self.fitting] if len(self.fitting) else [])):
            digest.update(f"{part.dtype} {len(part)} ".encode())
            digest.update(np.ascontiguousarray(part).data)
        return digest.hexdigest()


def expand(paths: Iterable[str]) -> Iterator[str]:
    """Files as they are named; for a folder, every file below it in sorted order, without hidden ones and models'."""
    for name in paths:
        path = Path(name)
        if name == STDIN or not path.is_dir():
            yield name
            continue
        inside = sorted(p for p in path.rglob("*") if p.is_file())
        inside = [p for p in inside if not any(part.startswith(".") for part in p.relative_to(path).parts)]
        models = {p.parent for p in inside if p.name in MODEL_FILES[:3]}
        inside = [p for p in inside if p.parent not in models or p.name not in MODEL_FILES]
        if not inside:
            raise CharrnnError(f"{name}: the folder holds no texts")
        yield from map(str, inside)


def check_there(paths: Iterable[str]) -> None:
    """Raises CharrnnError for the first of the files and folders that is not there."""
    for name in paths:
        if name != STDIN:
            with reading(name):
                os.stat(name)


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turns what can go wrong in the block while a file is read (none there, no right, no whole gzip) into CharrnnError."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CharrnnError(f"{name}: not a whole gzip file ({error}); unpack it again or name the plain file") from None
    except FileNotFoundError:
        raise CharrnnError(f"{name}: no such file; check the name and the folder you are in") from None
    except OSError as error:
        raise CharrnnError(f"{name}: cannot be read ({error.strerror or error})") from None


def standard_input() -> BinaryIO:
    """Standard input as bytes. Raises CharrnnError where the program was started without one."""
    if sys.stdin is None:
        raise CharrnnError("standard input is closed; name a file")
    return sys.stdin.buffer


def read_bytes(name: str) -> bytes:
    """A file's content, unpacked when its name ends in .gz; "-" is standard input."""
    with reading(name):
        if name == STDIN:
            return standard_input().read()
        data = Path(name).read_bytes()
        return gzip.decompress(data) if name.endswith(".gz") else data


def read_text(name: str, *, level: str = "char", encoding: str = "utf-8") -> str:
    """A file's text; at level "byte" any bytes, with surrogate escapes for those that are not UTF-8, as in arguments."""
    data = read_bytes(name)
    return data.decode("utf-8", "surrogateescape") if level == "byte" else decode(data, name, encoding)


def decode(data: bytes, name: str, encoding: str = "utf-8", *, or_bytes: bool = True) -> str:
    """Text of bytes: byte-order mark dropped, CRLF and lone CR turned into LF. or_bytes: whether --level byte is a way too.

    Raises CharrnnError with file and byte offset where the bytes are not in that encoding or look like no text at all.
    """
    try:
        text = data.decode(encoding)  # not utf-8-sig, whose errors count from behind the byte-order mark
    except LookupError:
        known = "utf-8, latin-1, gb18030"
        raise CharrnnError(f"--encoding {encoding}: Python knows no such encoding; try {known}") from None
    except UnicodeError as error:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise CharrnnError(f"{name}: looks like UTF-16, as Windows editors write it; try --encoding utf-16") from None
        if b"\0" in data[:8192]:
            raise CharrnnError(f"{name}: looks like a binary file{BYTES if or_bytes else ''}") from None
        failure = decode_failure(name, getattr(error, "start", 0), encoding)
        raise CharrnnError(failure if not or_bytes else f"{failure}, or --level byte") from None
    if "\0" in text:
        place = text.index("\0")
        raise CharrnnError(f"{name}: character {place} is NUL, as in a binary file{BYTES if or_bytes else ''}")
    return text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")


def decode_failure(name: str, offset: int, encoding: str) -> CharrnnError:
    """The error for bytes that are not of an encoding, with a suggestion."""
    other = "latin-1 or gb18030" if encoding.lower().startswith("utf") else "utf-8"
    return CharrnnError(f"{file_name(name)}: byte {offset} is not {encoding.upper()}; try --encoding {other}")


def read_units(paths: Iterable[str], *, level: str = "char", encoding: str = "utf-8") -> np.ndarray:
    """The units of all files in turn; between files that do not end in a newline, one is put.

    At level "byte" nothing is decoded, dropped or added. Raises CharrnnError when there is no text at all.
    """
    paths = tuple(paths)
    parts = []
    for name in expand(paths):
        data = read_bytes(name)
        if level == "byte":
            parts.append(to_units(data, level))
            continue
        if parts and len(parts[-1]) and parts[-1][-1] != NEWLINE:
            parts.append(np.array([NEWLINE], np.uint32))
        parts.append(to_units(decode(data, name, encoding), level))
    units = np.concatenate(parts) if parts else np.zeros(0, np.uint32)
    if not len(units):
        raise CharrnnError(f"{', '.join(paths)}: there is no text in it")
    return units


def line_bounds(units: np.ndarray, newline: int = NEWLINE) -> tuple[np.ndarray, np.ndarray]:
    """Where each line starts and where it ends (its newline not counted), as int64; a last line needs no newline.

    Of ids, `newline` is the boundary's.
    """
    ends = np.flatnonzero(units == newline)
    if len(units) and units[-1] != newline:
        ends = np.append(ends, len(units))
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    return starts.astype(np.int64), ends.astype(np.int64)


def split(units: np.ndarray, fraction: float, *, by_lines: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Training part and held-out part.

    Of a text, its last `fraction` of characters is held out, so that what is held out is a text too. Of lines that stand
    each for itself, that share of them is, evenly spread: lists are often sorted, and the end of one is not like the rest.
    """
    if not by_lines:
        cut = int(len(units) * (1 - fraction))
        return units[:cut], units[cut:]
    starts, ends = line_bounds(units)
    sizes = np.minimum(ends + 1, len(units)) - starts
    held_out = np.repeat(spread(len(starts), fraction), sizes)
    return units[~held_out], units[held_out]


def spread(count: int, fraction: float) -> np.ndarray:
    """Which of `count` things are held out: that share of them, evenly spread."""
    passed = np.floor(np.arange(count + 1) * fraction + 0.5)  # held out before each
    return np.diff(passed) > 0


def with_fitting_part(corpus: Corpus, *, by_lines: bool) -> Corpus:
    """The corpus with a part taken from its training part: FITTING of it, within FITTING_CHARACTERS, at most a tenth.

    Of a stream, blocks spread evenly: its end, next to what is held out, is what a model of that misses most.
    """
    units, (least, most) = corpus.training, FITTING_CHARACTERS
    size = min(len(units) // 10, max(least, min(most, int(FITTING * len(units)))))
    if by_lines:
        training, fitting = split(units, size / len(units), by_lines=True)
    else:
        blocks = max(1, min(FITTING_BLOCKS, size // SMALLEST_BLOCK))
        inside = np.zeros(len(units), bool)
        for k in range(blocks):
            middle = len(units) * (2 * k + 1) // (2 * blocks)
            inside[middle - size // blocks // 2 :][: size // blocks] = True
        training, fitting = units[~inside], units[inside]
    return replace(corpus, training=training, fitting=fitting) if len(training) > 1 else corpus


def read_corpus(
    paths: Iterable[str],
    *,
    valid: str | None = None,
    valid_fraction: float = 0.1,
    level: str = "char",
    encoding: str = "utf-8",
    by_lines: bool = False,
) -> Corpus:
    """A corpus whose held-out part is the file `valid`, or the share `valid_fraction` of the text (see split).

    Raises CharrnnError where the text is too short or too uniform to learn from.
    """
    paths = tuple(paths)
    units = read_units(paths, level=level, encoding=encoding)
    if valid is not None:
        training, held_out = units, read_units([valid], level=level, encoding=encoding)
    else:
        training, held_out = split(units, valid_fraction, by_lines=by_lines)
    names = ", ".join(paths)
    if len(training) < 2:
        size = "1 character is" if len(units) == 1 else f"{len(units)} characters are"
        raise CharrnnError(f"{names}: {size} too little to learn from; give a longer text")
    if (training == training[0]).all():
        shown = f"byte {int(training[0])}" if level == "byte" else chr(int(training[0]))
        raise CharrnnError(f"{names}: the text holds one distinct character ({shown!r}); there is nothing to learn")
    return Corpus(training, held_out, tuple(map(str, paths)))
