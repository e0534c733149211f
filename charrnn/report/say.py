"""What a person is told while a command works: on standard error, standard output being for data."""

import math
import sys


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def figures(nats: float) -> str:
    return f"{nats:.4f} nats, {nats / math.log(2):.4f} bits per character"
