"""The log-probability of every character of given texts.

Shapes: B rows, T time, V symbols.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from charrnn.models.language_model import LanguageModel, Spelling, State, Tally, read_prime, take_rows
from charrnn.scoring.spelling import spelling_of
from charrnn.text.corpus import line_bounds
from charrnn.text.long_array import LongArray
from charrnn.text.symbols import BOUNDARY, UNKNOWN
from charrnn.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from charrnn.scoring.spans import Span
    from charrnn.scoring.units import Unit

ROWS = 64
# Window lengths come from this short list, so that compiled models are compiled a few times only.
WINDOWS = (256, 64, 16)
# Most numbers in one array of (rows, time, symbols); bounds memory for any input and vocabulary.
LARGEST_ARRAY = 1 << 23
# Characters of a long text that are read before the next; a multiple of all windows.
STRETCH = 1 << 20
# In a text cut into parallel pieces, each reads this number of characters before its first, to arrive at the right state.
OVERLAP = 512

# read(state, ids_BT, targets_BT) -> the state after ids_BT, and what is found at each position: an array of BT or BT…
Read = Callable[[State, np.ndarray, np.ndarray], tuple[State, np.ndarray]]


class Context(NamedTuple):
    """What stands before a text: the state (one row) after all of it but its last symbol, and that one's id."""

    state: State
    last: int


@dataclass(frozen=True)
class SentenceScore:
    """A sentence and log_probs_T (natural logarithms) of its characters and of the boundary that ends it.

    `span` is its most surprising stretch, where that was asked for and there is one; `units` are its characters, words or
    itself with their figures, where those were asked for; `spelling` is that of a sentence of words.
    """

    text: str
    ids: np.ndarray  # after the symbol before it (where there is no context, a boundary), and with the boundary after it
    log_probs: np.ndarray
    span: "Span | None" = None
    units: "tuple[Unit, ...] | None" = None
    spelling: Spelling | None = None

    @property
    def tally(self) -> Tally:
        return replace(tally_of(self.ids[1:], self.log_probs), spelling=self.spelling)


def tally_of(targets: np.ndarray, log_probs: np.ndarray) -> Tally:
    """The tally of predicted ids and their log-probabilities, summed in float64."""
    unknown = targets == UNKNOWN
    wide = log_probs.astype(np.float64)
    return Tally(float(-wide.sum()), len(targets), float(-wide[unknown].sum()), int(unknown.sum()))


def padded(length: int, choices: Sequence[int]) -> int:
    return min((choice for choice in choices if choice >= length), default=max(choices))


def sequence_log_probs(
    model: LanguageModel, sequences: Sequence[np.ndarray], state: State | None = None
) -> list[np.ndarray]:
    """For each sequence of ids, log_probs_T of all but its first, given what stands before it.

    Sequences of like length are read side by side, in windows with the state carried on. state: of one row, in which each
    of them begins; by default a fresh one.
    """
    return _sequences(model, model.target_log_probs, sequences, state)


class Figures(NamedTuple):
    """Of the T characters predicted: log-probabilities, the entropies of their predictions (both natural logarithms), their
    ranks in them (1: the likeliest symbol), and of each prediction the K likeliest symbols with their log-probabilities."""

    log_probs: np.ndarray
    entropies: np.ndarray
    ranks: np.ndarray
    likeliest_TK: np.ndarray
    likeliest_log_probs_TK: np.ndarray


def sequence_figures(
    model: LanguageModel, sequences: Sequence[np.ndarray], state: State | None = None, *, likeliest: int = 0
) -> list[Figures]:
    """As sequence_log_probs, from whole distributions: much more to compute for many symbols. likeliest: K of Figures."""
    count = min(likeliest, model.vocabulary.size)
    found = _sequences(model, partial(_read_figures, model, count), sequences, state)
    return [
        Figures(each[:, 0], each[:, 1], each[:, 2].astype(int), each[:, 3 : 3 + count].astype(int), each[:, 3 + count :])
        for each in (part.reshape(-1, 3 + 2 * count) for part in found)
    ]


def _read_figures(
    model: LanguageModel, count: int, state: State, ids_BT: np.ndarray, targets_BT: np.ndarray
) -> tuple[State, np.ndarray]:
    state, log_probs_BTV = model.advance(state, ids_BT)
    targets_BT1 = np.take_along_axis(log_probs_BTV, targets_BT[..., None], axis=2)
    entropies_BT = -np.einsum("btv,btv->bt", np.exp(log_probs_BTV), log_probs_BTV, dtype=np.float64)
    ranks_BT = 1 + (log_probs_BTV > targets_BT1).sum(-1)
    figures_BT3 = np.stack([targets_BT1[..., 0], entropies_BT, ranks_BT], axis=-1)
    if not count:
        return state, figures_BT3
    best_BTK = np.argpartition(log_probs_BTV, -count, axis=-1)[..., -count:]
    best_BTK = np.take_along_axis(best_BTK, np.argsort(-np.take_along_axis(log_probs_BTV, best_BTK, -1), axis=-1), -1)
    return state, np.concatenate([figures_BT3, best_BTK, np.take_along_axis(log_probs_BTV, best_BTK, -1)], axis=-1)


def _sequences(model: LanguageModel, read: Read, sequences: Sequence[np.ndarray], state: State | None) -> list[np.ndarray]:
    results: list[np.ndarray] = [np.zeros(0, np.float32)] * len(sequences)
    by_length = sorted(range(len(sequences)), key=lambda k: len(sequences[k]))
    choices = (1, 8, 32) if len(sequences) <= 32 else (1, 8, ROWS)
    for first in range(0, len(by_length), ROWS):
        chosen = by_length[first : first + ROWS]
        rows = padded(len(chosen), choices)
        begin = model.start(rows) if state is None else take_rows(state, np.zeros(rows, int))
        _, read_here = _side_by_side(model, read, [sequences[k] for k in chosen], begin, rows)
        for k, found in zip(chosen, read_here, strict=True):
            results[k] = found
    return results


def _side_by_side(
    model: LanguageModel, read: Read, sequences: Sequence[np.ndarray], state: State, rows: int
) -> tuple[State, list[np.ndarray]]:
    """What is found in each sequence, and the state after them, where all have the length of whole windows."""
    fitting = [w for w in WINDOWS if rows * w * model.vocabulary.size <= LARGEST_ARRAY] or [WINDOWS[-1]]
    lengths = [len(ids) - 1 for ids in sequences]
    parts: list[list[np.ndarray]] = [[] for _ in sequences]
    begin, end = 0, max(lengths)
    while begin < end:
        # the longest that is filled; only of the shortest a part is padding
        window = max((w for w in fitting if w <= end - begin), default=min(fitting))
        ids_BT = np.full((rows, window + 1), BOUNDARY, np.int32)
        for row, ids in enumerate(sequences):
            part = ids[begin : begin + window + 1]
            ids_BT[row, : len(part)] = part
        state, found_BT = read(state, ids_BT[:, :-1], ids_BT[:, 1:])
        for row, length in enumerate(lengths):
            if begin < length:
                parts[row].append(np.array(found_BT[row, : length - begin]))
        begin += window
    return state, [np.concatenate(part) if part else np.zeros(0, np.float32) for part in parts]


def sentence_ids(vocabulary: Vocabulary, text: str | np.ndarray, before: int = BOUNDARY) -> np.ndarray:
    """The ids of a sentence, given as text or units, from the symbol before it (a boundary) to the boundary after it."""
    return np.concatenate([[before], vocabulary.encode(text), [BOUNDARY]], dtype=np.int32)


def read_context(model: LanguageModel, text: str) -> Context:
    """A text that stands before others, read from a boundary once for all of them."""
    state, ids_B = read_prime(model, model.vocabulary.encode(text), 1)
    return Context(state, int(ids_B[0]))


def score_sentences(model: LanguageModel, sentences: Sequence[str], context: Context | None = None) -> list[SentenceScore]:
    """The score of each sentence and the boundary that ends it, each read from a fresh state or after the same context."""
    state, before = context or (None, BOUNDARY)
    encoded = [sentence_ids(model.vocabulary, text, before) for text in sentences]
    scores = sequence_log_probs(model, encoded, state)
    return [
        SentenceScore(text, ids, log_probs, spelling=spelling_of(model.vocabulary, text, lines=True))
        for text, ids, log_probs in zip(sentences, encoded, scores, strict=True)
    ]


def text_sequences(vocabulary: Vocabulary, units: np.ndarray, *, lines: bool) -> list[np.ndarray]:
    """A text's ids as they are scored: its lines, each from boundary to boundary, or one stream (none where too short)."""
    if not lines:
        ids = vocabulary.encode(units)
        return [ids] if len(ids) > 1 else []
    return [sentence_ids(vocabulary, units[start:end]) for start, end in zip(*line_bounds(units), strict=True)]


def sequences_tally(model: LanguageModel, sequences: Sequence[np.ndarray]) -> Tally:
    """The tally of sequences of ids, each read from a fresh state; of each, all but the first are predicted."""
    scores = sequence_log_probs(model, sequences)
    return sum((tally_of(ids[1:], log_probs) for ids, log_probs in zip(sequences, scores, strict=True)), Tally())


def stream_log_probs(model: LanguageModel, ids: np.ndarray, *, pieces: int = 1) -> np.ndarray:
    """The log-probabilities of all but the first of the ids, read as one text with the state carried through.

    With several pieces, they are read side by side, each after a run-up of OVERLAP characters from a fresh state: much
    faster, and the same to about 1e-5 nats a character for networks whose memory is shorter than that.
    """
    sequences, run_ups = with_run_ups(ids, pieces)
    scores = sequence_log_probs(model, sequences)
    return np.concatenate([score[run_up:] for score, run_up in zip(scores, run_ups, strict=True)])


def with_run_ups(ids: np.ndarray, pieces: int) -> tuple[list[np.ndarray], list[int]]:
    """A stream's ids in pieces, each with up to OVERLAP before it, and of each how many predictions belong to those."""
    cuts = np.linspace(0, len(ids) - 1, pieces + 1).astype(int)
    begins = np.maximum(cuts[:-1] - OVERLAP, 0)
    return [ids[begin : end + 1] for begin, end in zip(begins, cuts[1:], strict=True)], (cuts[:-1] - begins).tolist()


def stream_tally(model: LanguageModel, ids: np.ndarray, *, pieces: int = 1) -> Tally:
    return tally_of(ids[1:], stream_log_probs(model, ids, pieces=pieces))


def long_tally(model: LanguageModel, ids: LongArray) -> Tally:
    """The tally of ids read as one text, of which only a stretch is in memory at a time."""
    state, tally = model.start(1), Tally()
    for begin in range(0, len(ids) - 1, STRETCH):
        stretch = ids[begin : begin + STRETCH + 1]
        state, (log_probs,) = _side_by_side(model, model.target_log_probs, [stretch], state, 1)
        tally += tally_of(stretch[1:], log_probs)
    return tally


def text_tally(model: LanguageModel, sequences: Sequence[np.ndarray], *, pieces: int = 1) -> Tally | None:
    """The tally of a text that text_sequences() took apart as the model reads texts: its held-out figure, for one.

    pieces: of a stream, see stream_log_probs. None where there is nothing to predict.
    """
    if not sequences:
        return None
    if model.lines:
        return sequences_tally(model, sequences)
    (ids,) = sequences
    return stream_tally(model, ids, pieces=pieces)
