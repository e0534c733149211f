"""The learning curve as a picture: SVG, written out by hand, so that it costs next to nothing at each evaluation."""

import math
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from charrnn.files import write_bytes
from charrnn.report.say import unit_of
from charrnn.training.journal import Journal
from charrnn.training.task import Task

WIDTH, HEIGHT = 720, 420  # pixels
LEFT, RIGHT, TOP, BOTTOM = 64, 656, 24, 364  # of the frame
END = 540  # where the curves end: what they have reached is written between there and the frame
LINE = 16  # of text
DOTS = 40  # evaluations, at most, that are dots on the line
TRAINING, HELD_OUT, BASELINE, INK, FAINT = "#8a8a8a", "#c0392b", "#2c3e50", "#444", "#e4e4e4"

Points = list[tuple[float, float]]


class Scale(NamedTuple):
    """From figures to pixels."""

    low: float
    high: float
    first: float
    last: float

    def __call__(self, value: float) -> float:
        return round(self.first + (value - self.low) / (self.high - self.low) * (self.last - self.first), 1)

    def ticks(self, factor: float = 1.0) -> list[tuple[float, str]]:
        """Some four to eight round values of figures times a factor, as pixels and text."""
        low, high = self.low * factor, self.high * factor
        rough = (high - low) / 6
        tenth = 10 ** math.floor(math.log10(rough))
        step = next(tenth * k for k in (1, 2, 5, 10) if tenth * k >= rough)
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        values = (k * step for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1))
        return [(self(value / factor), f"{value:,.{decimals}f}") for value in values]


def draw_curve(journal: Journal, path: Path, task: Task) -> None:
    """Write the task's training and held-out figures over what was learnt from, what its baseline reached, and where the run
    was resumed; nothing before the first evaluation."""
    if journal.history:
        write_bytes(path, "\n".join(_picture(journal, task)).encode())


def _picture(journal: Journal, task: Task) -> Iterator[str]:
    name, factor = task.shown_as
    most = journal.history[-1].predictions
    held_out = _points((line.predictions, line.held_out) for line in journal.history)
    training = _points((line.predictions, line.training) for line in journal.history)
    baseline = (journal.baseline or {}).get(task.figure)
    values = [value for _, value in held_out + training] + ([] if baseline is None else [baseline])
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = 0.12 * (high - low) or 0.1 * abs(high) or 1.0
    across, up = Scale(0, max(most, 1), LEFT, END), Scale(low - room, high + room / 2, BOTTOM, TOP)

    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="sans-serif" font-size="13" fill="{INK}">'
    )
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
    million = most >= 1e6
    for x, said in across.ticks(1e-6 if million else 1e-3 if most >= 1e3 else 1.0):
        yield _line(x, BOTTOM, x, BOTTOM + 4, INK) + _text(x, BOTTOM + 18, said, "middle")
    many = "million " if million else "thousand " if most >= 1e3 else ""
    yield _text((LEFT + END) / 2, BOTTOM + 42, f"{many}{unit_of(task)} seen", "middle")
    for y, said in up.ticks(factor):
        yield _line(LEFT, y, RIGHT, y, FAINT) + _text(LEFT - 8, y + 4, said, "end")
    yield _upright(16, name)
    if factor != 1:
        for y, said in up.ticks():
            yield _line(RIGHT, y, RIGHT + 4, y, INK) + _text(RIGHT + 8, y + 4, said)
        yield _upright(WIDTH - 8, task.figure.replace("_", " ").replace(task.unit[:-1], unit_of(task)[:-1]))
    yield _line(LEFT, BOTTOM, RIGHT, BOTTOM, INK)

    after = -math.inf
    for x in (across(predictions) for predictions in journal.resumed):
        yield _line(x, TOP, x, BOTTOM, TRAINING, "2 3")
        if x > after:
            yield _text(x + 4, TOP + 10, "resumed", colour=TRAINING)
            after = x + 60
    labels = []
    if baseline is not None:
        yield _line(LEFT, up(baseline), END, up(baseline), BASELINE, "6 4")
        what = "n-gram" if "order" in (journal.baseline or {}) else "baseline"
        labels.append((up(baseline) + 4, f"{what} {baseline * factor:.3f}", BASELINE))
    for what, points, colour in (("training", training, TRAINING), ("held-out", held_out, HELD_OUT)):
        if not points:
            continue
        pixels = [(across(x), up(y)) for x, y in points]
        path = " ".join(f"{x},{y}" for x, y in pixels)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for x, y in pixels if len(pixels) <= DOTS else pixels[-1:]:
            yield f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>'
        labels.append((pixels[-1][1] + 4, f"{what} {points[-1][1] * factor:.3f}", colour))
    if held_out:
        x, best = min(held_out, key=lambda point: point[1])
        if (x, best) != held_out[-1]:
            yield f'<circle cx="{across(x)}" cy="{up(best)}" r="6" fill="none" stroke="{HELD_OUT}"/>'
            yield _text(across(x), up(best) + 20, f"best {best * factor:.3f}", "middle", HELD_OUT)
    for y, said, colour in _apart(labels):
        yield _text(END + 8, y, said, colour=colour)
    yield "</svg>\n"


def _points(pairs: Iterator[tuple[int, float | None]]) -> Points:
    return [(x, y) for x, y in pairs if y is not None and math.isfinite(y)]


def _apart(labels: Sequence[tuple[float, str, str]]) -> list[tuple[float, str, str]]:
    """The labels (height, text, colour), the lower ones put lower where they would lie on each other, all above the axis."""
    placed: list[tuple[float, str, str]] = []
    for y, said, colour in sorted(labels):
        placed.append((max(y, placed[-1][0] + LINE) if placed else y, said, colour))
    over = max(0.0, max((y for y, _, _ in placed), default=0.0) - (BOTTOM - 6))
    return [(y - over, said, colour) for y, said, colour in placed]


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, dashes: str = "none") -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}" stroke-dasharray="{dashes}"/>'


def _text(x: float, y: float, said: str, anchor: str = "start", colour: str = INK) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}">{escape(said)}</text>'


def _upright(x: float, said: str) -> str:
    y = (TOP + BOTTOM) / 2
    return f'<text x="{x}" y="{y}" text-anchor="middle" transform="rotate(-90 {x} {y})">{escape(said)}</text>'
