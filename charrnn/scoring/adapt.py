"""Dynamic evaluation: the weights follow the text while it is scored (Mikolov et al. 2010; Krause et al. 2018).

Each stretch is first predicted, then learnt from (see network.dynamic); so nothing is predicted by weights that have seen
it. What was just said and the weights cannot hold is the affair of a cache beside the model (see scoring.cache).
"""

from typing import Any

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.language_model import LanguageModel, State
from charrnn.models.mixture import Mixture
from charrnn.models.recurrent import RecurrentModel

STRETCH = 32  # characters between two steps
PIECE = 32 * STRETCH  # characters read in a call

Weights = Any  # a network's own; for a mixture a tuple, its models' weights; None for a model that has none to adapt


def check_adaptable(model: LanguageModel) -> None:
    """Raises CharrnnError where the model has no weights to adapt."""
    if not _has_network(model):
        raise CharrnnError("--adapt: an n-gram model has no weights to update; leave it out")


def _has_network(model: LanguageModel) -> bool:
    return isinstance(model, RecurrentModel) or (isinstance(model, Mixture) and any(map(_has_network, model.models)))


def unmoved(model: LanguageModel) -> Weights:
    """The weights as they were trained."""
    if isinstance(model, Mixture):
        return tuple(map(unmoved, model.models))
    return model.unmoved() if isinstance(model, RecurrentModel) else None


def adapted_log_probs(model: LanguageModel, weights: Weights, ids: np.ndarray, rate: float) -> tuple[Weights, np.ndarray]:
    """The weights after reading the ids, and the log-probabilities of all but the first of them."""
    state, parts = model.start(1), [np.zeros(0, np.float32)]
    for begin in range(0, len(ids) - 1, PIECE):
        ids_BT = ids[None, begin : begin + PIECE + 1]
        targets_BT = ids_BT[:, 1:]
        state, weights, log_probs_BTV = _read(model, state, weights, ids_BT[:, :-1], targets_BT, rate)
        parts.append(np.take_along_axis(log_probs_BTV, targets_BT[..., None], axis=2)[0, :, 0])
    return weights, np.concatenate(parts)


def _read(
    model: LanguageModel, state: State, weights: Weights, ids_BT: np.ndarray, targets_BT: np.ndarray, rate: float
) -> tuple[State, Weights, np.ndarray]:
    """The state and the weights after reading the ids and learning from the targets, and log_probs_BTV."""
    if isinstance(model, Mixture):
        of_models = zip(model.models, state, weights, model.own_ids(ids_BT), model.own_ids(targets_BT), strict=True)
        states, moved, log_probs = zip(*(_read(*of_model, rate) for of_model in of_models), strict=True)
        return states, moved, model.joined(model.viewed(log_probs))
    if isinstance(model, RecurrentModel):
        return model.follow(state, weights, ids_BT, targets_BT, rate, STRETCH, PIECE)
    state, log_probs_BTV = model.advance(state, ids_BT)
    return state, weights, log_probs_BTV
