"""The log-probability of every character of given texts.

Shapes: B rows, T time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charrnn.models.language_model import LanguageModel, Tally
from charrnn.text.corpus import line_bounds
from charrnn.text.symbols import BOUNDARY, UNKNOWN
from charrnn.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from charrnn.scoring.spans import Span

ROWS = 64
# Window lengths come from this short list, so that compiled models are compiled a few times only.
WINDOWS = (256, 64, 16)
# Most numbers in one array of (rows, time, symbols); bounds memory for any input and vocabulary.
LARGEST_ARRAY = 1 << 23
# In a text cut into parallel pieces, each reads this number of characters before its first, to arrive at the right state.
OVERLAP = 512


@dataclass(frozen=True)
class SentenceScore:
    """A sentence and log_probs_T (natural logarithms) of its characters and of the boundary that ends it.

    `span` is its most surprising stretch, where that was asked for and there is one.
    """

    text: str
    ids: np.ndarray  # with the boundary at either end
    log_probs: np.ndarray
    span: "Span | None" = None

    @property
    def tally(self) -> Tally:
        return tally_of(self.ids[1:], self.log_probs)


def tally_of(targets: np.ndarray, log_probs: np.ndarray) -> Tally:
    """The tally of predicted ids and their log-probabilities, summed in float64."""
    unknown = targets == UNKNOWN
    wide = log_probs.astype(np.float64)
    return Tally(float(-wide.sum()), len(targets), float(-wide[unknown].sum()), int(unknown.sum()))


def padded(length: int, choices: Sequence[int]) -> int:
    return min((choice for choice in choices if choice >= length), default=max(choices))


def sequence_log_probs(model: LanguageModel, sequences: Sequence[np.ndarray]) -> list[np.ndarray]:
    """For each sequence of ids, the log-probabilities of all but its first, given what stands before it.

    Sequences of like length are read side by side, in windows with the state carried on.
    """
    results: list[np.ndarray] = [np.zeros(0, np.float32)] * len(sequences)
    by_length = sorted(range(len(sequences)), key=lambda k: len(sequences[k]))
    choices = (1, 8, 32) if len(sequences) <= 32 else (1, 8, ROWS)
    for first in range(0, len(by_length), ROWS):
        chosen = by_length[first : first + ROWS]
        rows = padded(len(chosen), choices)
        for k, log_probs in zip(chosen, _side_by_side(model, [sequences[k] for k in chosen], rows), strict=True):
            results[k] = log_probs
    return results


def _side_by_side(model: LanguageModel, sequences: Sequence[np.ndarray], rows: int) -> list[np.ndarray]:
    fitting = [w for w in WINDOWS if rows * w * model.vocabulary.size <= LARGEST_ARRAY] or [WINDOWS[-1]]
    lengths = [len(ids) - 1 for ids in sequences]
    parts: list[list[np.ndarray]] = [[] for _ in sequences]
    state, begin, end = model.start(rows), 0, max(lengths)
    while begin < end:
        # the longest that is filled; only of the shortest a part is padding
        window = max((w for w in fitting if w <= end - begin), default=min(fitting))
        ids_BT = np.full((rows, window + 1), BOUNDARY, np.int32)
        for row, ids in enumerate(sequences):
            part = ids[begin : begin + window + 1]
            ids_BT[row, : len(part)] = part
        state, log_probs_BT = model.target_log_probs(state, ids_BT[:, :-1], ids_BT[:, 1:])
        for row, length in enumerate(lengths):
            if begin < length:
                parts[row].append(np.array(log_probs_BT[row, : length - begin]))
        begin += window
    return [np.concatenate(part) if part else np.zeros(0, np.float32) for part in parts]


def sentence_ids(vocabulary: Vocabulary, text: str | np.ndarray) -> np.ndarray:
    """The ids of a sentence, given as text or units, from boundary to boundary."""
    boundary = np.array([BOUNDARY], np.int32)
    return np.concatenate([boundary, vocabulary.encode(text), boundary])


def score_sentences(model: LanguageModel, sentences: Sequence[str]) -> list[SentenceScore]:
    """The score of each sentence, read from boundary to boundary, each from a fresh state."""
    encoded = [sentence_ids(model.vocabulary, text) for text in sentences]
    scores = sequence_log_probs(model, encoded)
    return [SentenceScore(*triple) for triple in zip(sentences, encoded, scores, strict=True)]


def text_sequences(vocabulary: Vocabulary, units: np.ndarray, *, lines: bool) -> list[np.ndarray]:
    """A text's ids as they are scored: its lines, each from boundary to boundary, or one stream (none where too short)."""
    if not lines:
        return [vocabulary.encode(units)] if len(units) > 1 else []
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
    predictions = len(ids) - 1
    cuts = np.linspace(0, predictions, pieces + 1).astype(int)
    run_ups = np.maximum(cuts[:-1] - OVERLAP, 0)
    sequences = [ids[run_up : end + 1] for run_up, end in zip(run_ups, cuts[1:], strict=True)]
    scores = sequence_log_probs(model, sequences)
    return np.concatenate([s[cut - up :] for s, cut, up in zip(scores, cuts[:-1], run_ups, strict=True)])


def stream_tally(model: LanguageModel, ids: np.ndarray, *, pieces: int = 1) -> Tally:
    return tally_of(ids[1:], stream_log_probs(model, ids, pieces=pieces))


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
