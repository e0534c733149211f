"""Vectors of texts, and which are alike, as they are printed or written."""

import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from charrnn.errors import CharrnnError
from charrnn.files import write_bytes
from charrnn.inspection.options import EmbedOptions
from charrnn.options import option
from charrnn.report.layouts import columns
from charrnn.report.say import say
from charrnn.wording import counted

if TYPE_CHECKING:
    import numpy as np

    from charrnn.inspection.vectors import Alike


@dataclass(frozen=True, kw_only=True)
class PrintOptions(EmbedOptions):
    """The options of `charrnn embed`: what is asked, and where vectors go."""

    output: str | None = option(
        None, "Write the vectors to a file: of numpy where its name ends in .npy, else text.", names=("-o",), metavar="FILE"
    )
    overwrite: bool = option(False, "Replace an existing file.")

    def check(self) -> None:
        super().check()
        if self.output is not None and (self.nearest is not None or self.similar is not None):
            raise CharrnnError("--output is for vectors; with --nearest and --similar, send standard output to a file")


def print_vectors(vectors_NX: "np.ndarray", options: PrintOptions) -> None:
    """A row of tab-separated numbers a text, or the file that was asked for. Raises CharrnnError where it cannot be."""
    if options.output is None:
        for line in _rows(vectors_NX):
            sys.stdout.write(line + "\n")
        return
    path = Path(options.output)
    if path.suffix == ".npy":
        import numpy as np

        data = io.BytesIO()
        np.save(data, vectors_NX, allow_pickle=False)
        write_bytes(path, data.getvalue())
    else:
        write_bytes(path, "".join(line + "\n" for line in _rows(vectors_NX)).encode())
    say(f"vectors: {path}, {counted(len(vectors_NX), 'text')}, {counted(vectors_NX.shape[1], 'number')} each")


def _rows(vectors_NX: "np.ndarray") -> list[str]:
    return ["\t".join(f"{number:.6g}" for number in vector) for vector in vectors_NX.tolist()]


def print_nearest(found: "Sequence[Sequence[Alike]]", texts: Sequence[str]) -> None:
    """A row for each two texts: number of the line, likeness, the line that is like it, the line."""
    for number, (text, others) in enumerate(zip(texts, found, strict=True), 1):
        for one in others:
            sys.stdout.write(columns(str(number), f"{one.likeness:.4f}", one.text, text) + "\n")


def print_similar(found: "Sequence[Alike]") -> None:
    for one in found:
        sys.stdout.write(columns(f"{one.likeness:.4f}", one.text) + "\n")
