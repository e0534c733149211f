"""Dynamic evaluation: the weights follow the text while it is scored (Mikolov et al. 2010; Krause et al. 2018).

Each stretch is first predicted, then learnt from by one step of gradient descent; so nothing is predicted by weights that
have seen it.
"""

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.language_model import LanguageModel
from charrnn.models.mixture import Mixture
from charrnn.models.recurrent import RecurrentModel

STRETCH = 32  # characters between two steps


def check_adaptable(model: LanguageModel) -> None:
    """Raises CharrnnError where the model has no weights to adapt."""
    if not _has_network(model):
        raise CharrnnError("--adapt: an n-gram model has no weights to update; leave it out")


def _has_network(model: LanguageModel) -> bool:
    return isinstance(model, RecurrentModel) or (isinstance(model, Mixture) and any(map(_has_network, model.models)))


def adapted_log_probs(model: LanguageModel, ids: np.ndarray, rate: float) -> tuple[np.ndarray, LanguageModel]:
    """The log-probabilities of all but the first of the ids, and the model as it is after reading them."""
    state, parts = model.start(1), [np.zeros(0, np.float32)]
    for begin in range(0, len(ids) - 1, STRETCH):
        ids_BT = ids[None, begin : begin + STRETCH + 1]
        before = state
        state, log_probs_BT = model.target_log_probs(before, ids_BT[:, :-1], ids_BT[:, 1:])
        parts.append(log_probs_BT[0])
        model = _after(model, before, ids_BT, rate)
    return np.concatenate(parts), model


def _after(model: LanguageModel, state, ids_BT: np.ndarray, rate: float) -> LanguageModel:
    """The model, each network in it a step further down its own slope on the ids read from the state."""
    if isinstance(model, Mixture):
        read = zip(model.models, state, model.own_ids(ids_BT), strict=True)
        return model.with_models([_after(part, its_state, its_ids, rate) for part, its_state, its_ids in read])
    if isinstance(model, RecurrentModel):
        padding = ((0, 0), (0, STRETCH + 1 - ids_BT.shape[1]))  # one length, so that it is compiled once
        return model.descended(state, np.pad(ids_BT, padding), ids_BT.shape[1] - 1, rate)
    return model
