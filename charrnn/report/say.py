"""What a person is told while a command works: on standard error, standard output being for data."""

import math
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from charrnn.training.task import Task


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def unit_of(task: "Task") -> str:
    """What is predicted, in the plural, as a person is told."""
    return "bytes" if task.shown_as[0].endswith("per byte") else task.unit


def figures(nats: float, symbol: str = "character") -> str:
    return f"{nats:.4f} nats, {nats / math.log(2):.4f} bits per {symbol}"


def told_also(found: dict[str, Any], symbol: str) -> str:
    """What was made of the text of --also, before and after."""
    before, after = found["before"] / math.log(2), found["after"] / math.log(2)
    return f"{found['text']}: {before:.4f} bits per {symbol} before this training, {after:.4f} after"
