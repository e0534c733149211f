"""Texts printed: as they are, while they are written, or as records with what the model makes of them."""

import csv
import io
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from charrnn.errors import CharrnnError
from charrnn.files import check_output, replacing
from charrnn.options import option
from charrnn.report.layouts import json_line
from charrnn.report.page.options import PageOptions
from charrnn.report.say import say
from charrnn.wording import symbol_name
from charrnn.writing.options import SampleOptions

if TYPE_CHECKING:
    import numpy as np

    from charrnn.models.language_model import LanguageModel
    from charrnn.writing.sample import Pieces

STDOUT = "-"
COLUMNS = ("text", "characters", "logprob", "bits_per_character")


@dataclass(frozen=True, kw_only=True)
class PrintOptions(SampleOptions, PageOptions):
    """The options of `charrnn sample`: what is written, and how that is printed."""

    format: str = option(
        "text", "The texts as they are; or with their scores, as JSON or CSV.", choices=("text", "jsonl", "csv")
    )
    separator: str | None = option(
        None, "Line between two texts; by default an empty one, where texts have several lines.",
        metavar="TEXT", escapes=True,
    )  # fmt: skip
    output: str = option(STDOUT, "File to write to; - is standard output.", names=("-o",), metavar="FILE")
    overwrite: bool = option(False, "Replace an existing file.")

    def check(self) -> None:
        super().check()
        if self.separator is not None and self.format != "text":
            raise CharrnnError("--separator stands between the texts of --format text; leave one out")


def print_texts(model: "LanguageModel", names: Sequence[str], options: PrintOptions) -> None:
    """Write the texts out, each after its primer unless options.echo is off. names: of the model, or of what it mixes."""
    from charrnn.report.page.page import check_places
    from charrnn.report.page.surprise import write_written
    from charrnn.writing.sample import as_read, encode_prime, learnt_from, sample, with_prime

    if options.output != STDOUT:
        check_output(Path(options.output), options.overwrite)
    if options.page:
        check_places(options.html, options.json)
    asked = with_prime(model, options)
    _say_left_out(model, asked)
    asked = as_read(model, asked)
    corpus = learnt_from(model, asked)
    pieces = sample(model, asked, corpus)
    before = asked.prime.encode("utf-8", "surrogateescape") if asked.echo else b""
    if options.report and corpus is not None:
        pieces = _told(pieces, partial(_say_copied, model, corpus))
    written: list[np.ndarray] = []
    if options.page:
        pieces = _told(pieces, lambda number, ids: written.append(ids))
    with _opened(options.output) as out:
        if options.format == "text":
            _print_plain(model, before, pieces, options.separator, out)
        else:
            _print_records(model, before, encode_prime(model, asked), pieces, options.format, out)
    if options.page:
        write_written(model, names, encode_prime(model, asked), written, corpus, options)


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    """Standard output; or a file that is there when all is written, or all that was found where there is no more."""
    if name == STDOUT:
        yield sys.stdout.buffer
        return
    fewer = None
    with replacing(Path(name)) as file:
        try:
            yield file
        except CharrnnError as error:
            fewer = error
    if fewer:
        raise fewer


def _print_plain(model: "LanguageModel", before: bytes, pieces: "Pieces", separator: str | None, out: BinaryIO) -> None:
    """The texts piece by piece, each after `before` and ended by a newline, with the separator as a line between two.

    Without one, an empty line stands after a text as soon as any has had several lines; where the text ends with a newline
    of its own, that makes it.
    """
    begun, several, last = -1, False, b""
    for number, piece in pieces:
        if number != begun:
            if begun >= 0 and separator is not None:
                out.write(separator.encode("utf-8", "surrogateescape") + b"\n")
            elif several and last != b"\n":
                out.write(b"\n")
            out.write(before)
            begun, several, last = number, several or b"\n" in before, before[-1:]
        written = model.vocabulary.decode_bytes(piece)
        several, last = several or b"\n" in written, written[-1:] or last
        out.write(written or b"\n")
        out.flush()


def _say_left_out(model: "LanguageModel", options: SampleOptions) -> None:
    missing = model.vocabulary.unknown_in(options.prime)
    if missing and options.unknown == "skip":
        from charrnn.text.vocabulary import listed

        say(f"primer: left out, for the model does not know them: {listed(missing)}")


def _print_records(
    model: "LanguageModel", before: bytes, prime: "np.ndarray", pieces: "Pieces", layout: str, out: BinaryIO
) -> None:
    """One JSON object a line, or a table whose first line names the columns.

    The primer (`before`, and as ids `prime`) stands in the text and counts in no figure; logarithms are of base 10.
    """
    from charrnn.writing.sample import joined, tallies

    if layout == "csv":
        out.write(_csv_line(*COLUMNS))
    for ids in joined(pieces):
        (tally,) = tallies(model, prime, [ids])
        bits = tally.bits_per_character if tally.characters else None
        text = (before + model.vocabulary.decode_bytes(ids)).decode("utf-8", "surrogateescape")
        characters = tally.spelling.characters if tally.spelling else tally.characters
        record = dict(zip(COLUMNS, (text, characters, -tally.nats / math.log(10), bits), strict=True))
        if layout == "csv":
            out.write(_csv_line(text, characters, f"{record['logprob']:.6f}", "" if bits is None else f"{bits:.4f}"))
        else:
            out.write(json_line(record).encode() + b"\n")
        out.flush()


def _told(pieces: "Pieces", tell: "Callable[[int, np.ndarray], None]") -> "Pieces":
    """The pieces; each text (its number, its ids) is told once it is whole."""
    import numpy as np

    parts = []
    for number, piece in pieces:
        yield number, piece
        parts.append(piece)
        if not len(piece):
            tell(number, np.concatenate(parts))
            parts = []


def _csv_line(*values: object) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue().encode("utf-8", "surrogateescape")


def _say_copied(model: "LanguageModel", corpus: "np.ndarray", number: int, ids: "np.ndarray") -> None:
    """Say the longest span that a text copies."""
    from charrnn.writing.sample import copied

    found = copied(model, ids, corpus)
    share = found.length / max(found.characters, 1)
    symbol = symbol_name(model.vocabulary.level)
    unit = "words" if symbol == "word" else "characters"
    spans = f"longest copied span {found.length} of {found.characters} {unit}, {share:.1%}: {found.span!r}"
    say(f"text {number + 1}: {spans}")
