"""Writing text: drawing one character after the other from a language model.

Shapes: B rows, T time, V symbols.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.language_model import LanguageModel
from charrnn.text.vocabulary import BOUNDARY, UNKNOWN, Vocabulary

STEPS = 64  # characters a row between two looks at what was written
PRIME_WINDOW = 256


@dataclass(frozen=True)
class Choice:
    """How the next character is drawn from its distribution.

    temperature divides log-probabilities; top_k keeps the k likeliest (0: all); top_p keeps the likeliest that together
    reach the probability p (Holtzman et al. 2020); min_p keeps what has at least that share of the likeliest's probability
    (Nguyen et al. 2024); greedy takes the likeliest. Banned symbols, and the unknown one, are never drawn.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    greedy: bool = False
    min_p: float = 0.0
    banned: tuple[int, ...] = ()

    def __post_init__(self):
        if not 0 < self.temperature < float("inf"):
            raise CharrnnError(f"--temperature {self.temperature}: must be above 0; for the likeliest text use --greedy")
        if self.top_k < 0:
            raise CharrnnError(f"--top-k {self.top_k}: must be 0 (all) or more")
        if not 0 < self.top_p <= 1:
            raise CharrnnError(f"--top-p {self.top_p}: must be above 0 and at most 1")
        if not 0 <= self.min_p <= 1:
            raise CharrnnError(f"--min-p {self.min_p}: must be from 0 to 1")

    def __call__(self, log_probs_BV: Any, uniforms_B: Any) -> Any:
        """ids_B (int32) by inversion of the distribution function at uniforms_B in [0, 1); numpy and JAX arrays alike."""
        xp = log_probs_BV.__array_namespace__()
        symbols = xp.arange(log_probs_BV.shape[-1])
        forbidden = np.isin(np.arange(log_probs_BV.shape[-1]), (UNKNOWN, *self.banned))
        log_probs_BV = xp.where(forbidden, -xp.inf, log_probs_BV)
        if self.greedy:
            return xp.argmax(log_probs_BV, axis=-1).astype(xp.int32)
        log_probs_BV = log_probs_BV / self.temperature
        probs_BV = xp.exp(log_probs_BV - xp.max(log_probs_BV, axis=-1, keepdims=True))
        if self.min_p:  # the likeliest has 1 here
            probs_BV = xp.where(probs_BV >= self.min_p, probs_BV, 0)
        if (self.top_k and self.top_k < log_probs_BV.shape[-1]) or self.top_p < 1:
            probs_BV = xp.where(probs_BV >= self._least(xp, probs_BV), probs_BV, 0)
        sums_BV = xp.cumsum(probs_BV, axis=-1)
        threshold_B1 = uniforms_B[:, None] * sums_BV[:, -1:]
        # the first symbol whose sum exceeds the threshold; the clip guards u × total rounded up to the total
        chosen_B = xp.sum(sums_BV <= threshold_B1, axis=-1)
        last_B = xp.max(xp.where(probs_BV > 0, symbols, 0), axis=-1)
        return xp.minimum(chosen_B, last_B).astype(xp.int32)

    def _least(self, xp: Any, probs_BV: Any) -> Any:
        """The smallest unnormalised probability that stays, as a column."""
        sorted_BV = xp.flip(xp.sort(probs_BV, axis=-1), axis=-1)
        before_BV = xp.cumsum(sorted_BV, axis=-1) - sorted_BV
        kept_BV = before_BV < self.top_p * xp.sum(sorted_BV, axis=-1, keepdims=True)
        if self.top_k:
            kept_BV = kept_BV & (xp.arange(sorted_BV.shape[-1]) < self.top_k)
        return xp.min(xp.where(kept_BV, sorted_BV, xp.inf), axis=-1, keepdims=True)


def banned_symbols(vocabulary: Vocabulary, ban: str, allow: str | None = None) -> tuple[int, ...]:
    """The ids of the characters in `ban`, and of all that are not in `allow`; a line's end always stays allowed by it.

    Raises CharrnnError where nothing is left to write.
    """
    banned = set(vocabulary.encode(ban).tolist()) - {UNKNOWN}
    if allow is not None:
        banned |= set(range(1, vocabulary.size)) - set(vocabulary.encode(allow).tolist()) - {BOUNDARY}
    if not set(range(1, vocabulary.size)) - banned - {BOUNDARY}:
        raise CharrnnError("--ban and --allow leave no character that the model could write; allow more")
    return tuple(sorted(banned))


def fresh_seed() -> int:
    """A seed from the operating system's randomness."""
    return int(np.random.SeedSequence().generate_state(1)[0])


def uniforms(seed: int, rows: int, begin: int, steps: int) -> np.ndarray:
    """uniforms_TB in [0, 1) (float32) for the steps from `begin`; a row's do not depend on how many rows there are."""
    generators = (np.random.default_rng([seed, row, begin]) for row in range(rows))
    return np.stack([generator.random(steps, np.float32) for generator in generators], axis=1)


def read_prime(model: LanguageModel, prime: np.ndarray, rows: int) -> tuple[Any, np.ndarray]:
    """The state after a boundary and all of the prime but its last character, and that last one as ids_B."""
    ids_BT = np.tile(np.concatenate([[BOUNDARY], prime]).astype(np.int32), (rows, 1))
    state = model.start(rows)
    for begin in range(0, ids_BT.shape[1] - 1, PRIME_WINDOW):
        state, _ = model.advance(state, ids_BT[:, begin : min(begin + PRIME_WINDOW, ids_BT.shape[1] - 1)])
    return state, ids_BT[:, -1]


def write(
    model: LanguageModel,
    *,
    prime: np.ndarray,
    length: int,
    count: int = 1,
    choice: Choice = Choice(),
    stops: tuple[str, ...] = (),
    end_at_boundary: bool = False,
    seed: int = 0,
) -> Iterator[tuple[int, np.ndarray]]:
    """Pieces (row, ids) of `count` texts of up to `length` characters after the prime, in the order of the rows.

    A text ends before the first of the stop strings, or before a boundary where end_at_boundary. The pieces of row k come
    while it is written, once the rows before it are done; each row ends with an empty piece. Raises CharrnnError for a
    length below 0, a count below 1 and an empty stop.
    """
    if length < 0 or count < 1:
        raise CharrnnError(f"--length {length} --count {count}: the length is 0 or more, the count 1 or more")
    if "" in stops:
        raise CharrnnError("--stop is empty; name the text to end before")
    stop_ids = [model.vocabulary.encode(stop) for stop in stops] + ([np.array([BOUNDARY])] if end_at_boundary else [])
    state, ids_B = read_prime(model, prime, count)
    texts = [_Text(stop_ids, length) for _ in range(count)]
    current, begin = 0, 0
    while current < count:
        uniforms_TB = uniforms(seed, count, begin, STEPS)
        state, ids_BT = model.generate(state, ids_B, uniforms_TB, choice)
        ids_B, begin = ids_BT[:, -1], begin + STEPS
        for text, ids in zip(texts, ids_BT, strict=True):
            text.append(ids)
        while current < count:
            piece = texts[current].take()
            if len(piece):
                yield current, piece
            if not texts[current].done:
                break
            yield current, np.zeros(0, np.int32)
            current += 1


class _Text:
    """One text as it is written: what is certain of it can be taken."""

    def __init__(self, stops: list[np.ndarray], length: int):
        self._stops, self._length = stops, length
        self._held = max((len(stop) for stop in stops), default=1) - 1  # may yet turn out the start of a stop
        self._ids = np.zeros(0, np.int32)
        self._taken = 0
        self.done = length == 0

    def append(self, ids: np.ndarray) -> None:
        if self.done:
            return
        searched = max(0, len(self._ids) - self._held)
        self._ids = np.concatenate([self._ids, ids])[: self._length]
        found = [at for stop in self._stops if (at := _find(self._ids, stop, searched)) >= 0]
        if found:
            self._ids = self._ids[: min(found)]
        self.done = bool(found) or len(self._ids) == self._length

    def take(self) -> np.ndarray:
        end = len(self._ids) if self.done else max(self._taken, len(self._ids) - self._held)
        piece, self._taken = self._ids[self._taken : end], end
        return piece


def _find(ids: np.ndarray, part: np.ndarray, begin: int) -> int:
    """Where `part` first stands in the ids at or after `begin`; −1 where it does not."""
    if len(ids) - begin < len(part):
        return -1
    windows = np.lib.stride_tricks.sliding_window_view(ids[begin:], len(part))
    hits = np.flatnonzero((windows == part).all(axis=1))
    return begin + int(hits[0]) if len(hits) else -1
