"""Binary additions as lines of text: what a recurrent network must carry from place to place is the carry."""

import math
from collections.abc import Sequence

import numpy as np

from charrnn.errors import CharrnnError

BITS = 8
PAIRS = 1 << 2 * BITS
CHARACTERS = 3 * (BITS + 1) + 1  # of a line, its newline counted
# The two numbers are uniform and independent, and the sum follows from them. Exact for one line by itself; as no pair
# comes twice, a reader who remembers n earlier lines could reach ln(PAIRS - n) nats a line instead of ln(PAIRS).
NATS_PER_CHARACTER = 2 * BITS * math.log(2) / CHARACTERS


def addition(a: int, b: int) -> str:
    """The line of a + b, newline left out: a0 b0 s0 a1 b1 s1 ... a8 b8 s8, lowest bits first; s8 is the last carry."""
    return "".join(f"{a >> k & 1}{b >> k & 1}{a + b >> k & 1}" for k in range(BITS + 1))


def read_addition(line: str) -> tuple[int, int, int]:
    """The two numbers and the sum that a line claims."""
    a, b, s = (int(line[row::3][::-1], 2) for row in range(3))
    return a, b, s


def log_probability(line: str) -> float:
    """The natural logarithm of a line's probability; -inf for what is no right addition of two 8-bit numbers."""
    line = line.removesuffix("\n")
    if len(line) != CHARACTERS - 1 or set(line) - {"0", "1"}:
        return -math.inf
    a, b, _ = read_addition(line)
    return -math.log(PAIRS) if max(a, b) < 1 << BITS and addition(a, b) == line else -math.inf


def lines(count: int, seed: int, without: Sequence[str] = ()) -> list[str]:
    """That many additions in random order, no pair twice, so that those held out at the end are new.

    Raises CharrnnError where there are fewer.
    """
    unwanted = {line.removesuffix("\n") for line in without}
    drawn: list[str] = []
    for pair in np.random.default_rng(seed).permutation(PAIRS).tolist():
        if len(drawn) == count:
            break
        line = addition(*divmod(pair, 1 << BITS))
        if line not in unwanted:
            drawn.append(line)
    if len(drawn) < count:
        raise CharrnnError(f"adder: there are {len(drawn)} different additions, not {count}; ask for fewer")
    return drawn
