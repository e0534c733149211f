"""Recovery from dead ends: places in a text from which neither the model nor the guides leave a way on.

Shapes: B rows (one), V symbols.
"""

from collections.abc import Collection

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.language_model import LanguageModel, Memory, read_prime
from charrnn.writing.choice import Drawing
from charrnn.writing.novel import Novel
from charrnn.writing.written import Text

ATTEMPTS = 200


def is_stuck(text: Text, prime: np.ndarray, drawing: Drawing) -> bool:
    """Whether the text has ended for want of symbols and is not whole."""
    return text.out_of_symbols and not np.all(drawing.ended(_memory(text.ids, prime, text.length, drawing)))


def recovered(model: LanguageModel, text: Text, prime: np.ndarray, drawing: Drawing, random: np.random.Generator) -> Text:
    """A text that got through, from one that is stuck: backtracking, farther each time that leads no further.

    At the place gone back to, what was written there before is not tried again. Raises CharrnnError after ATTEMPTS.
    """
    tried: dict[int, set[int]] = {}
    back, furthest = 1, len(text.ids)
    for _ in range(ATTEMPTS):
        kept = text.ids[: max(0, len(text.ids) - back)]
        tried = {place: symbols for place, symbols in tried.items() if place <= len(kept)}
        here = tried.setdefault(len(kept), set())
        here.update(text.ids[len(kept) : len(kept) + 1].tolist())
        text = _continued(model, text.begun_with(kept), prime, drawing, here, random)
        if not is_stuck(text, prime, drawing):
            return text
        if not len(text.ids):  # all beginnings have been tried, though not all that follows them
            tried, back, furthest = {}, 1, 0
        elif len(text.ids) > furthest:
            back, furthest = 1, len(text.ids)
        else:
            back += 1
    novel = f"copies no {model.span} characters in a row and " if isinstance(model, Novel) else ""
    found = f"no text found in {ATTEMPTS} attempts that {novel}meets the conditions"
    raise CharrnnError(f"{found}; raise --novel, or relax them")


def _continued(
    model: LanguageModel,
    text: Text,
    prime: np.ndarray,
    drawing: Drawing,
    tried: Collection[int],
    random: np.random.Generator,
) -> Text:
    """The text written to its end, its next symbol being none of those tried."""
    state, ids_B = read_prime(model, np.concatenate([prime, text.ids]), 1)
    memory = _memory(text.ids, prime, text.length, drawing)
    while not text.done:
        state, log_probs_BTV = model.advance(state, ids_B[:, None])
        log_probs_BV = np.array(log_probs_BTV[:, 0])
        log_probs_BV[:, list(tried)] = -np.inf
        memory, ids_B = drawing(memory, log_probs_BV, random.random(1, np.float32))
        text.append(ids_B)
        tried = ()
    return text


def _memory(ids: np.ndarray, prime: np.ndarray, length: int, drawing: Drawing) -> Memory:
    """What the drawing remembers after the primer and these."""
    memory = drawing.start(1, prime, length)
    for symbol in ids:
        memory = drawing.follow(memory, np.array([symbol], np.int32))
    return memory
