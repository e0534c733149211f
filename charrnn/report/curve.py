"""The learning curve as a picture."""

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from charrnn.files import write_bytes
from charrnn.training.journal import Evaluation
from charrnn.training.task import Task


def draw_curve(
    history: Sequence[Evaluation], path: Path, task: Task | type[Task], baseline: dict[str, Any] | None = None
) -> None:
    """Write the task's training and held-out figures over what was learnt from, and what its baseline reached, as SVG;
    nothing without evaluations."""
    if not history:
        return
    import matplotlib

    matplotlib.use("svg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    name, factor = task.shown_as
    seen = [line.predictions / 1e6 for line in history]
    training = [line.training * factor for line in history]
    axes.plot(seen, training, "o-", color="#9a9a9a", label="training, with dropout")
    held_out = [line.held_out for line in history]
    points = [(x, y * factor) for x, y in zip(seen, held_out, strict=True) if y is not None and math.isfinite(y)]
    if points:
        axes.plot(*zip(*points, strict=True), "o-", color="#c0392b", label="held-out")
        x, best = min(points, key=lambda point: point[1])
        axes.annotate(f"{best:.3f}", (x, best), xytext=(0, -14), textcoords="offset points", ha="center")
    if baseline:
        axes.axhline(baseline[task.figure] * factor, color="#2c3e50", linestyle=":", label="baseline")
    axes.set_xlabel(f"million {task.unit} seen")
    axes.set_ylabel(name)
    axes.set_ylim(bottom=0 if len(history) == 1 else None)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    picture = io.BytesIO()
    figure.savefig(picture, format="svg")
    write_bytes(path, picture.getvalue())
