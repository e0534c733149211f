"""Beam search: the likeliest texts that are found by going on with the best few at every character.

Shapes: B rows (texts going on), V symbols.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from charrnn.inference.sample import read_prime
from charrnn.models.language_model import LanguageModel
from charrnn.text.vocabulary import BOUNDARY, UNKNOWN


@dataclass(frozen=True)
class Found:
    """A text (ids, without the boundary that may end it), and its log-probability, that boundary counted."""

    ids: np.ndarray
    log_prob: float
    characters: int

    def rank(self, normalization: float) -> float:
        """Log-probability over characters to the power `normalization`: 0 favours short texts, 1 goes by the mean."""
        return self.log_prob / max(self.characters, 1) ** normalization


def beam_search(
    model: LanguageModel,
    *,
    prime: np.ndarray,
    length: int,
    beam: int,
    end_at_boundary: bool = False,
    normalization: float = 1.0,
    banned: tuple[int, ...] = (),
) -> list[Found]:
    """Up to `beam` texts of up to `length` characters after the prime, best first.

    With end_at_boundary a boundary ends a text, and texts of different lengths are ranked by Found.rank. Unknown and
    banned symbols are never written.
    """
    state, last_B = read_prime(model, prime, 1)
    texts_BT, sums_B = np.zeros((1, 0), np.int32), np.zeros(1)
    finished: list[Found] = []
    for _ in range(length):
        state, log_probs_BTV = model.advance(state, last_B[:, None])
        totals_BV = sums_B[:, None] + log_probs_BTV[:, 0].astype(np.float64)
        totals_BV[:, [UNKNOWN, *banned]] = -np.inf
        if end_at_boundary:
            size = texts_BT.shape[1]
            ended = zip(texts_BT, totals_BV[:, BOUNDARY].tolist(), strict=True)
            finished += [Found(text, total, size + 1) for text, total in ended if total > -np.inf]
            totals_BV[:, BOUNDARY] = -np.inf
        best = np.argsort(-totals_BV, axis=None, kind="stable")[:beam]
        best = best[totals_BV.ravel()[best] > -np.inf]
        rows_B, last_B = np.divmod(best, totals_BV.shape[1])
        last_B, sums_B = last_B.astype(np.int32), totals_BV.ravel()[best]
        texts_BT = np.concatenate([texts_BT[rows_B], last_B[:, None]], axis=1)
        state = take_rows(state, rows_B)
    finished += [Found(text, total, length) for text, total in zip(texts_BT, sums_B.tolist(), strict=True)]
    return sorted(finished, key=lambda found: -found.rank(normalization))[:beam]


def take_rows(state: Any, rows_B: np.ndarray) -> Any:
    """A model's state with rows picked, repeated or left out; in every array of it the first axis is that of rows."""
    if isinstance(state, list | tuple):
        parts = [take_rows(part, rows_B) for part in state]
        return type(state)(*parts) if hasattr(state, "_fields") else type(state)(parts)
    return np.asarray(state)[rows_B]
