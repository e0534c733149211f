"""Pseudo-likelihoods as they are printed, and the characters that look like typing errors."""

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from charrnn.models.language_model import LanguageModel, Tally
from charrnn.report.score_layouts import Look, as_columns, json_line
from charrnn.report.scores import print_summary, scored_lines, total
from charrnn.scoring.pseudo import PseudoScore, pseudo_sentences, pseudo_stream_tally
from charrnn.text.corpus import read_units


def print_summary_of(
    model: LanguageModel, names: Sequence[str], texts: Sequence[str], encoding: str, look: Look, *, stream: bool
) -> None:
    """Print the pseudo-likelihood of all lines together, or of each file as one stream."""
    if not stream:
        print_summary(*total(scored_lines(model, names, texts, encoding, pseudo_sentences)), look)
        return
    level = model.vocabulary.level
    units = (read_units([name], level=level, encoding=encoding) for name in names)
    tallies = [pseudo_stream_tally(model, model.vocabulary.encode(each)) for each in units]
    print_summary(sum(tallies, Tally()), len(tallies), look)


def print_lines(
    model: LanguageModel, names: Sequence[str], texts: Sequence[str], encoding: str, look: Look, *, typos: bool
) -> None:
    """Print the pseudo-likelihood of each line, and with `typos` the characters that look wrong."""
    for number, score in enumerate(scored_lines(model, names, texts, encoding, pseudo_sentences), 1):
        suspects = suspicious(model, score, look.unit) if typos else None
        if look.layout == "jsonl":
            line = as_json(score, number, look, suspects)
        else:
            line = as_columns(score, number, look, None)
            if suspects is not None:
                line += "\t" + " ".join("{place}:{written}>{likelier}:{logratio:.2f}".format(**each) for each in suspects)
        sys.stdout.write(line + "\n")


def suspicious(model: LanguageModel, score: PseudoScore, unit: float) -> list[dict[str, Any]]:
    """The characters for which another is likelier given both sides, the most doubtful first: at which place (from 1),
    what is written, what is likelier, and by what log-ratio."""
    places = np.flatnonzero(score.gains > 0)
    places = places[np.argsort(-score.gains[places], kind="stable")]
    symbols = "?" + model.vocabulary.symbols
    written = score.text if model.vocabulary.level == "char" else [symbols[k] for k in score.ids]
    return [
        {
            "place": int(k) + 1,
            "written": written[k],
            "likelier": symbols[score.likeliest[k]],
            "logratio": float(score.gains[k]) / unit,
        }
        for k in places
    ]


def as_json(score: PseudoScore, number: int, look: Look, suspects: list[dict[str, Any]] | None) -> str:
    tally = score.tally
    record: dict[str, Any] = {
        "line": number,
        "text": score.text,
        "pseudo_logprob": -tally.nats / look.unit,
        "base": look.base,
        "characters": tally.characters,
        "bits_per_character": tally.bits_per_character if tally.characters else None,
        "unknown": tally.unknown,
    }
    if look.chars:
        record["chars"] = (score.log_probs / look.unit).tolist()
    if suspects is not None:
        record["typos"] = suspects
    return json_line(record)
