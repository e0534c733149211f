"""What the units of a network follow in a text, when they are on, and what their gates do.

Shapes: T characters, L layers, H hidden units, U units of all layers (L × H), F features.
"""

from dataclasses import dataclass

import jax
import numpy as np

from charrnn.inspection.features import features
from charrnn.inspection.states import gates_at, states_before
from charrnn.models.recurrent import RecurrentModel

NEARLY = 0.1  # a gate below is nearly closed, one above 1 − NEARLY nearly open


@dataclass(frozen=True)
class Neurons:
    """states_TU: what each unit puts out once a character has been read. correlations: by feature, of each unit (Pearson),
    NaN of a unit that never changes. gates: by layer and name, of each unit the shares of characters at which the gate was
    nearly closed and nearly open."""

    states_TU: np.ndarray
    correlations: dict[str, np.ndarray]
    gates: list[dict[str, tuple[np.ndarray, np.ndarray]]]

    def followers(self, feature: str, count: int) -> list[int]:
        """The units that follow a feature most closely, whatever their sign."""
        return np.argsort(-np.abs(np.nan_to_num(self.correlations[feature])), kind="stable")[:count].tolist()


def neurons(model: RecurrentModel, ids_T: np.ndarray, text: str) -> Neurons:
    """What the units do as the model reads a text (Karpathy, Johnson, Li 2015; Strobelt et al. 2018): its ids, and what they
    stand for, a character each."""
    states = states_before(model, np.append(ids_T, ids_T[-1:]))
    layers = states[: model.config.layers]
    states_TU = np.concatenate([layer.hidden[1:] for layer in layers], axis=1)
    kinds = {name: _correlations(values_T, states_TU) for name, values_T in features(text).items()}
    gates = [
        {name: ((gate_TH < NEARLY).mean(0), (gate_TH > 1 - NEARLY).mean(0)) for name, gate_TH in layer.items()}
        for layer in gates_at(model, ids_T, jax.tree.map(lambda part: part[:-1], states))
    ]
    return Neurons(states_TU, kinds, gates)


def _correlations(values_T: np.ndarray, states_TU: np.ndarray) -> np.ndarray:
    """Pearson's correlation of the values with each column of the states."""
    values_T = values_T.astype(np.float64) - values_T.mean(dtype=np.float64)
    means_U = states_TU.mean(0, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (values_T @ states_TU - values_T.sum() * means_U) / (
            np.sqrt((values_T**2).sum()) * states_TU.std(0, dtype=np.float64) * np.sqrt(len(values_T))
        )
