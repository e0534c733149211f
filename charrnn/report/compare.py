"""Comparisons of models, as they are printed."""

import math
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from charrnn.options import option
from charrnn.report.layouts import ESCAPES, json_line
from charrnn.scoring.options import CompareOptions

if TYPE_CHECKING:
    from charrnn.scoring.compare import Comparison

_BIT = math.log(2)
SHOWN = 80  # characters of a line or block that people are shown


class Text:
    """For people: a row of figures for each model, then for each but the first the lines where it differs most from it."""

    def comparison(self, found: "Comparison") -> str:
        return "\n\n".join("\n".join(lines) for lines in (self._figures(found), *self._differences(found)))

    def _figures(self, found: "Comparison") -> list[str]:
        left_out = f", {found.left_out:,} of them left out, which not all the models know" if found.left_out else ""
        lines = [f"{found.file}: {found.observations:,} {found.observed}s, {found.characters:,} characters{left_out}"]
        lines.append(f"{'bits/character':>14}{'bits/byte':>11}{'unknown':>9}{'difference':>12}{'standard error':>16}  model")
        for one in found.models:
            bits = f"{one.nats_per_character / _BIT:14.4f}{one.nats_per_byte / _BIT:11.4f}{one.unknown:9,}"
            difference = "" if one.difference is None else f"{one.difference / _BIT:+.4f}"
            error = "" if one.standard_error is None else f"{one.standard_error / _BIT:.4f}"
            lines.append(f"{bits}{difference:>12}{error:>16}  {one.model}")
        return lines

    def _differences(self, found: "Comparison") -> Iterator[list[str]]:
        first = found.models[0].model
        for k, one in enumerate(found.models):
            if not one.most:
                continue
            heads = first, one.model, "difference"
            widths = [max(12, len(head) + 2) for head in heads]
            titles = "".join(f"{head:>{width}}" for head, width in zip(heads, widths, strict=True))
            lines = [f"{found.file}: bits where {one.model} differs most", f"{found.observed:>8}{titles}  text"]
            for part in one.most:
                before, after = part.nats[0] / _BIT, part.nats[k] / _BIT
                bits = f"{before:{widths[0]}.2f}{after:{widths[1]}.2f}{after - before:+{widths[2]}.2f}"
                text = part.text if len(part.text) <= SHOWN else part.text[: SHOWN - 1] + "…"
                lines.append(f"{part.number:8}{bits}  {text.translate(ESCAPES)}")
            yield lines


class Jsonl:
    """One JSON object a file."""

    def comparison(self, found: "Comparison") -> str:
        return json_line({
            "file": found.file,
            "observed": found.observed,
            "observations": found.observations,
            "characters": found.characters,
            "left_out": found.left_out,
            "models": [self._model(found, k) for k in range(len(found.models))],
        })  # fmt: skip

    def _model(self, found: "Comparison", k: int) -> dict[str, Any]:
        one = found.models[k]
        record: dict[str, Any] = {
            "model": one.model,
            "bits_per_character": one.nats_per_character / _BIT,
            "bits_per_byte": one.nats_per_byte / _BIT,
            "unknown": one.unknown,
        }
        if one.difference is None:
            return record
        record["against"] = found.models[0].model
        record["difference"] = one.difference / _BIT
        record["standard_error"] = None if one.standard_error is None else one.standard_error / _BIT
        record["most"] = [
            {found.observed: part.number, "text": part.text, "bits": [part.nats[0] / _BIT, part.nats[k] / _BIT]}
            for part in one.most
        ]
        return record


LAYOUTS: dict[str, type[Text] | type[Jsonl]] = {"text": Text, "jsonl": Jsonl}


@dataclass(frozen=True, kw_only=True)
class PrintOptions(CompareOptions):
    """The options of `charrnn compare`: how models are compared, and how that is printed."""

    format: str = option("text", "Text for people, or one JSON object per file.", choices=tuple(LAYOUTS))


def print_comparisons(comparisons: "Iterable[Comparison]", layout: str) -> None:
    """Print the comparison on each file, as it comes."""
    printed = LAYOUTS[layout]()
    for number, found in enumerate(comparisons):
        sys.stdout.write("\n" * (number > 0 and layout == "text") + printed.comparison(found) + "\n")
        sys.stdout.flush()
