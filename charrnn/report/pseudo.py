"""Pseudo-likelihoods as they are printed, and the characters that look like typing errors."""

import json
import math
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from charrnn.inference.pseudo import PseudoScore, pseudo_sentences, pseudo_stream_tally
from charrnn.models.language_model import LanguageModel
from charrnn.report.scores import BASES, as_columns, print_summary, scored_lines, stream_summary, total


def print_summary_of(
    model: LanguageModel, names: Sequence[str], texts: Sequence[str], encoding: str, layout: str, *, stream: bool
) -> None:
    """Print the pseudo-likelihood of all lines together, or of each file as one stream."""
    if stream:
        tally = stream_summary(model, names, encoding, pseudo_stream_tally)
    else:
        tally = total(scored_lines(model, names, texts, encoding, pseudo_sentences))
    print_summary(tally, layout)


def print_lines(
    model: LanguageModel, scores: Iterable[PseudoScore], layout: str, base: str, *, chars: bool, typos: bool
) -> None:
    unit = math.log(BASES[base])
    for number, score in enumerate(scores, 1):
        suspects = suspicious(model, score, unit) if typos else None
        if layout == "jsonl":
            line = as_json(score, number, base, chars, suspects)
        else:
            line = as_columns(score, unit, chars)
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


def as_json(score: PseudoScore, number: int, base: str, chars: bool, suspects: list[dict[str, Any]] | None) -> str:
    tally, unit = score.tally, math.log(BASES[base])
    record: dict[str, Any] = {
        "line": number,
        "text": score.text,
        "pseudo_logprob": -tally.nats / unit,
        "base": base,
        "characters": tally.characters,
        "bits_per_character": tally.bits_per_character if tally.characters else None,
        "unknown": tally.unknown,
    }
    if chars:
        record["chars"] = (score.log_probs / unit).tolist()
    if suspects is not None:
        record["typos"] = suspects
    return json.dumps(record, ensure_ascii=False)
