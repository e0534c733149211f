"""Scores of lines and texts, computed and printed."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from charrnn.files import strict_json
from charrnn.models.language_model import LanguageModel, Tally
from charrnn.report.say import say
from charrnn.report.score_layouts import LAYOUTS, Look, json_line, kenlm_figures, srilm_figures
from charrnn.scoring.adapt import adapted_log_probs, check_adaptable
from charrnn.scoring.labels import classify
from charrnn.scoring.score import SentenceScore, score_sentences, sentence_ids, stream_tally, tally_of
from charrnn.scoring.spans import surprising_span
from charrnn.text.corpus import read_units
from charrnn.text.lines import line_groups, size_of


def scored_lines(
    model: LanguageModel,
    names: Sequence[str],
    texts: Sequence[str],
    encoding: str,
    score: Callable[[LanguageModel, Sequence[str]], Sequence[Any]] = score_sentences,
) -> Iterator[Any]:
    """The scores, SentenceScore unless `score` gives others, of the texts, then of the lines of the files as they come."""
    model.prepare(sum(map(size_of, names)))
    seen = 0
    for group in _groups(model, names, texts, encoding):
        seen += sum(map(len, group))
        model.prepare(seen)
        yield from score(model, group)
        sys.stdout.flush()


def adapted_lines(
    model: LanguageModel, names: Sequence[str], texts: Sequence[str], encoding: str, *, rate: float, reset: bool
) -> Iterator[SentenceScore]:
    """As scored_lines, by dynamic evaluation; with `reset` each line meets the model as it was trained."""
    check_adaptable(model)
    current = model
    for group in _groups(model, names, texts, encoding):
        for text in group:
            ids = sentence_ids(model.vocabulary, text)
            log_probs, after = adapted_log_probs(current, ids, rate)
            current = model if reset else after
            yield SentenceScore(text, ids, log_probs)
        sys.stdout.flush()


def print_labels(
    model: LanguageModel, names: Sequence[str], texts: Sequence[str], encoding: str, labels: Sequence[str], layout: str
) -> None:
    """For each line its likeliest label, its posterior, and the text; in the end the accuracy against given labels."""
    right = given = 0
    for group in _groups(model, names, texts, encoding):
        for one in classify(model, group, labels):
            if layout == "jsonl":
                record = {"label": one.label, "posterior": one.posterior, "given": one.given, "text": one.text}
                sys.stdout.write(json_line(record) + "\n")
            else:
                sys.stdout.write(f"{one.label}\t{one.posterior[one.label]:.4f}\t{one.text}\n")
            right, given = right + (one.label == one.given), given + (one.given is not None)
        sys.stdout.flush()
    if given:
        say(f"labels: {right:,} of {given:,} given ones are right, {right / given:.1%}")


def _groups(model: LanguageModel, names: Sequence[str], texts: Sequence[str], encoding: str) -> Iterator[Sequence[str]]:
    if texts:
        yield texts
    for name in names:
        yield from line_groups(name, level=model.vocabulary.level, encoding=encoding)


def stream_summary(
    model: LanguageModel, names: Sequence[str], encoding: str, *, rate: float | None = None, reset: bool = False
) -> Tally:
    """The tally of the files, each read as one text from its own fresh state; with a rate, by dynamic evaluation."""
    if rate is not None:
        check_adaptable(model)
    tally, current = Tally(), model
    for name in names:
        ids = model.vocabulary.encode(read_units([name], level=model.vocabulary.level, encoding=encoding))
        if rate is None:
            model.prepare(len(ids))
            tally += stream_tally(model, ids)
        else:
            log_probs, after = adapted_log_probs(current, ids, rate)
            current = model if reset else after
            tally += tally_of(ids[1:], log_probs)
    return tally


def total(scores: Iterable[Any]) -> tuple[Tally, int]:
    """The tally of all scores, and how many there are."""
    tallies = [score.tally for score in scores]
    return sum(tallies, Tally()), len(tallies)


def print_lines(scores: Iterable[SentenceScore], look: Look, spans_by: LanguageModel | None = None) -> None:
    """A line for each score; with `rank` the most surprising first, with a model given its surprising stretches too.

    In the layouts of kenlm and SRILM the figures of all lines follow, as they do there.
    """
    numbered: Iterable[tuple[int, SentenceScore]] = enumerate(scores, 1)
    if look.rank:
        numbered = sorted(numbered, key=lambda pair: -pair[1].tally.bits_per_character)
    tally, count = Tally(), 0
    for number, score in numbered:
        span = surprising_span(spans_by, score.text) if spans_by is not None else None
        sys.stdout.write(LAYOUTS[look.layout](score, number, look, span) + "\n")
        tally, count = tally + score.tally, count + 1
    if look.layout in ("kenlm", "srilm"):
        print_summary(tally, count, look)


def summary_json(tally: Tally) -> dict[str, Any]:
    """The figures of a tally, with and without unknown characters; null where there is none to divide by."""
    known = {k: v for k, v in tally.without_unknown().to_json().items() if k != "unknown"}
    return strict_json(tally.to_json() | {"known": known})


def print_summary(tally: Tally, sentences: int, look: Look) -> None:
    if look.layout == "jsonl":
        figures = summary_json(tally)
        if look.adapted is not None:  # under its own name, so that nobody takes it for the plain figure
            figures = {"dynamic_evaluation": {"rate": look.adapted, **figures}}
        sys.stdout.write(json.dumps(figures) + "\n")
    elif look.layout == "kenlm":
        sys.stdout.write(kenlm_figures(tally) + "\n")
    elif look.layout == "srilm":
        sys.stdout.write(f"all: {srilm_figures(tally, sentences)}\n")
    else:
        _print_table(tally, look.adapted)


def _print_table(tally: Tally, adapted: float | None) -> None:
    known = tally.without_unknown()
    rows = [("characters", "{:,}", tally.characters, known.characters)]
    for name in ("nats_per_character", "bits_per_character", "perplexity"):
        rows.append((name.replace("_", " "), "{:.4f}", getattr(tally, name), getattr(known, name)))
    if adapted is not None:
        sys.stdout.write(f"dynamic evaluation, rate {adapted:g}: the weights followed the text\n")
    sys.stdout.write(f"{'':20}{'all':>14}{'without unknown':>18}\n")
    for name, form, everything, without in rows:
        sys.stdout.write(f"{name:20}{form.format(everything):>14}{form.format(without):>18}\n")
    sys.stdout.write(f"{'unknown characters':20}{tally.unknown:>14,}\n")
