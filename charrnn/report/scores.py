"""Scores of lines and texts, printed."""

import sys
from collections.abc import Iterable

from charrnn.models.language_model import Tally
from charrnn.report.say import say
from charrnn.report.score_layouts import LAYOUTS, Layout, PrintOptions
from charrnn.scoring.labels import Labelled
from charrnn.scoring.pseudo import PseudoScore
from charrnn.scoring.score import Score, total


def print_scores(groups: Iterable[Iterable[Score]], options: PrintOptions, level: str) -> None:
    """A line for each score as they come, or with --summary and --stream the figures over all. level: the model's."""
    layout = LAYOUTS[options.format](options, level)
    if options.summary or options.stream:
        _write(layout.summary(*total(groups)))
    elif options.rank:
        scores = [score for group in groups for score in group]
        ranked = sorted(enumerate(scores, 1), key=lambda pair: -pair[1].tally.bits_per_character)  # type: ignore[union-attr]
        for number, score in ranked:
            _write(_line(layout, score, number))
    else:
        _print_lines(groups, layout)


def _print_lines(groups: Iterable[Iterable[Score]], layout: Layout) -> None:
    tally, number, right, given = Tally(), 0, 0, 0
    for group in groups:
        for score in group:
            number += 1
            _write(_line(layout, score, number))
            if isinstance(score, Labelled):
                right, given = right + (score.label == score.given), given + (score.given is not None)
            else:
                tally += score.tally
        sys.stdout.flush()  # whoever waits at the other end of a pipe gets the answer
    if end := layout.end(tally, number):
        _write(end)
    if given:
        say(f"labels: {right:,} of {given:,} given ones are right, {right / given:.1%}")


def _line(layout: Layout, score: Score, number: int) -> str:
    if isinstance(score, Labelled):
        return layout.label(score, number)
    if isinstance(score, PseudoScore):
        return layout.pseudo(score, number)
    return layout.sentence(score, number)  # type: ignore[arg-type]


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
