"""Scores of lines and texts, printed."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from charrnn.models.language_model import LanguageModel, Tally
from charrnn.report.say import say
from charrnn.report.score_layouts import LAYOUTS, Layout, overwhelmed
from charrnn.report.score_options import PrintOptions
from charrnn.scoring.labels import Labelled
from charrnn.scoring.pairs import by_kind
from charrnn.scoring.pseudo import PseudoScore
from charrnn.scoring.score import Score, context_text, total
from charrnn.text.vocabulary import Vocabulary, listed


@dataclass
class _Doubts:
    """Lines whose spans or typos are most of them, and their unknown characters, of all lines."""

    lines: int = 0
    overwhelmed: int = 0
    unknown: int = 0

    def see(self, score: Any) -> None:
        self.lines += 1
        self.overwhelmed += overwhelmed(score)
        self.unknown += score.tally.unknown

    def say(self, options: PrintOptions) -> None:
        name = "--spans" if options.spans else "--typos"
        if self.unknown:
            say(f"{name}: unknown characters: {self.unknown:,}; what is found there says only that the model lacks them")
        if self.overwhelmed:
            most = f"in {self.overwhelmed:,} of {self.lines:,} lines most of the characters are surprises"
            say(f"{name}: {most}; the model has hardly learnt such text")


def say_context(model: LanguageModel, options: PrintOptions) -> None:
    """Say where the context is a file's, and which of its characters the model does not know."""
    text = context_text(model, options)
    if text != (options.context or ""):
        say(f"--context: the text of {options.context}, {len(text):,} characters")
    if missing := model.vocabulary.unknown_in(text):
        say(f"--context: read as the unknown symbol, for the model does not know them: {listed(missing)}")


def print_scores(groups: Iterable[Iterable[Score]], options: PrintOptions, vocabulary: Vocabulary) -> None:
    """A line for each score as they come; with --summary, --stream and --pairs those over all. vocabulary: the model's."""
    layout, doubts = LAYOUTS[options.format](options, vocabulary), _Doubts()
    if options.pairs:
        _print_pairs(groups, layout)
    elif options.summary or options.stream:
        _write(layout.summary(*total(groups)))
    else:
        groups = _headed(groups, layout)
        if options.rank:
            _print_ranked(groups, layout, doubts)
        else:
            _print_lines(groups, layout, doubts)
    if options.spans or options.typos:
        doubts.say(options)


def _headed(groups: Iterable[Iterable[Score]], layout: Layout) -> Iterator[Iterable[Score]]:
    """The groups; the head is printed once the first has come, so that nothing is where it cannot be read."""
    groups = iter(groups)
    first = next(groups, ())
    if head := layout.head():
        _write(head)
    yield first
    yield from groups


def _print_ranked(groups: Iterable[Iterable[Any]], layout: Layout, doubts: _Doubts) -> None:
    scores = [score for group in groups for score in group]
    for number, score in sorted(enumerate(scores, 1), key=lambda pair: -pair[1].tally.bits_per_character):
        doubts.see(score)
        _write(_line(layout, score, number))


def _print_lines(groups: Iterable[Iterable[Score]], layout: Layout, doubts: _Doubts) -> None:
    tally, number, right, given = Tally(), 0, 0, 0
    for group in groups:
        for score in group:
            number += 1
            _write(_line(layout, score, number))
            if isinstance(score, Labelled):
                right, given = right + (score.label == score.given), given + (score.given is not None)
            else:
                tally += score.tally  # type: ignore[union-attr]
                doubts.see(score)
        sys.stdout.flush()  # whoever waits at the other end of a pipe gets the answer
    if end := layout.end(tally, number):
        _write(end)
    if given:
        say(f"labels: {right:,} of {given:,} given ones are right, {right / given:.1%}")


def _print_pairs(groups: Iterable[Iterable[Any]], layout: Layout) -> None:
    """Each pair (JSON without --summary), or the figures of all."""
    options, scores = layout.options, []
    each = options.format == "jsonl" and not options.summary
    for group in groups:
        for score in group:
            scores.append(score)
            if each:
                _write(layout.pair(score, len(scores)))
    if not each:
        _write(layout.kinds(by_kind(scores)))
    if doubtful := sum(score.good.unknown + score.bad.unknown > 0 for score in scores):
        say(f"--pairs: {doubtful:,} of {len(scores):,} pairs have characters that the model does not know")


def _line(layout: Layout, score: Score, number: int) -> str:
    if isinstance(score, Labelled):
        return layout.label(score, number)
    if isinstance(score, PseudoScore):
        return layout.pseudo(score, number)
    return layout.sentence(score, number)  # type: ignore[arg-type]


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
