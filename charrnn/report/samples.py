"""Texts as they are to be printed: drawn as they come, the likeliest of many drawn, or found by beam search."""

from collections.abc import Iterator, Sequence

import numpy as np

from charrnn.inference.beam import beam_search
from charrnn.inference.sample import Choice, banned_symbols, fresh_seed, write
from charrnn.inference.score import sequence_log_probs
from charrnn.models.language_model import LanguageModel
from charrnn.text.vocabulary import BOUNDARY

Pieces = Iterator[tuple[int, np.ndarray]]


def pieces(
    model: LanguageModel,
    prime: np.ndarray,
    *,
    lines: bool,
    length: int,
    count: int,
    stop: tuple[str, ...],
    seed: int | None,
    beam: int | None,
    length_normalization: float,
    best_of: int | None,
    ban: str,
    allow: str | None,
    **filters,
) -> Pieces:
    """Pieces (number of the text, ids) in the order of the texts; an empty one ends each. `filters` are Choice's."""
    choice = Choice(**filters, banned=banned_symbols(model.vocabulary, ban, allow))
    if beam:
        found = beam_search(
            model, prime=prime, length=length, beam=beam, end_at_boundary=lines, normalization=length_normalization,
            banned=choice.banned,
        )  # fmt: skip
        return _whole([text.ids for text in found[:count]])
    drawn_count = best_of or count
    model.expect(length * drawn_count)
    drawn = write(
        model, prime=prime, length=length, count=drawn_count, choice=choice, stops=stop, end_at_boundary=lines,
        seed=fresh_seed() if seed is None else seed,
    )  # fmt: skip
    if not best_of:
        return drawn
    texts: list[list[np.ndarray]] = [[] for _ in range(best_of)]
    for row, piece in drawn:
        texts[row].append(piece)
    return _whole(likeliest(model, prime, [np.concatenate(parts) for parts in texts], lines=lines)[:count])


def likeliest(model: LanguageModel, prime: np.ndarray, texts: Sequence[np.ndarray], *, lines: bool) -> list[np.ndarray]:
    """The texts after a prime, those with the fewest bits per character first; where `lines`, their end counts."""
    before, after = [[BOUNDARY], prime], [[BOUNDARY]] if lines else []
    sequences = [np.concatenate([*before, text, *after]).astype(np.int32) for text in texts]
    scores = sequence_log_probs(model, sequences)
    means = [score[len(prime) :].mean() if len(score) > len(prime) else 0.0 for score in scores]
    return [texts[k] for k in sorted(range(len(texts)), key=lambda k: -means[k])]


def _whole(texts: Sequence[np.ndarray]) -> Pieces:
    for row, ids in enumerate(texts):
        if len(ids):
            yield row, ids
        yield row, ids[:0]
