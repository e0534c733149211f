"""What the units of a network follow in a text, when they are on, and what their gates do.

Shapes: T characters, L layers, H hidden units, U units of all layers (L × H), F features.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from charrnn.inspection.features import features
from charrnn.inspection.states import gates_at, read_through
from charrnn.models.recurrent import RecurrentModel
from charrnn.network.arrays import Array
from charrnn.network.config import NetworkConfig
from charrnn.network.forward import State

ROUNDING = 1e-12  # of sums of squares in float64, as a share
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
    values = features(text)
    values_FT = np.stack(list(values.values())) if values else np.zeros((0, len(text)))
    sums, gates, states = _Sums(), [], []
    for begin, (before, hidden) in read_through(model, ids_T, _kept):
        states_TU = np.concatenate(hidden, axis=1)
        part = slice(begin, begin + len(states_TU))
        states.append(states_TU)
        sums.add(values_FT[:, part].astype(np.float64), states_TU.astype(np.float64))
        gates.append(
            [
                {name: np.stack([gate_TH < NEARLY, gate_TH > 1 - NEARLY]).sum(1) for name, gate_TH in layer.items()}
                for layer in gates_at(model, ids_T[part], before)
            ]
        )
    count = len(ids_T)
    shares = [
        {name: tuple(sum(piece[k][name] for piece in gates) / count) for name in layer} for k, layer in enumerate(gates[0])
    ]
    return Neurons(np.concatenate(states), dict(zip(values, sums.correlations(count), strict=True)), shares)


def _kept(config: NetworkConfig, before: State, after: State) -> tuple[State, list[Array]]:
    """The layers' states before, and their hidden states after."""
    return before[: config.layers], [layer.hidden for layer in after[: config.layers]]


def _deviations(sums: np.ndarray, squares: np.ndarray, count: int) -> np.ndarray:
    """The roots of the summed squares of deviations from the mean; 0 of what is constant but for rounding."""
    found = squares - sums**2 / count
    return np.sqrt(np.where(found > ROUNDING * squares, found, 0))


class _Sums:
    """What Pearson's correlations of values F with states U are made of, in float64, over pieces of a text."""

    def __init__(self) -> None:
        self._totals: tuple[Any, ...] = ()

    def add(self, values_FT: np.ndarray, states_TU: np.ndarray) -> None:
        parts = (values_FT @ states_TU, values_FT.sum(1), (values_FT**2).sum(1), states_TU.sum(0), (states_TU**2).sum(0))
        self._totals = tuple(map(np.add, self._totals, parts)) if self._totals else parts

    def correlations(self, count: int) -> np.ndarray:
        """[F, U]; NaN of a unit that never changes."""
        both_FU, values_F, squares_F, states_U, squares_U = self._totals
        deviations_F, deviations_U = (_deviations(*each, count) for each in ((values_F, squares_F), (states_U, squares_U)))
        with np.errstate(invalid="ignore", divide="ignore"):
            return (both_FU - np.outer(values_F, states_U) / count) / np.outer(deviations_F, deviations_U)
