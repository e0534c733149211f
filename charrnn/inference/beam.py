"""Beam search: the likeliest texts that are found by going on with the best few at every character.

Shapes: B rows (texts going on), V symbols.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.inference.choice import PLAIN, Drawing
from charrnn.inference.written import read_prime
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
    drawing: Drawing = PLAIN,
) -> list[Found]:
    """Up to `beam` texts of up to `length` characters after the prime, best first.

    With end_at_boundary a boundary ends a text, and so does a place where the drawing's guides leave no symbol; texts of
    different lengths are ranked by Found.rank. Of the choice, only the banned symbols matter. Raises CharrnnError where
    every text comes to a place from which there is no way on.
    """
    state, last_B = read_prime(model, prime, 1)
    memory = drawing.start(1, prime, length)
    texts_BT, sums_B = np.zeros((1, 0), np.int32), np.zeros(1)
    finished: list[Found] = []
    for _ in range(length):
        state, log_probs_BTV = model.advance(state, last_B[:, None])
        totals_BV = sums_B[:, None] + drawing.guided(memory, log_probs_BTV[:, 0]).astype(np.float64)
        totals_BV[:, [UNKNOWN, *drawing.choice.banned]] = -np.inf
        ended_B = (totals_BV == -np.inf).all(1) & drawing.ended(memory)
        finished += [Found(texts_BT[row], float(sums_B[row]), texts_BT.shape[1]) for row in np.flatnonzero(ended_B)]
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
        state, memory = take_rows(state, rows_B), drawing.follow(take_rows(memory, rows_B), last_B)
        if not len(rows_B):
            break
    finished += [Found(text, total, length) for text, total in zip(texts_BT, sums_B.tolist(), strict=True)]
    if not finished:
        raise CharrnnError(
            f"--beam {beam}: every text came to where nothing more may be written; ask for less, or a wider beam"
        )
    return sorted(finished, key=lambda found: -found.rank(normalization))[:beam]


def take_rows(state: Any, rows_B: np.ndarray) -> Any:
    """A model's state with rows picked, repeated or left out; in every array of it the first axis is that of rows."""
    if isinstance(state, list | tuple):
        parts = [take_rows(part, rows_B) for part in state]
        return type(state)(*parts) if hasattr(state, "_fields") else type(state)(parts)
    return np.asarray(state)[rows_B]
