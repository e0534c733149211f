"""Drawing texts, one character after the other, from a language model.

Shapes: B rows, T time, V symbols.
"""

import itertools
from collections.abc import Iterator

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.language_model import LanguageModel, generate, read_prime
from charrnn.text.symbols import BOUNDARY
from charrnn.writing.choice import PLAIN, Drawing
from charrnn.writing.dead_ends import is_stuck, recovered
from charrnn.writing.written import Text

STEPS = 64  # characters a row between two looks at what was written


def fresh_seed() -> int:
    """A seed from the operating system's randomness."""
    return int(np.random.SeedSequence().generate_state(1)[0])


def uniforms(seed: int, rows: int, begin: int, steps: int, *, first: int = 0) -> np.ndarray:
    """uniforms_TB in [0, 1) (float32) for the steps from `begin` of the rows from `first`.

    A row's do not depend on how many rows there are.
    """
    generators = (np.random.default_rng([seed, row, begin]) for row in range(first, first + rows))
    return np.stack([generator.random(steps, np.float32) for generator in generators], axis=1)


def draw(
    model: LanguageModel,
    *,
    prime: np.ndarray,
    length: int,
    count: int = 1,
    first: int = 0,
    drawing: Drawing = PLAIN,
    stops: tuple[str, ...] = (),
    end_at_boundary: bool = False,
    seed: int = 0,
    dead_ends: bool = False,
) -> Iterator[tuple[int, np.ndarray]]:
    """Pieces (row, ids) of `count` texts of up to `length` characters after the prime, in the order of the rows.

    The rows are counted from `first`; each number has texts of its own, whichever others are drawn with it.
    A text ends before the first of the stop strings, before a boundary where end_at_boundary, and where the drawing's
    guides leave no symbol. The pieces of row k come while it is written, once the rows before it are done; each row ends
    with an empty piece. dead_ends: whether the model may leave no symbol either (as Novel does); then texts come whole, for
    one that runs into a dead end goes on from some way back, when it is its turn. Raises CharrnnError for a length below 0,
    a count below 1, and in its turn a text that finds no way on.
    """
    if length < 0 or count < 1:
        raise CharrnnError(f"--length {length} --count {count}: the length is 0 or more, the count 1 or more")
    stop_ids = [model.vocabulary.encode(stop) for stop in stops] + ([np.array([BOUNDARY])] if end_at_boundary else [])
    texts = [Text(stop_ids, length, whole=dead_ends) for _ in range(count)]
    drawn = _blocks(model, prime, length, count, drawing, seed, first)
    for row, text in enumerate(texts, first):
        while not text.done:
            if len(piece := text.take()):
                yield row, piece
            for each, ids in zip(texts, next(drawn), strict=True):
                each.append(ids)
        if dead_ends and is_stuck(text, prime, drawing):
            text = recovered(model, text, prime, drawing, np.random.default_rng([seed, row]))
        if len(piece := text.take()):
            yield row, piece
        yield row, np.zeros(0, np.int32)


def _blocks(
    model: LanguageModel, prime: np.ndarray, length: int, rows: int, drawing: Drawing, seed: int, first: int
) -> Iterator[np.ndarray]:
    """Blocks of ids_BT that follow the prime, STEPS at a time, without end."""
    state, ids_B = read_prime(model, prime, rows)
    memory = drawing.start(rows, prime, length)
    for begin in itertools.count(0, STEPS):
        uniforms_TB = uniforms(seed, rows, begin, STEPS, first=first)
        state, memory, ids_BT = generate(model, state, memory, ids_B, uniforms_TB, drawing)
        yield ids_BT
        ids_B = ids_BT[:, -1]
