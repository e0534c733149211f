"""What a person is told while a command works: on standard error, standard output being for data."""

import math
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from charrnn.training.task import Task


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def unit_of(task: "Task") -> str:
    """What is predicted, in the plural, as a person is told."""
    return "bytes" if task.shown_as[0].endswith("per byte") else task.unit


def figures(nats: float, symbol: str = "character") -> str:
    return f"{nats:.4f} nats, {nats / math.log(2):.4f} bits per {symbol}"
