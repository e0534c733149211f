"""The learning curve as a picture."""

import io
import math
from collections.abc import Sequence
from pathlib import Path

from charrnn.files import write_bytes
from charrnn.training.checkpoint import Evaluation


def draw_curve(history: Sequence[Evaluation], path: Path) -> None:
    """Write training and held-out bits per character over the characters seen, as SVG; nothing without evaluations."""
    if not history:
        return
    import matplotlib

    matplotlib.use("svg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    seen = [line.characters / 1e6 for line in history]
    training = [line.training_nats_per_character / math.log(2) for line in history]
    axes.plot(seen, training, "o-", color="#9a9a9a", label="training, with dropout")
    held_out = [line.held_out_nats_per_character for line in history]
    points = [
        (x, nats / math.log(2)) for x, nats in zip(seen, held_out, strict=True) if nats is not None and math.isfinite(nats)
    ]
    if points:
        axes.plot(*zip(*points, strict=True), "o-", color="#c0392b", label="held-out")
        x, bits = min(points, key=lambda point: point[1])
        axes.annotate(f"{bits:.3f}", (x, bits), xytext=(0, -14), textcoords="offset points", ha="center")
    axes.set_xlabel("million characters seen")
    axes.set_ylabel("bits per character")
    axes.set_ylim(bottom=0 if len(history) == 1 else None)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    picture = io.BytesIO()
    figure.savefig(picture, format="svg")
    write_bytes(path, picture.getvalue())
