"""How scores are printed: as columns, as JSON, or as kenlm's query and SRILM's ngram -ppl -debug 1 print them.

numpy is needed only when something is printed, so that naming the layouts does not wait for it.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from charrnn.files import strict_json
from charrnn.report.layouts import ESCAPES, columns, json_line
from charrnn.wording import symbol_name

if TYPE_CHECKING:
    from charrnn.models.language_model import Tally
    from charrnn.report.score_options import PrintOptions
    from charrnn.scoring.labels import Labelled
    from charrnn.scoring.log_probs import SentenceScore
    from charrnn.scoring.pairs import KindScore, PairScore
    from charrnn.scoring.pseudo import PseudoScore
    from charrnn.scoring.units import Unit
    from charrnn.text.vocabulary import Vocabulary

BASES = {"e": math.e, "2": 2.0, "10": 10.0}
_MARKS = str.maketrans({"\t": "␉", "\r": "␍", "\n": "⏎"})
_SEEN = {"\t": "\\t", "\r": "\\r", "\n": "\\n"}  # tokens of tables that are one such character


class Layout:
    """How scores are printed: a line for each kind of score, the figures over all of them, and what ends the lines."""

    usual_base = "10"

    def __init__(self, options: "PrintOptions", vocabulary: "Vocabulary"):
        self.options, self.vocabulary, self.level = options, vocabulary, vocabulary.level
        self.base = options.base or self.usual_base
        self.unit = math.log(BASES[self.base])  # nats in one of the logarithms printed

    def head(self) -> str:
        """What stands before the lines of all scores."""
        return ""

    def sentence(self, score: "SentenceScore", number: int) -> str:
        raise NotImplementedError

    def pseudo(self, score: "PseudoScore", number: int) -> str:
        raise NotImplementedError

    def label(self, score: "Labelled", number: int) -> str:
        raise NotImplementedError

    def pair(self, score: "PairScore", number: int) -> str:
        raise NotImplementedError

    def kinds(self, scores: "Sequence[KindScore]") -> str:
        """The figures of minimal pairs."""
        raise NotImplementedError

    def summary(self, tally: "Tally", sentences: int) -> str:
        raise NotImplementedError

    def end(self, tally: "Tally", sentences: int) -> str:
        """What follows the lines of all scores."""
        return ""


class Tsv(Layout):
    """Log-probability, bits per character and text; figures of dynamic evaluation are followed by that name."""

    def head(self):
        options = self.options
        if not options.header:
            return ""
        if options.labels is not None:
            return columns("label", "posterior", "text")
        names = ["line"] if options.rank else []
        names += [f"{'pseudo_' if options.pseudo else ''}logprob_base_{self.base}", "bits_per_character", "text"]
        for name, there in (("span", options.spans), ("dynamic_evaluation", options.adapt), ("chars", options.chars)):
            names += [name] if there else []
        return columns(*names, *(["typos"] if options.typos else []))

    def sentence(self, score, number):
        added = [_span(score)] if self.options.spans else []
        if self.options.adapt is not None:
            added.append(f"dynamic evaluation, rate {self.options.adapt:g}")
        return self._columns(score, number, added)

    def pseudo(self, score, number):
        return self._columns(score, number, [], [] if score.typos is None else [self._typos(score)])

    def _typos(self, score: "PseudoScore") -> str:
        typos = score.typos or ()
        if overwhelmed(score):
            return f"{len(typos)} of {len(score.log_probs)} characters"
        return " ".join(f"{one.place}:{one.written}>{one.likelier}:{one.nats / self.unit:.2f}" for one in typos)

    def _columns(self, score, number, added, last=()):
        """The columns of every score; with --chars, then the log-probability of each character."""
        tally = score.tally
        values = [f"{-tally.spelt_nats / self.unit:.6f}", f"{tally.bits_per_character:.4f}", score.text, *added]
        if self.options.rank:
            values.insert(0, str(number))
        if self.options.chars:
            values.append(" ".join(f"{nats / self.unit:.4f}" for nats in score.log_probs.tolist()))
        return columns(*values, *last)

    def label(self, score, number):
        return columns(score.label, f"{score.posterior[score.label]:.4f}", score.text)

    def kinds(self, scores):
        margins = [f"{name}_base_{self.base}" for name in ("margin", "margin_sd")]
        lines = [columns("kind", "pairs", "right", "accuracy", *margins)]
        for one in scores:
            deviation = "" if one.deviation is None else f"{one.deviation / self.unit:.4f}"
            figures = f"{one.accuracy:.4f}", f"{one.margin / self.unit:.4f}", deviation
            lines.append(columns(one.kind or "overall", str(one.pairs), str(one.right), *figures))
        return "\n".join(lines)

    def summary(self, tally, sentences):
        known, symbol = tally.without_unknown(), symbol_name(self.level)
        symbol = "word" if symbol == "word" else "character"
        rows = [(f"{symbol}s", "{:,}", tally.characters, known.characters)]
        if tally.spelling and known.spelling:
            rows.append(("characters", "{:,}", tally.spelling.characters, known.spelling.characters))
        for name in ("nats_per_character", "bits_per_character", "perplexity"):
            rows.append((name.replace("_", " "), "{:.4f}", getattr(tally, name), getattr(known, name)))
        lines = [f"{'':20}{'all':>14}{'without unknown':>18}"]
        if self.options.adapt is not None:
            lines.insert(0, f"dynamic evaluation, rate {self.options.adapt:g}: the weights followed the text")
        lines += [f"{name:20}{form.format(all_):>14}{form.format(without):>18}" for name, form, all_, without in rows]
        return "\n".join([*lines, f"{f'unknown {symbol}s':20}{tally.unknown:>14,}"])


class Jsonl(Layout):
    """One JSON object a line."""

    def sentence(self, score, number):
        tally = score.tally
        figures = {k: v for k, v in tally.to_json().items() if k != "nats_per_character"}
        record = {
            "line": number,
            "text": score.text,
            "logprob": -tally.spelt_nats / self.unit,
            "base": self.base,
            **figures,
        }
        if self.options.adapt is not None:
            record["dynamic_evaluation"] = self.options.adapt
        if score.span:
            record["span"] = asdict(score.span)
        if self.options.chars:
            values = zip(self._symbols(score.text), score.log_probs.tolist(), strict=True)
            record["chars"] = [[symbol, nats / self.unit] for symbol, nats in values]
        return json_line(record)

    def _symbols(self, text: str) -> list[str]:
        """The characters (or bytes, or words) of a sentence and the newline that ends it."""
        if self.level == "byte":
            return [f"\\x{byte:02x}" for byte in text.encode("utf-8", "surrogateescape")] + ["\n"]
        return [*self.vocabulary.parts(text), "\n"]

    def pseudo(self, score, number):
        tally = score.tally
        record: dict[str, Any] = {
            "line": number,
            "text": score.text,
            "pseudo_logprob": -tally.nats / self.unit,
            "base": self.base,
            "characters": tally.characters,
            "bits_per_character": tally.bits_per_character if tally.characters else None,
            "unknown": tally.unknown,
        }
        if self.options.chars:
            record["chars"] = (score.log_probs / self.unit).tolist()
        if score.typos is not None:
            record["typos"] = [
                {"place": t.place, "written": t.written, "likelier": t.likelier, "logratio": t.nats / self.unit}
                for t in score.typos
            ]
        return json_line(record)

    def label(self, score, number):
        return json_line({"label": score.label, "posterior": score.posterior, "given": score.given, "text": score.text})

    def pair(self, score, number):
        record = {
            "pair": number,
            "kind": score.pair.kind,
            "right": score.right,
            "margin": score.margin / self.unit,
            "base": self.base,
        }
        for name, text, tally in (("good", score.pair.good, score.good), ("bad", score.pair.bad, score.bad)):
            record[name] = {"text": text, "logprob": -tally.spelt_nats / self.unit, "unknown": tally.unknown}
        return json_line(record)

    def kinds(self, scores):
        def record(one: "KindScore") -> dict[str, Any]:
            deviation = None if one.deviation is None else one.deviation / self.unit
            figures = {"margin": one.margin / self.unit, "margin_sd": deviation, "base": self.base}
            return {"kind": one.kind, "pairs": one.pairs, "right": one.right, "accuracy": one.accuracy, **figures}

        return "\n".join(json_line(record(one)) for one in scores)

    def summary(self, tally, sentences):
        figures = summary_json(tally)
        if self.options.adapt is not None:  # under its own name, so that nobody takes it for the plain figure
            figures = {"dynamic_evaluation": {"rate": self.options.adapt, **figures}}
        return json.dumps(figures)


class Table(Layout):
    """A header, then a row for each unit; what was not asked for is empty. Surprisal and entropy are in bits, or in
    logarithms of the base that their columns name."""

    usual_base = "2"

    def head(self):
        base = "" if self.base == "2" else f"_base_{self.base}"
        names = f"sentence_id token_id token surprisal{base} entropy{base} rank start end oov"
        return columns(*names.split())

    def sentence(self, score, number):
        return "\n".join(self._row(unit, number, token) for token, unit in enumerate(score.units, 1))

    def _row(self, unit: "Unit", number: int, token: int) -> str:
        text = unit.text
        if self.options.unit == "char" and self.level == "byte":
            text = f"\\x{ord(text.encode('utf-8', 'surrogateescape')):02x}"
        entropy = "" if unit.entropy is None else f"{unit.entropy / self.unit:.6f}"
        rank = "" if unit.rank is None else str(unit.rank)
        shown = (_SEEN.get(text, text), f"{unit.nats / self.unit:.6f}", entropy, rank)
        return columns(str(number), str(token), *shown, str(unit.start), str(unit.end), str(unit.unknown))


class Kenlm(Layout):
    """`word=id length log10p` of each character and of </s>, then the total. The length is that of all that was read."""

    def sentence(self, score, number):
        from charrnn.models.ngram.arpa import arpa_word

        words = [arpa_word(part, self.level) for part in self.vocabulary.parts(score.text)]
        predicted = zip([*words, "</s>"], score.ids[1:].tolist(), score.log_probs.tolist(), strict=True)
        tokens = [f"{word}={k} {place} {nats / self.unit:.7g}" for place, (word, k, nats) in enumerate(predicted, 2)]
        return "\t".join([*tokens, f"Total: {-score.tally.nats / self.unit:.7g} OOV: {score.tally.unknown}"])

    def summary(self, tally, sentences):
        figures = [("including", tally.perplexity), ("excluding", tally.without_unknown().perplexity)]
        lines = [f"Perplexity {what} OOVs:\t{value:.7g}" for what, value in figures]
        return "\n".join([*lines, f"OOVs:\t{tally.unknown}", f"Tokens:\t{tally.characters}"])

    def end(self, tally, sentences):
        return self.summary(tally, sentences)


class Srilm(Layout):
    """The text and two lines, unknown characters left out of the logarithm as in SRILM; ppl counts sentence ends, ppl1
    does not."""

    def sentence(self, score, number):
        return f"{score.text.translate(ESCAPES)}\n{self._figures(score.tally, 1)}\n"

    def summary(self, tally, sentences):
        return f"all: {self._figures(tally, sentences)}"

    def end(self, tally, sentences):
        return self.summary(tally, sentences)

    def _figures(self, tally: "Tally", sentences: int) -> str:
        known = tally.without_unknown()
        logarithm = -known.nats / math.log(10)

        def perplexity(count: int) -> str:
            return f"{10 ** (-logarithm / count):.6g}" if count else "undefined"

        words = tally.characters - sentences
        counts = f"{sentences} sentences, {words} words, {tally.unknown} OOVs"
        both = f"ppl= {perplexity(known.characters)} ppl1= {perplexity(known.characters - sentences)}"
        return f"{counts}\n0 zeroprobs, logprob= {logarithm:.6g} {both}"


LAYOUTS: dict[str, type[Layout]] = {"tsv": Tsv, "jsonl": Jsonl, "table": Table, "kenlm": Kenlm, "srilm": Srilm}


def overwhelmed(score: Any) -> bool:
    """Whether more than half of a line's characters are a surprising span, or look like typos: the model does not know such
    text, and what it expected says nothing."""
    if getattr(score, "span", None):
        return 2 * (score.span.end - score.span.begin + 1) > len(score.log_probs)
    return 2 * len(getattr(score, "typos", None) or ()) > len(score.log_probs)


def _span(score: "SentenceScore") -> str:
    """The surprising span of a sentence, if there is one, and unless it is most of the sentence what was expected."""
    span = score.span
    if span is None:
        return ""
    place = f"{span.begin}-{span.end}"
    if overwhelmed(score):
        return f"{place} of {len(score.log_probs)} characters"
    return f"{place} [{span.found}] expected [{span.expected}]".translate(_MARKS)


def summary_json(tally: "Tally") -> dict[str, Any]:
    """The figures of a tally, with and without unknown characters; null where there is none to divide by."""
    known = {k: v for k, v in tally.without_unknown().to_json().items() if k != "unknown"}
    return strict_json(tally.to_json() | {"known": known})
