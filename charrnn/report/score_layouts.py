"""A line's score as it is printed: as columns, as JSON, or as kenlm's query and SRILM's ngram -ppl -debug 1 print it."""

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from charrnn.models.language_model import Tally
from charrnn.models.ngram.arpa import arpa_word
from charrnn.scoring.pseudo import PseudoScore
from charrnn.scoring.score import SentenceScore
from charrnn.scoring.spans import Span
from charrnn.text.vocabulary import to_units

BASES = {"e": math.e, "2": 2.0, "10": 10.0}
# Lone carriage returns and the like would break a line in two on the way out; tabs would add columns.
ESCAPES = str.maketrans({"\t": " ", "\r": " ", "\n": " "})
_MARKS = str.maketrans({"\t": "␉", "\r": "␍", "\n": "⏎"})


@dataclass(frozen=True)
class Look:
    """How scores are to be printed: `level` is the model's, `adapted` the rate of dynamic evaluation where there was one."""

    layout: str = "tsv"
    base: str = "10"
    chars: bool = False
    rank: bool = False
    level: str = "char"
    adapted: float | None = None

    @property
    def unit(self) -> float:
        return math.log(BASES[self.base])


def json_line(record: dict[str, Any]) -> str:
    """The record as JSON; bytes that are not UTF-8, in the texts of models of bytes, as escapes such as \\udcff."""
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


def as_columns(score: SentenceScore | PseudoScore, number: int, look: Look, span: Span | None) -> str:
    """Log-probability, bits per character and text; with `chars`, the log-probability of each character too.

    Figures of dynamic evaluation are followed by that name.
    """
    tally = score.tally
    columns = [f"{-tally.nats / look.unit:.6f}", f"{tally.bits_per_character:.4f}", score.text.translate(ESCAPES)]
    if look.rank:
        columns.insert(0, str(number))
    if span:
        columns.append(f"{span.begin}-{span.end} [{span.found}] expected [{span.expected}]".translate(_MARKS))
    if look.adapted is not None:
        columns.append(f"dynamic evaluation, rate {look.adapted:g}")
    if look.chars:
        columns.append(" ".join(f"{nats / look.unit:.4f}" for nats in score.log_probs.tolist()))
    return "\t".join(columns)


def as_json(score: SentenceScore, number: int, look: Look, span: Span | None) -> str:
    tally = score.tally
    figures = {k: v for k, v in tally.to_json().items() if k != "nats_per_character"}
    record: dict[str, Any] = {"line": number, "text": score.text, "logprob": -tally.nats / look.unit, "base": look.base}
    record |= figures
    if look.adapted is not None:
        record["dynamic_evaluation"] = look.adapted
    if span:
        record["span"] = asdict(span)
    if look.chars:
        symbols = [*score.text, "\n"]
        if look.level == "byte":
            symbols = [f"\\x{byte:02x}" for byte in to_units(score.text, look.level).tolist()] + ["\n"]
        values = zip(symbols, score.log_probs.tolist(), strict=True)
        record["chars"] = [[symbol, nats / look.unit] for symbol, nats in values]
    return json_line(record)


def as_kenlm(score: SentenceScore, number: int, look: Look, span: Span | None) -> str:
    """`word=id length log10p` of each character and of </s>, then the total. The length is that of all that was read."""
    words = [arpa_word(chr(unit), look.level) for unit in to_units(score.text, look.level).tolist()]
    predicted = zip([*words, "</s>"], score.ids[1:].tolist(), score.log_probs.tolist(), strict=True)
    tokens = [f"{word}={k} {place} {nats / look.unit:.7g}" for place, (word, k, nats) in enumerate(predicted, 2)]
    return "\t".join([*tokens, f"Total: {-score.tally.nats / look.unit:.7g} OOV: {score.tally.unknown}"])


def as_srilm(score: SentenceScore, number: int, look: Look, span: Span | None) -> str:
    return f"{score.text.translate(ESCAPES)}\n{srilm_figures(score.tally, 1)}\n"


def srilm_figures(tally: Tally, sentences: int) -> str:
    """Two lines, unknown characters left out of the logarithm as in SRILM; ppl counts sentence ends, ppl1 does not."""
    known = tally.without_unknown()
    logarithm = -known.nats / math.log(10)

    def perplexity(count: int) -> str:
        return f"{10 ** (-logarithm / count):.6g}" if count else "undefined"

    words = tally.characters - sentences
    counts = f"{sentences} sentences, {words} words, {tally.unknown} OOVs"
    both = f"ppl= {perplexity(known.characters)} ppl1= {perplexity(known.characters - sentences)}"
    return f"{counts}\n0 zeroprobs, logprob= {logarithm:.6g} {both}"


def kenlm_figures(tally: Tally) -> str:
    figures = [("including", tally.perplexity), ("excluding", tally.without_unknown().perplexity)]
    lines = [f"Perplexity {what} OOVs:\t{value:.7g}" for what, value in figures]
    return "\n".join([*lines, f"OOVs:\t{tally.unknown}", f"Tokens:\t{tally.characters}"])


LAYOUTS: dict[str, Callable[[SentenceScore, int, Look, Span | None], str]] = {
    "tsv": as_columns,
    "jsonl": as_json,
    "kenlm": as_kenlm,
    "srilm": as_srilm,
}
