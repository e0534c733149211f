"""Pseudo-likelihood: every character given all others of its text, and where another would be likelier.

The sum of these log-probabilities (Besag 1975) is no probability of the text: each character is predicted with the
others known. It orders texts and finds what does not fit; it must not be compared with a sentence's log-probability.

Shapes: B rows, T time, H hidden units, V symbols.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.language_model import LanguageModel, Tally
from charrnn.models.recurrent import RecurrentModel
from charrnn.scoring.log_probs import OVERLAP, ROWS, WINDOWS, padded, sentence_ids, tally_of
from charrnn.text.symbols import UNKNOWN

PIECE = 1024  # longer texts are read in pieces of this length, with OVERLAP more on either side


@dataclass(frozen=True)
class Typo:
    """A character for which another is likelier given both sides: its place (from 1), what is written, what is likelier,
    and by how many nats."""

    place: int
    written: str
    likelier: str
    nats: float


@dataclass(frozen=True)
class PseudoScore:
    """For a text's T characters, log_probs_T given all others; likeliest_T (ids) and their best_T log-probabilities.

    The end of a sentence is given, not predicted. `typos` are the characters that look wrong, where that was asked for.
    """

    text: str
    ids: np.ndarray
    log_probs: np.ndarray
    likeliest: np.ndarray
    best: np.ndarray
    typos: tuple[Typo, ...] | None = None

    @property
    def tally(self) -> Tally:
        return tally_of(self.ids, self.log_probs)

    @property
    def gains(self) -> np.ndarray:
        """How many nats likelier than what is written the likeliest character is; 0 where they are the same."""
        return self.best - self.log_probs


Four = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # ids, log_probs, likeliest, best


def two_directions(model: LanguageModel) -> RecurrentModel:
    """The model, if it reads in both directions. Raises CharrnnError otherwise."""
    if not isinstance(model, RecurrentModel) or model.backward is None:
        raise CharrnnError("this model reads from left to right only; train one with `charrnn train --direction both`")
    return model


def pseudo_sentences(model: LanguageModel, sentences: Sequence[str]) -> list[PseudoScore]:
    """The pseudo-likelihood of each sentence between two boundaries, which are not scored themselves."""
    encoded = [sentence_ids(model.vocabulary, text) for text in sentences]
    found = pseudo_sequences(model, encoded)
    return [PseudoScore(text, *four) for text, four in zip(sentences, found, strict=True)]


def with_typos(model: LanguageModel, score: PseudoScore) -> PseudoScore:
    """The score with the characters for which another is likelier, the most doubtful first."""
    places = np.flatnonzero(score.gains > 0)
    places = places[np.argsort(-score.gains[places], kind="stable")]
    symbols = ["?", *model.vocabulary.symbols]
    written = score.text if model.vocabulary.level == "char" else [symbols[k] for k in score.ids]
    typos = (Typo(int(k) + 1, written[k], symbols[score.likeliest[k]], float(score.gains[k])) for k in places)
    return replace(score, typos=tuple(typos))


def pseudo_sequences(model: LanguageModel, sequences: Sequence[np.ndarray]) -> list[Four]:
    """(ids, log_probs, likeliest, best), as in PseudoScore, of all but the first and the last of each sequence of ids."""
    both = two_directions(model)
    pieces, owners = [], []
    for owner, ids in enumerate(sequences):
        for begin in range(1, max(2, len(ids) - 1), PIECE):
            pieces.append((ids, begin, min(begin + PIECE, len(ids) - 1)))
            owners.append(owner)
    found: list[list[Four]] = [[] for _ in sequences]
    order = sorted(range(len(pieces)), key=lambda k: pieces[k][2] - pieces[k][1])
    results: dict[int, Four] = {}
    for first in range(0, len(order), ROWS):
        chosen = order[first : first + ROWS]
        results |= zip(chosen, _pieces(both, [pieces[k] for k in chosen]), strict=True)
    for k, owner in enumerate(owners):
        found[owner].append(results[k])
    return [tuple(map(np.concatenate, zip(*several, strict=True))) for several in found]  # type: ignore[misc]


def pseudo_stream_tally(model: LanguageModel, ids: np.ndarray) -> Tally:
    """The tally of all but the first and the last character of one continuous text."""
    ((targets, log_probs, _, _),) = pseudo_sequences(model, [ids])
    return tally_of(targets, log_probs)


def _pieces(model: RecurrentModel, pieces: Sequence[tuple[np.ndarray, int, int]]) -> Iterator[Four]:
    """(ids, log_probs, likeliest, best) of ids[begin:end] for each (ids, begin, end), read side by side."""
    assert model.backward is not None
    before = [ids[max(0, begin - OVERLAP) : max(begin, end - 1)] for ids, begin, end in pieces]
    after = [ids[begin + 1 : end + OVERLAP][::-1] for ids, begin, end in pieces]
    forward, backward = _outputs(model, before), _outputs(model.backward, after)
    for (ids, begin, end), f_TH, b_TH in zip(pieces, forward, backward, strict=True):
        targets, count = ids[begin:end], end - begin
        f_TH, b_TH = f_TH[len(f_TH) - count :], b_TH[len(b_TH) - count :][::-1]
        log_probs_TV = model.joint_log_probs(f_TH, b_TH)
        written = np.take_along_axis(log_probs_TV, targets[:, None], 1)[:, 0]
        log_probs_TV[:, UNKNOWN] = -np.inf
        likeliest = log_probs_TV.argmax(1)
        best = np.maximum(np.take_along_axis(log_probs_TV, likeliest[:, None], 1)[:, 0], written)
        yield targets, written, likeliest, best


def _outputs(model: RecurrentModel, sequences: Sequence[np.ndarray]) -> list[np.ndarray]:
    """outputs_TH after each character of each sequence, from a fresh state."""
    rows, longest = padded(len(sequences), (1, 8, ROWS)), max(map(len, sequences))
    state, begin = model.start(rows), 0
    parts = [np.zeros((rows, 0, model.config.hidden), np.float32)]
    while begin < longest:
        window = padded(longest - begin, WINDOWS)
        ids_BT = np.zeros((rows, window), np.int32)
        for row, ids in enumerate(sequences):
            ids_BT[row, : max(0, len(ids) - begin)] = ids[begin : begin + window]
        state, outputs_BTH = model.outputs(state, ids_BT)
        parts.append(outputs_BTH)
        begin += window
    outputs_BTH = np.concatenate(parts, axis=1)
    return [outputs_BTH[row, : len(ids)] for row, ids in enumerate(sequences)]
