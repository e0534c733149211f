"""A penalty on what the text already says.

Single characters recur in any text, so it is repeated stretches that count. The penalty is that of Keskar et al. (2019),
taken as a factor of probability; that it grows with the length of the stretch is the idea of DRY sampling (p-e-w 2024).

Shapes: B rows, V symbols, W places looked back on.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from charrnn.errors import CharrnnError

WINDOW = 512
FREE = 5  # characters of a stretch that may recur at no cost


class Recent(NamedTuple):
    """recent_BW: the last symbols, the latest first (−1: none). matched_BW: how many symbols before recent_BW[b, w], read
    backwards, are those at the text's end. Both int32."""

    recent_BW: Any
    matched_BW: Any


@dataclass(frozen=True)
class RepetitionPenalty:
    """A guide (see choice.py): p(v) is divided by penalty^max(n − FREE, 0).

    n is the length of the longest stretch at the end of the text, v included, that also stands among the WINDOW symbols
    before. The primer counts as text. Raises CharrnnError for a penalty below 1.
    """

    penalty: float

    def __post_init__(self):
        if not 1 <= self.penalty < float("inf"):
            raise CharrnnError(f"--repetition-penalty {self.penalty}: must be 1 (none) or more")

    def start(self, rows: int, prime: np.ndarray, length: int) -> Recent:
        memory = Recent(np.full((1, WINDOW), -1, np.int32), np.zeros((1, WINDOW), np.int32))
        for symbol in prime[-WINDOW:]:
            memory = self.follow(memory, np.array([symbol], np.int32))
        return Recent(*(np.repeat(part, rows, axis=0) for part in memory))

    def guide(self, memory: Recent, log_probs_BV: Any) -> Any:
        xp = log_probs_BV.__array_namespace__()
        excess_BW = xp.maximum(memory.matched_BW + 1 - FREE, 0)
        places = (np.arange(len(excess_BW))[:, None], memory.recent_BW)
        excess_BV = xp.zeros(log_probs_BV.shape, np.int32)
        if xp is np:
            np.maximum.at(excess_BV, places, excess_BW)
        else:  # JAX arrays do not change in place
            excess_BV = excess_BV.at[places].max(excess_BW)
        return log_probs_BV - excess_BV.astype(np.float32) * np.float32(np.log(self.penalty))

    def follow(self, memory: Recent, ids_B: Any) -> Recent:
        xp = ids_B.__array_namespace__()
        ids_B1 = ids_B[:, None]
        matched_BW = xp.where(memory.recent_BW == ids_B1, memory.matched_BW + 1, 0)
        return Recent(xp.concatenate([ids_B1, memory.recent_BW[:, :-1]], axis=1), matched_BW)

    def ended(self, memory: Recent) -> Any:
        return False
