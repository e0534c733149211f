"""Scores as they are printed."""

import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from charrnn.inference.score import SentenceScore, score_sentences, stream_tally
from charrnn.models.language_model import LanguageModel, Tally
from charrnn.text.corpus import read_units
from charrnn.text.lines import line_groups, size_of

BASES = {"e": math.e, "2": 2.0, "10": 10.0}
# Lone carriage returns and the like would break a line in two on the way out; tabs would add columns.
ESCAPES = str.maketrans({"\t": " ", "\r": " ", "\n": " "})


def scored_lines(
    model: LanguageModel,
    names: Sequence[str],
    texts: Sequence[str],
    encoding: str,
    score: Callable[[LanguageModel, Sequence[str]], Sequence[Any]] = score_sentences,
) -> Iterator[Any]:
    """The scores, SentenceScore unless `score` gives others, of the texts, then of the lines of the files as they come."""
    model.expect(sum(map(size_of, names)))
    if texts:
        yield from score(model, texts)
    seen = 0
    for name in names:
        for group in line_groups(name, encoding=encoding):
            seen += sum(map(len, group))
            model.expect(seen)
            yield from score(model, group)
            sys.stdout.flush()


def total(scores: Iterable[Any]) -> Tally:
    return sum((score.tally for score in scores), Tally())


def stream_summary(
    model: LanguageModel,
    names: Sequence[str],
    encoding: str,
    tally_of: Callable[[LanguageModel, np.ndarray], Tally] = stream_tally,
) -> Tally:
    """The tally of the files, each read as one text from its own fresh state."""
    tally = Tally()
    for name in names:
        ids = model.vocabulary.encode(read_units([name], level=model.vocabulary.level, encoding=encoding))
        model.expect(len(ids))
        tally += tally_of(model, ids)
    return tally


def print_lines(scores: Iterable[SentenceScore], layout: str, base: str, chars: bool) -> None:
    unit = math.log(BASES[base])
    for number, score in enumerate(scores, 1):
        line = as_json(score, number, base, chars) if layout == "jsonl" else as_columns(score, unit, chars)
        sys.stdout.write(line + "\n")


def as_columns(score: Any, unit: float, chars: bool) -> str:
    """Log-probability, bits per character and text; with `chars`, the log-probability of each character too."""
    tally = score.tally
    columns = [f"{-tally.nats / unit:.6f}", f"{tally.bits_per_character:.4f}", score.text.translate(ESCAPES)]
    if chars:
        columns.append(" ".join(f"{nats / unit:.4f}" for nats in score.log_probs.tolist()))
    return "\t".join(columns)


def as_json(score: SentenceScore, number: int, base: str, chars: bool) -> str:
    tally, unit = score.tally, math.log(BASES[base])
    record: dict[str, Any] = {
        "line": number,
        "text": score.text,
        "logprob": -tally.nats / unit,
        "base": base,
        **_without(tally.to_json(), "nats_per_character"),
    }
    if chars:
        symbols = [*score.text, "\n"]
        if len(symbols) != len(score.log_probs):  # a model of bytes
            symbols = [f"\\x{byte:02x}" for byte in score.text.encode()] + ["\n"]
        record["chars"] = [[symbol, nats / unit] for symbol, nats in zip(symbols, score.log_probs.tolist(), strict=True)]
    return json.dumps(record, ensure_ascii=False)


def _without(record: dict[str, Any], key: str) -> dict[str, Any]:
    return {k: v for k, v in record.items() if k != key}


def summary_json(tally: Tally) -> dict[str, Any]:
    """The figures of a tally, with and without unknown characters; null where there is none to divide by."""
    both = tally.to_json() | {"known": _without(tally.without_unknown().to_json(), "unknown")}
    return json.loads(json.dumps(both), parse_constant=lambda constant: None)


def print_summary(tally: Tally, layout: str) -> None:
    if layout == "jsonl":
        sys.stdout.write(json.dumps(summary_json(tally)) + "\n")
        return
    known = tally.without_unknown()
    rows = [("characters", "{:,}", tally.characters, known.characters)]
    for name in ("nats_per_character", "bits_per_character", "perplexity"):
        rows.append((name.replace("_", " "), "{:.4f}", getattr(tally, name), getattr(known, name)))
    sys.stdout.write(f"{'':20}{'all':>14}{'without unknown':>18}\n")
    for name, form, everything, without in rows:
        sys.stdout.write(f"{name:20}{form.format(everything):>14}{form.format(without):>18}\n")
    sys.stdout.write(f"{'unknown characters':20}{tally.unknown:>14,}\n")
