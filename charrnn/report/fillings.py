"""Filled sentences as they are printed."""

import itertools
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from charrnn.errors import CharrnnError
from charrnn.models.language_model import LanguageModel
from charrnn.report.say import say
from charrnn.report.score_layouts import ESCAPES, json_line
from charrnn.text.blanks import read_template
from charrnn.text.corpus import decode, read_bytes
from charrnn.text.lines import line_groups
from charrnn.writing.fill import Filling, fill


@dataclass(frozen=True)
class FillOptions:
    """How blanks are marked and filled: see the options of `charrnn fill`."""

    count: int
    max_length: int
    mark: str | None
    candidates: Sequence[str] | None
    layout: str


def read_candidates(said: str, encoding: str = "utf-8") -> list[str]:
    """The candidates of a file, one a line, or where there is no such file those that commas divide, each once."""
    # not Path.is_file, which raises for names longer than a file's may be
    words = decode(read_bytes(said), said, encoding).split("\n") if os.path.isfile(said) else said.split(",")
    kept = list(dict.fromkeys(word.removesuffix("\r") for word in words if word.removesuffix("\r")))
    if not kept:
        raise CharrnnError(f"--candidates {said}: there is no candidate in it; give a file of one a line, or a,b,c")
    return kept


def print_fillings(
    model: LanguageModel, names: Sequence[str], texts: Sequence[str], encoding: str, options: FillOptions
) -> None:
    """Fill the texts, then the lines of the files as they come, and print what was found."""
    if getattr(model, "backward", None) is None:
        note = "this model reads from left to right only: the search looks back alone, the ranking is by the whole sentence"
        say(note)
    groups = (group for name in names for group in line_groups(name, level=model.vocabulary.level, encoding=encoding))
    from_files = itertools.chain.from_iterable(groups)
    shown = as_json if options.layout == "jsonl" else as_rows
    for number, text in enumerate(itertools.chain(texts, from_files), 1):
        template = read_template(text, max_length=options.max_length, mark=options.mark)
        found = fill(model, template, count=options.count, candidates=options.candidates)
        sys.stdout.write(shown(number, text, found) + "\n")
        sys.stdout.flush()


def as_json(number: int, text: str, found: Sequence[Filling]) -> str:
    best = [{"fill": list(each.fillings), "text": each.text, "probability": each.probability} for each in found]
    return json_line({"line": number, "text": text, "fillings": best})


def as_rows(number: int, text: str, found: Sequence[Filling]) -> str:
    """One row a filling: number of the line, probability, what fills the blanks (| between), the sentence."""
    rows = []
    for each in found:
        columns = (str(number), f"{each.probability:.4f}", "|".join(each.fillings), each.text)
        rows.append("\t".join(column.translate(ESCAPES) for column in columns))
    return "\n".join(rows)
