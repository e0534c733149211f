"""Beam search: the likeliest texts that are found by going on with the best few at every character.

Shapes: B rows (texts going on), T time, V symbols.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.language_model import LanguageModel, read_prime, take_rows
from charrnn.text.symbols import BOUNDARY, UNKNOWN
from charrnn.writing.choice import PLAIN, Drawing


@dataclass(frozen=True)
class Found:
    """A text (ids, without the boundary that may end it), and the model's log-probability of it, that boundary counted."""

    ids: np.ndarray
    log_prob: float
    characters: int

    def rank(self, normalization: float) -> float:
        """Log-probability over characters to the power `normalization`: 0 favours short texts, 1 goes by the mean."""
        return self.log_prob / max(self.characters, 1) ** normalization


class Texts(NamedTuple):
    """The texts going on: ids_BT, the model's own log-probabilities sums_B, and guided_B, after the drawing's guides."""

    ids_BT: np.ndarray
    sums_B: np.ndarray
    guided_B: np.ndarray


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
    """Up to `beam` texts of up to `length` characters after the prime, those of the best Found.rank first.

    A text ends where the drawing's guides leave no symbol, and with end_at_boundary at a boundary. Guides choose what the
    search goes on with; what it finds is ranked by the model's own probabilities. Of the choice, only the banned symbols
    matter. Raises CharrnnError where every text comes to a place from which there is no way on.
    """
    state, last_B = read_prime(model, prime, 1)
    memory = drawing.start(1, prime, length)
    texts = Texts(np.zeros((1, 0), np.int32), np.zeros(1), np.zeros(1))
    finished: list[Found] = []
    for _ in range(length):
        state, log_probs_BTV = model.advance(state, last_B[:, None])
        sums_BV = texts.sums_B[:, None] + log_probs_BTV[:, 0]
        guided_BV = texts.guided_B[:, None] + drawing.guided(memory, log_probs_BTV[:, 0])
        guided_BV[:, [UNKNOWN, *drawing.choice.banned]] = -np.inf
        finished += _finished(texts, sums_BV, guided_BV > -np.inf, drawing.ended(memory), end_at_boundary)
        if end_at_boundary:
            guided_BV[:, BOUNDARY] = -np.inf
        rows_B, last_B, texts = _best(texts, sums_BV, guided_BV, beam)
        state, memory = take_rows(state, rows_B), drawing.follow(take_rows(memory, rows_B), last_B)
        if not len(rows_B):
            break
    finished += [Found(ids, total, length) for ids, total in zip(texts.ids_BT, texts.sums_B.tolist(), strict=True)]
    if not finished:
        raise CharrnnError(f"--beam {beam}: every hypothesis reached a dead end; relax the conditions, or use a wider beam")
    return sorted(finished, key=lambda found: -found.rank(normalization))[:beam]


def _finished(
    texts: Texts, sums_BV: np.ndarray, possible_BV: np.ndarray, whole_B: np.ndarray, end_at_boundary: bool
) -> Iterator[Found]:
    """What ends in one step: texts that are whole and have no way on, and those that a boundary may follow."""
    size = texts.ids_BT.shape[1]
    for row in np.flatnonzero(whole_B & ~possible_BV.any(1)):
        yield Found(texts.ids_BT[row], float(texts.sums_B[row]), size)
    if end_at_boundary:
        for row in np.flatnonzero(possible_BV[:, BOUNDARY]):
            yield Found(texts.ids_BT[row], float(sums_BV[row, BOUNDARY]), size + 1)


def _best(texts: Texts, sums_BV: np.ndarray, guided_BV: np.ndarray, beam: int) -> tuple[np.ndarray, np.ndarray, Texts]:
    """The texts to go on with, one symbol longer: rows_B that they go on from, their last symbols last_B, and they."""
    best = np.argsort(-guided_BV, axis=None, kind="stable")[:beam]
    best = best[guided_BV.ravel()[best] > -np.inf]
    rows_B, last_B = np.divmod(best, guided_BV.shape[1])
    last_B = last_B.astype(np.int32)
    ids_BT = np.concatenate([texts.ids_BT[rows_B], last_B[:, None]], axis=1)
    return rows_B, last_B, Texts(ids_BT, sums_BV.ravel()[best], guided_BV.ravel()[best])
