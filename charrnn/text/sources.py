"""Where text comes from: files, folders, packed files and standard input, decoded, with one kind of line end.

No numpy here: naming a command's options needs this too.
"""

import codecs
import gzip
import io
import itertools
import os
import stat
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

from charrnn.errors import CharrnnError
from charrnn.wording import file_name

STDIN = "-"
BYTES = "; --level byte reads any bytes"
CHUNK = 1 << 18  # bytes read at a time, so that what is made of them stays in the processor's cache
HEAD = 8192  # bytes in which a NUL tells a binary file
# A folder that has one of the first three is a model's, or is becoming one: these are no texts in it.
MODEL_FILES = ("lock.json", "model.safetensors", "resume.safetensors", "text.safetensors", "log.jsonl", "curve.svg")


def expand(paths: Iterable[str]) -> Iterator[str]:
    """Files as they are named; for a folder, every file below it in sorted order, without hidden ones and models'."""
    for name in paths:
        path = Path(name)
        if name == STDIN or not path.is_dir():
            yield name
            continue
        with reading(name):
            os.listdir(path)  # rglob passes over what may not be read
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
    """Turns what can go wrong in the block while a file is read (none there, no right, not whole) into CharrnnError."""
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


def open_source(name: str) -> AbstractContextManager[BinaryIO]:
    """A file for reading bytes, unpacked when its name ends in .gz; "-" is standard input, which stays open.

    Raises what reading() turns into CharrnnError.
    """
    if name == STDIN:
        return nullcontext(standard_input())
    _refuse_endless(name)
    return gzip.open(name) if name.endswith(".gz") else open(name, "rb")  # type: ignore[return-value]


def _refuse_endless(name: str) -> None:
    """Raises OSError for a device that gives bytes for ever."""
    found = os.stat(name)
    if stat.S_ISCHR(found.st_mode) and not os.path.samestat(found, os.stat(os.devnull)):
        with open(name, "rb", buffering=0) as file:
            if not file.isatty():
                raise OSError("it is a device, and no file")


def chunks(name: str) -> Iterator[bytes]:
    """A file's content in pieces of CHUNK bytes or less."""
    with reading(name), open_source(name) as file:
        while data := file.read(CHUNK):
            yield data


def read_bytes(name: str) -> bytes:
    """A file's whole content, unpacked when its name ends in .gz; "-" is standard input."""
    return b"".join(chunks(name))


def read_text(name: str, *, level: str = "char", encoding: str = "utf-8") -> str:
    """A file's text; at level "byte" any bytes, with surrogate escapes for those that are not UTF-8, as in arguments."""
    data = read_bytes(name)
    return data.decode("utf-8", "surrogateescape") if level == "byte" else decode(data, name, encoding)


def pieces(paths: Iterable[str], *, level: str = "char", encoding: str = "utf-8") -> Iterator[str | bytes]:
    """The text of all files in turn, in pieces. Between files that do not end in a newline, one is put.

    At level "byte" nothing is decoded, dropped or added, and the pieces are bytes.
    """
    last = "\n"
    for name in expand(paths):
        if level == "byte":
            yield from chunks(name)
            continue
        if last != "\n":
            last = "\n"
            yield last
        for piece in decoded(chunks(name), name, encoding):
            yield piece
            last = piece[-1]


def decode(data: bytes, name: str, encoding: str = "utf-8", *, or_bytes: bool = True) -> str:
    """The text of bytes: see decoded()."""
    return "".join(decoded([data], name, encoding, or_bytes=or_bytes))


def decoded(data: Iterable[bytes], name: str, encoding: str = "utf-8", *, or_bytes: bool = True) -> Iterator[str]:
    """The text of a file that comes in chunks, in pieces that are not empty: without byte-order mark, CRLF and lone CR
    turned into LF. or_bytes: whether --level byte is a way too.

    Raises CharrnnError with file and byte offset where the bytes are not in that encoding or look like no text at all.
    """
    seen, held = 0, ""  # characters so far; a CR at their end, which a LF may follow
    for raw in _characters(data, name, encoding, or_bytes=or_bytes):
        if "\0" in raw:
            place = seen + raw.index("\0")
            raise CharrnnError(f"{name}: character {place} is NUL, as in a binary file{BYTES if or_bytes else ''}")
        text = held + (raw if seen else raw.removeprefix("\ufeff"))
        seen += len(raw)
        held = "\r" if text.endswith("\r") else ""
        text = text.removesuffix(held).replace("\r\n", "\n").replace("\r", "\n")
        if text:
            yield text
    if held:
        yield "\n"


def _characters(data: Iterable[bytes], name: str, encoding: str, *, or_bytes: bool) -> Iterator[str]:
    decoder = text_decoder(encoding)
    head, offset = b"", 0
    for chunk in itertools.chain(data, [b""]):
        head = head or chunk[:HEAD]
        try:  # not utf-8-sig, whose errors count from behind the byte-order mark
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeError as error:
            if isinstance(error, UnicodeDecodeError):  # in the chunk, or in what was left of the one before
                offset += len(chunk) - len(error.object) + error.start
            raise _no_text(name, head, offset, encoding, or_bytes=or_bytes) from None
        offset += len(chunk)
        if text:
            yield text


def _no_text(name: str, head: bytes, offset: int, encoding: str, *, or_bytes: bool) -> CharrnnError:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return CharrnnError(f"{name}: looks like UTF-16, as Windows editors write it; try --encoding utf-16")
    if b"\0" in head:
        return CharrnnError(f"{name}: looks like a binary file{BYTES if or_bytes else ''}")
    failure = decode_failure(name, offset, encoding)
    return CharrnnError(f"{failure}, or --level byte") if or_bytes else failure


def text_decoder(encoding: str) -> codecs.IncrementalDecoder:
    """What decodes an encoding piece by piece. Raises CharrnnError for what is none."""
    try:
        io.TextIOWrapper(io.BytesIO(), encoding)  # refuses codecs that are none of text, as rot13
        return codecs.getincrementaldecoder(encoding)()
    except (LookupError, UnicodeError):
        raise CharrnnError(f"--encoding {encoding}: Python knows no such encoding; try utf-8, latin-1, gb18030") from None


def decode_failure(name: str, offset: int, encoding: str) -> CharrnnError:
    """The error for bytes that are not of an encoding, with a suggestion."""
    other = "latin-1 or gb18030" if encoding.lower().startswith("utf") else "utf-8"
    return CharrnnError(f"{file_name(name)}: byte {offset} is not {encoding.upper()}; try --encoding {other}")
