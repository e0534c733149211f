"""Reading lines as they come, for programs that answer line by line."""

import codecs
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import BinaryIO

from charrnn.errors import CharrnnError
from charrnn.text.sources import STDIN, decode_failure, open_source, reading, text_decoder

CHUNK = 1 << 20
MOST_LINES = 4096  # in one group


def _opened(name: str) -> AbstractContextManager[BinaryIO]:
    try:
        return open_source(name)
    except FileNotFoundError:
        raise CharrnnError(f"{name}: no such file; check the name, or use --text to give a sentence itself") from None
    except OSError as error:
        raise CharrnnError(f"{name}: cannot be read ({error.strerror or error})") from None


def line_groups(name: str, *, level: str = "char", encoding: str = "utf-8") -> Iterator[list[str]]:
    """The lines of a file, without their line ends, in groups of what is there at once.

    From a pipe, a group comes as soon as there is a whole line, so that a program at its other end gets its answer. A last
    line needs no newline. Only LF (and a CR before it) ends a line: one line in, one line out. At level "byte" any bytes
    are read and none is dropped; those that are not UTF-8 stand as surrogate escapes, as in Python's arguments.
    """
    raw = level == "byte"
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape") if raw else text_decoder(encoding)
    with _opened(name) as file:
        tail, offset, begun = "", 0, False
        while True:
            with reading(name):
                data = file.read1(CHUNK) if hasattr(file, "read1") else file.read(CHUNK)
            try:
                text = decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:  # in the data, or in what was left of the data before
                raise decode_failure(name, offset + len(data) - len(error.object) + error.start, encoding) from None
            except UnicodeError:
                raise decode_failure(name, offset, encoding) from None
            if not begun and not raw:
                text, begun = text.removeprefix("\ufeff"), bool(text)
            offset += len(data)
            *lines, tail = (tail + text).split("\n")
            if not data and tail:
                lines.append(tail)
            for first in range(0, len(lines), MOST_LINES):
                yield [line if raw else line.removesuffix("\r") for line in lines[first : first + MOST_LINES]]
            if not data:
                return


def size_of(name: str) -> int:
    """Bytes that a file holds, as far as is known before reading it; 0 for a pipe."""
    try:
        status = os.fstat(sys.stdin.fileno()) if name == STDIN else os.stat(name)
        return status.st_size
    except (OSError, ValueError, AttributeError):  # no such file; standard input that is none, or closed
        return 0
