"""The stretch of a line that surprises a model most, and what it expected there: for typos and anomalies.

Shapes: T time, V symbols.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from charrnn.models.language_model import LanguageModel, generate_step_by_step, read_prime
from charrnn.scoring.log_probs import sentence_ids, sequence_figures
from charrnn.text.symbols import BOUNDARY, UNKNOWN
from charrnn.text.vocabulary import NEWLINE, to_units

SLACK = 1.0  # nats a character may exceed its entropy by and yet end a surprise rather than go on with it


@dataclass(frozen=True)
class Span:
    """Characters `begin` to `end` of a line, counted from 1 (its end counts as one), what stood there, what the model would
    have written, and how many nats the stretch took beyond what the model's own uncertainty let expect."""

    begin: int
    end: int
    found: str
    expected: str
    excess_nats: float


def surprising_span(model: LanguageModel, text: str) -> Span | None:
    """The stretch whose characters' −ln p exceed the entropies of their predictions, and SLACK, most; None where none do.

    −ln p − H is 0 on the average for text like that learnt from, so a stretch is as long as it stays a surprise.
    """
    ids = sentence_ids(model.vocabulary, text)
    begin, end, excess = largest_sum(_excess(model, ids) - SLACK)
    if begin == end:
        return None
    units = np.append(to_units(text, model.vocabulary.level), NEWLINE)
    state, ids_B = read_prime(model, ids[1 : begin + 1], 1)
    _, _, written_BT = generate_step_by_step(model, state, (), ids_B, np.zeros((end - begin, 1), np.float32), _likeliest)
    expected = written_BT[0]
    if (expected == BOUNDARY).any():
        expected = expected[: int(np.argmax(expected == BOUNDARY)) + 1]
    found = units[begin:end].astype(np.uint8).tobytes().decode(errors="replace")
    if model.vocabulary.level == "char":
        found = "".join(map(chr, units[begin:end]))
    return Span(begin + 1, end, found, model.vocabulary.decode(expected), excess)


def _likeliest(memory: Any, log_probs_BV: Any, uniforms_B: Any) -> tuple[Any, Any]:
    """Choose (see models.language_model): always the likeliest symbol, the unknown one never."""
    xp = log_probs_BV.__array_namespace__()
    return memory, xp.argmax(log_probs_BV[:, UNKNOWN + 1 :], axis=-1).astype(xp.int32) + UNKNOWN + 1


def _excess(model: LanguageModel, ids: np.ndarray) -> np.ndarray:
    """−ln p of each target less the entropy of its prediction, [T] (float64)."""
    (figures,) = sequence_figures(model, [ids])
    return -figures.log_probs - figures.entropies


def largest_sum(values: np.ndarray) -> tuple[int, int, float]:
    """(begin, end, sum) of the stretch of values with the largest sum; an empty one where none is above 0."""
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    lowest = np.minimum.accumulate(sums)
    end = int(np.argmax(sums - lowest))
    begin = int(np.argmin(sums[: end + 1]))
    return begin, end, float(sums[end] - sums[begin])
