"""Answers to lines as they are printed, and how good they are."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from charrnn.errors import CharrnnError
from charrnn.files import strict_json
from charrnn.options import option
from charrnn.report.layouts import columns, json_line
from charrnn.report.say import say
from charrnn.scoring.options import PredictOptions
from charrnn.wording import counted

if TYPE_CHECKING:
    from charrnn.models.language_model import SavedModel
    from charrnn.models.predictor import Predictor
    from charrnn.scoring.predict import Predicted

MOST_LABELS, LONGEST_LABEL = 12, 14  # in a table of confusion


class Tsv:
    """One row an answer: with --count the number of the line; the answer, its probability, with --gold the right one, the
    line."""

    def __init__(self, options: "PrintOptions"):
        self.numbered = options.count > 1

    def line(self, number: int, one: "Predicted") -> str:
        gold = [] if one.gold is None else [one.gold]
        first = [str(number)] if self.numbered else []
        rows = (columns(*first, each.text, f"{each.probability:.4f}", *gold, one.text) for each in one.answers)
        return "\n".join(rows)


class Jsonl:
    """One JSON object a line."""

    def __init__(self, options: "PrintOptions"):
        pass

    def line(self, number: int, one: "Predicted") -> str:
        answers = [{"answer": each.text, "probability": each.probability, **each.more} for each in one.answers]
        gold = {} if one.gold is None else {"gold": one.gold}
        return json_line({"line": number, "text": one.text, **gold, "answers": answers})


LAYOUTS: dict[str, type[Tsv] | type[Jsonl]] = {"tsv": Tsv, "jsonl": Jsonl}


@dataclass(frozen=True, kw_only=True)
class PrintOptions(PredictOptions):
    """The options of `charrnn predict`: how lines are answered, and how that is printed."""

    format: str = option("tsv", "Tab-separated, or one JSON object per line.", choices=tuple(LAYOUTS))
    summary: bool = option(False, "With --gold, print only the measures, as one JSON object.")

    def check(self) -> None:
        super().check()
        if self.summary and self.gold is None:
            raise CharrnnError("--summary prints how good answers are; it needs --gold FILE")


def print_predictions(groups: "Iterable[Sequence[Predicted]]", options: PrintOptions) -> None:
    """Print the answers to each line as they come."""
    layout, number = LAYOUTS[options.format](options), 0
    for group in groups:
        for one in group:
            number += 1
            sys.stdout.write(layout.line(number, one) + "\n")
        sys.stdout.flush()


def print_gold(kind: str, predicted: "Sequence[Predicted]", measures: dict[str, Any], options: PrintOptions) -> None:
    """Print the answers beside the right ones, and tell how good they are; or print that alone."""
    if options.summary:
        sys.stdout.write(json.dumps(strict_json(measures), ensure_ascii=False, indent=2) + "\n")
        return
    print_predictions([predicted], options)
    for line in MEASURES[kind](measures):
        say(line)


def say_measures(model: "Predictor | SavedModel") -> None:
    """Tell how good a model that was trained is on the held-out examples."""
    if held_out := model.summary.get("held_out"):
        for line in MEASURES[model.kind](held_out):
            say(line)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _of_labels(found: dict[str, Any]) -> Iterator[str]:
    right = f"{round((found['accuracy'] or 0) * found['texts']):,} of {counted(found['texts'], 'text')}"
    error = "" if found["calibration_error"] is None else f", calibration error {found['calibration_error']:.3f}"
    yield f"right: {right}, {_percent(found['accuracy'])}; macro F1 {_percent(found['macro_f1'])}{error}"
    yield from _confusion(found["confusion"], list(found["labels"]))


def _confusion(confusion: dict[str, dict[str, int]], names: Sequence[str]) -> Iterator[str]:
    """A table: a row for each given label, a column for each answered one."""
    if len(names) > MOST_LABELS:
        yield f"labels: {len(names):,}, too many for a table; --summary has all"
        return
    shown = [name if len(name) <= LONGEST_LABEL else name[: LONGEST_LABEL - 1] + "…" for name in names]
    width = max(map(len, shown), default=0)
    cells = [[confusion.get(given, {}).get(name, 0) for name in names] for given in names]
    wide = max([width, *(len(f"{cell:,}") for row in cells for cell in row)], default=0)
    yield f"{'given':>{max(width, 5)}}  " + "  ".join(f"{name:>{wide}}" for name in shown)
    for name, row in zip(shown, cells, strict=True):
        yield f"{name:>{max(width, 5)}}  " + "  ".join(f"{cell:>{wide},}" for cell in row)


def _of_tags(found: dict[str, Any]) -> Iterator[str]:
    whole = f"{_percent(found['whole'])} of {counted(found['texts'], 'line')} without a mistake"
    yield f"right: {_percent(found['accuracy'])} of {counted(found['characters'], 'label')}, {whole}"
    for name, spans in [("spans", found["spans"]), *found["spans"].get("names", {}).items()]:
        figures = ", ".join(f"{each} {_percent(spans[each.lower()])}" for each in ("precision", "recall", "F1"))
        yield f"{name}: {figures}"


def _of_rewrites(found: dict[str, Any]) -> Iterator[str]:
    yield f"right: {_exact(found)}"
    if found["longer"]["texts"]:
        yield f"longer than any learnt from: {_exact(found['longer'])}"


def _exact(found: dict[str, Any]) -> str:
    right = f"{round((found['exact'] or 0) * found['texts']):,} of {counted(found['texts'], 'text')}"
    return f"{right}, {_percent(found['exact'])}; character error rate {_percent(found['character_error_rate'])}"


def _of_trees(found: dict[str, Any]) -> Iterator[str]:
    roots = f"{_percent(found['accuracy'])} of {counted(found['roots'], 'root')}"
    nodes = f"{_percent(found['node_accuracy'])} of {counted(found['nodes'], 'node')}"
    inner = f"{_percent(found['inner_accuracy'])} of the {found['inner_nodes']:,} that are no words"
    yield f"right: {roots}; {nodes}, {inner}"
    if deeper := found.get("deeper"):
        yield f"deeper than learnt: {_percent(deeper['accuracy'])} of {counted(deeper['roots'], 'root')}"
        for levels, of in found["levels"].items():
            yield f"{counted(int(levels), 'level')}: {_percent(of['accuracy'])} of {counted(of['roots'], 'root')}"


MEASURES: dict[str, Callable[[dict[str, Any]], Iterator[str]]] = {
    "classifier": _of_labels,
    "tagger": _of_tags,
    "rewriter": _of_rewrites,
    "tree-labeller": _of_trees,
}
