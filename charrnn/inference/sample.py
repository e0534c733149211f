"""Writing text: drawing one character after the other from a language model.

Shapes: B rows, T time, V symbols.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.inference.choice import PLAIN, Drawing
from charrnn.models.language_model import LanguageModel
from charrnn.text.vocabulary import BOUNDARY, UNKNOWN

STEPS = 64  # characters a row between two looks at what was written
PRIME_WINDOW = 256


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
    drawing: Drawing = PLAIN,
    stops: tuple[str, ...] = (),
    end_at_boundary: bool = False,
    seed: int = 0,
) -> Iterator[tuple[int, np.ndarray]]:
    """Pieces (row, ids) of `count` texts of up to `length` characters after the prime, in the order of the rows.

    A text ends before the first of the stop strings, before a boundary where end_at_boundary, and where the drawing's
    guides leave no symbol. The pieces of row k come while it is written, once the rows before it are done; each row ends
    with an empty piece. Raises CharrnnError for a length below 0, a count below 1 and an empty stop.
    """
    if length < 0 or count < 1:
        raise CharrnnError(f"--length {length} --count {count}: the length is 0 or more, the count 1 or more")
    if "" in stops:
        raise CharrnnError("--stop is empty; name the text to end before")
    stop_ids = [model.vocabulary.encode(stop) for stop in stops] + ([np.array([BOUNDARY])] if end_at_boundary else [])
    stop_ids.append(np.array([UNKNOWN]))  # drawn where no other is left
    state, ids_B = read_prime(model, prime, count)
    memory = drawing.start(count, prime, length)
    texts = [_Text(stop_ids, length) for _ in range(count)]
    current, begin = 0, 0
    while current < count:
        uniforms_TB = uniforms(seed, count, begin, STEPS)
        state, memory, ids_BT = model.generate(state, memory, ids_B, uniforms_TB, drawing)
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
