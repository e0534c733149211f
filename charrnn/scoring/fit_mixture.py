"""Fitting a mixture's weights to text that none of its models has learnt from.

Shapes: P positions (the characters predicted), V symbols, M models.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.language_model import LanguageModel
from charrnn.models.mixture import Mixture, common_vocabulary
from charrnn.models.options import MixtureOptions
from charrnn.scoring.log_probs import text_sequences
from charrnn.text.corpus import read_units

FIT_CHARACTERS = 50_000  # of a longer text, the beginning is read
LARGEST_FIT = 1 << 25  # numbers of one model's distributions held at once; bounds memory for large vocabularies
PIECE = 4096  # characters read, and positions worked on, at a time
ROUNDS = 100
RIDGE = 1e-4  # keeps apart what two models that agree everywhere would leave undecided
# A text of few characters tells little of the weights. Sparing ones are drawn to a sum of 1 and a little to each other, as
# strongly as so many characters would with a second derivative of 1, and mix only where that gains LEAST_GAIN nats.
TO_SUM, TO_EACH_OTHER, LEAST_GAIN = 300.0, 3.0, 2.0


class Piece(NamedTuple):
    """What each model gives each symbol at some positions, and the symbols that stand there."""

    log_probs_MPV: np.ndarray
    targets_P: np.ndarray


def mixture_of(models: Sequence[LanguageModel], options: MixtureOptions) -> Mixture:
    """The mixture that is asked for: with weights given, all alike, or fitted on the text file options.fit_on.

    Raises CharrnnError for weights that cannot be and vocabularies that do not meet.
    """
    if not options.fit_on:
        return Mixture(models, options.weight, options.mix)
    vocabulary = common_vocabulary(models)
    units = read_units([options.fit_on], level=vocabulary.level, encoding=options.encoding)
    return fit(models, text_sequences(vocabulary, units, lines=all(model.lines for model in models)), options.mix)


def fit(models: Sequence[LanguageModel], sequences: Sequence[np.ndarray], way: str, *, sparing: bool = False) -> Mixture:
    """The mixture whose weights give the sequences the highest probability (see models.mixture for the ways).

    Sequences are ids of the mixture's vocabulary, each read from a fresh state; of each, all but the first are predicted.
    Both ways are concave in the weights. sparing: see fit_sparingly (log-linear). Raises CharrnnError where nothing is to be
    predicted.
    """
    pieces = list(_read(Mixture(models), sequences))
    if not pieces:
        raise CharrnnError("--fit-on: there is no text to fit the weights on; give a file of some thousand characters")
    if sparing:
        assert way == "log-linear"
        weights_M = fit_sparingly(pieces)
    else:
        weights_M = fit_linear(pieces) if way == "linear" else fit_log_linear(pieces)
    return Mixture(models, weights_M.tolist(), way)


def _read(mixture: Mixture, sequences: Sequence[np.ndarray]) -> Iterator[Piece]:
    """Piece after piece, as far as FIT_CHARACTERS and memory go."""
    left = min(FIT_CHARACTERS, LARGEST_FIT // mixture.vocabulary.size)
    mixture.prepare(min(left, sum(map(len, sequences))))
    for ids in sequences:
        state = mixture.start(1)
        for begin in range(0, min(len(ids) - 1, left), PIECE):
            part = ids[None, begin : min(begin + PIECE, left) + 1]
            state, log_probs_MBTV = mixture.advance_each(state, part[:, :-1])
            yield Piece(log_probs_MBTV[:, 0], part[0, 1:])
        left -= len(ids) - 1
        if left <= 0:
            return


def fit_linear(pieces: Sequence[Piece]) -> np.ndarray:
    """weights_M that maximise Σ_p log Σ_m w_m p_m, by expectation maximisation (Dempster et al. 1977)."""
    targets_PM = np.concatenate([_targets(piece) for piece in pieces])
    probs_PM = np.exp(targets_PM - targets_PM.max(1, keepdims=True))
    weights_M = np.full(probs_PM.shape[1], 1 / probs_PM.shape[1])
    for _ in range(ROUNDS):
        shares_PM = probs_PM * weights_M
        weights_M = (shares_PM / shares_PM.sum(1, keepdims=True)).mean(0)
    return weights_M / weights_M.sum()


def fit_sparingly(pieces: Sequence[Piece]) -> np.ndarray:
    """As fit_log_linear, but cautious with few characters: one model alone where the others do not help for certain."""
    models = len(pieces[0].log_probs_MPV)
    alike_MM = np.ones((models, models))
    fitted_M = fit_log_linear(pieces, TO_SUM * alike_MM + TO_EACH_OTHER * (models * np.eye(models) - alike_MM))
    alone_M = sum(_targets(piece).sum(0, dtype=np.float64) for piece in pieces)
    if np.count_nonzero(fitted_M) > 1 and _log_likelihood(pieces, fitted_M) - alone_M.max() > LEAST_GAIN:
        return fitted_M
    return np.eye(models)[alone_M.argmax()]


def _log_likelihood(pieces: Sequence[Piece], weights_M: np.ndarray) -> float:
    """The sum of the log-probabilities of the targets."""
    total = 0.0
    for piece in pieces:
        logits_PV = np.einsum("m,mpv->pv", weights_M, piece.log_probs_MPV)
        largest_P = logits_PV.max(1)
        normaliser_P = largest_P + np.log(np.exp(logits_PV - largest_P[:, None]).sum(1))
        total += float((_targets(piece) @ weights_M - normaliser_P).sum())
    return total


def fit_log_linear(pieces: Sequence[Piece], prior_MM: np.ndarray | float = 0.0) -> np.ndarray:
    """weights_M, none below 0, that maximise the mean log-probability of the targets: Newton's method from equal weights.

    prior_MM: the precision of a normal prior around equal weights. With L the models' log-probabilities of a symbol, a
    position adds L(target) − E[L] to the gradient and −Cov[L] to the Hessian, both under the mixture.
    """
    models, positions = len(pieces[0].log_probs_MPV), sum(len(piece.targets_P) for piece in pieces)
    prior_MM = np.zeros((models, models)) + prior_MM
    weights_M = np.full(models, 1 / models)
    for _ in range(ROUNDS):
        moments = [_moments(piece, weights_M) for piece in pieces]
        gradient_M = (sum(moment[0] for moment in moments) - prior_MM @ (weights_M - 1 / models)) / positions
        covariance_MM = (sum(moment[1] for moment in moments) + prior_MM) / positions + RIDGE * np.eye(models)
        before_M, weights_M = weights_M, np.maximum(weights_M + np.linalg.solve(covariance_MM, gradient_M), 0)
        if np.abs(weights_M - before_M).max() < 1e-5:
            break
    return weights_M


def _targets(piece: Piece) -> np.ndarray:
    """log_probs_PM of the targets."""
    return piece.log_probs_MPV[:, np.arange(len(piece.targets_P)), piece.targets_P].T


def _moments(piece: Piece, weights_M: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums over the piece: what the models give the targets beyond their mean under the mixture, and their covariance."""
    logits_PV = np.einsum("m,mpv->pv", weights_M, piece.log_probs_MPV)
    probs_PV = np.exp(logits_PV - logits_PV.max(1, keepdims=True))
    probs_PV /= probs_PV.sum(1, keepdims=True)
    weighted_MPV = probs_PV * piece.log_probs_MPV
    mean_PM = weighted_MPV.sum(-1).T
    squares_MM = np.einsum("mpv,npv->mn", weighted_MPV, piece.log_probs_MPV)
    return (_targets(piece) - mean_PM).sum(0), squares_MM - mean_PM.T @ mean_PM
