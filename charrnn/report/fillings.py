"""Filled sentences as they are printed."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from charrnn.options import option
from charrnn.report.layouts import columns, json_line
from charrnn.writing.options import FillOptions

if TYPE_CHECKING:
    from charrnn.writing.fill import Filled, Filling


class Tsv:
    """One row a filling: number of the line, probability, what fills the blanks (| between), the sentence."""

    def line(self, number: int, text: str, found: "Sequence[Filling]") -> str:
        rows = (columns(str(number), f"{one.probability:.4f}", "|".join(one.fillings), one.text) for one in found)
        return "\n".join(rows)


class Jsonl:
    """One JSON object a sentence."""

    def line(self, number: int, text: str, found: "Sequence[Filling]") -> str:
        best = [{"fill": list(each.fillings), "text": each.text, "probability": each.probability} for each in found]
        return json_line({"line": number, "text": text, "fillings": best})


LAYOUTS: dict[str, type[Tsv] | type[Jsonl]] = {"tsv": Tsv, "jsonl": Jsonl}


@dataclass(frozen=True, kw_only=True)
class PrintOptions(FillOptions):
    """The options of `charrnn fill`: how blanks are filled, and how that is printed."""

    format: str = option("tsv", "Tab-separated, or one JSON object per line.", choices=tuple(LAYOUTS))


def print_fillings(filled: "Iterable[Filled]", layout: str) -> None:
    """Print what was found for each text, as it comes."""
    printed = LAYOUTS[layout]()
    for number, one in enumerate(filled, 1):
        sys.stdout.write(printed.line(number, one.text, one.fillings) + "\n")
        sys.stdout.flush()
