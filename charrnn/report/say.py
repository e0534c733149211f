"""What a person is told while a command works: on standard error, standard output being for data."""

import logging
import math
import sys
from typing import TYPE_CHECKING, Any

from charrnn.machine.group import first

if TYPE_CHECKING:
    from charrnn.training.task import Task


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class _Said(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if first():
            say(self.format(record))


def say_what_is_logged() -> None:
    """From now on, say what the library below logs: work that takes long."""
    logger = logging.getLogger("charrnn")
    logger.handlers = [_Said()]
    logger.setLevel(logging.INFO)
    logger.propagate = False


def unit_of(task: "Task") -> str:
    """What is predicted, in the plural, as a person is told."""
    return "bytes" if task.shown_as[0].endswith("per byte") else task.unit


def figures(nats: float, symbol: str = "character") -> str:
    """The figure per symbol; of words as perplexity first, which is what they are measured by."""
    perplexity = f"perplexity {math.exp(min(nats, 700)):,.2f}, " if symbol == "word" else ""
    return f"{perplexity}{nats:.4f} nats, {nats / math.log(2):.4f} bits per {symbol}"


def held_out_figures(held_out: dict[str, Any], symbol: str = "character") -> str:
    """The held-out figures that a model's summary has; of words, those per character too, spelling included."""
    if symbol != "word":
        return figures(held_out["nats_per_character"], symbol)
    unknown = (
        f"{held_out['unknown']:,} of {held_out['words']:,} unknown, {held_out['known']['perplexity']:,.2f} without them"
    )
    bits = f"{held_out['bits_per_character']:.4f} bits per character with their spelling"
    return f"perplexity {held_out['perplexity']:,.2f} per word ({unknown}), {bits}"


def told_also(found: dict[str, Any], symbol: str) -> str:
    """What was made of the text of --also, before and after."""
    before, after = found["before"] / math.log(2), found["after"] / math.log(2)
    return f"{found['text']}: {before:.4f} bits per {symbol} before this training, {after:.4f} after"
