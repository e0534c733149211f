"""How strongly what a network predicts depends on what came before: gradients back through time.

For the loss L_t of the character after place t, and the hidden states h of all layers:

    reach(k) = ‖∂L_t / ∂h_{t−k}‖        (Bengio, Simard, Frasconi 1994; Pascanu, Mikolov, Bengio 2013)

what comes before h_{t−k} held fixed; and for what the network read at t − k, x being what the first layer's cell makes of it

    owes(k) = ‖∂L_t / ∂x_{t−k}‖         (connectivity: Madsen 2019)

Shapes: T time, P places, K characters back, B rows, L layers, H hidden units, G what the first cell makes of its input.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from charrnn.errors import CharrnnError
from charrnn.inspection.states import states_at, step, where
from charrnn.models.language_model import take_rows
from charrnn.models.recurrent import RecurrentModel
from charrnn.network.arrays import Array, Parameters
from charrnn.network.config import NetworkConfig
from charrnn.network.forward import State
from charrnn.network.loss import target_log_probs
from charrnn.network.parameters import fold_embedding, init_parameters

ROWS = 64
LEVEL = 0.01  # of the gradient one character back: where it falls below, memory is said to end


@dataclass(frozen=True)
class Reach:
    """Over places of a text, the norm of the gradient of the loss in the state k characters before, for k from 1: its
    median_K, and what a tenth of the places lie below and above (low_K, high_K)."""

    median_K: np.ndarray
    low_K: np.ndarray
    high_K: np.ndarray

    @property
    def characters(self) -> int | None:
        """How many characters back the median falls to a hundredth of what it is one character back; None where it does
        not."""
        below = np.flatnonzero(self.median_K <= LEVEL * self.median_K[0])
        return int(below[0]) + 1 if len(below) else None

    @property
    def explodes(self) -> bool:
        """Whether the median is a hundred times as large somewhere as one character back."""
        return not (self.median_K <= self.median_K[0] / LEVEL).all()


def untrained(model: RecurrentModel, gain: float = 1.0) -> RecurrentModel:
    """The same network before any training, as far as its summary says how that began, recurrent matrices times `gain`.

    Raises CharrnnError where there are no recurrent matrices to multiply.
    """
    if gain != 1 and "recurrent" not in model.parameters["layers"][0]:
        raise CharrnnError(f"--gain: the cell {model.config.cell} has no recurrent matrix; leave it out")
    seed, counts = model.summary.get("options", {}).get("seed", 1), model.summary.get("symbol_counts")
    fresh = init_parameters(model.config, seed, None if counts is None else np.array(counts))
    for layer in fresh["layers"]:
        if "recurrent" in layer:
            layer["recurrent"] *= np.float32(gain)
    return RecurrentModel(model.config, model.vocabulary, fresh, lines=model.lines)


def reach(model: RecurrentModel, ids: np.ndarray, *, back: int, places: int) -> Reach:
    """The reach of the gradient over `back` characters, at places spread evenly over a text of ids.

    Raises CharrnnError where the text is too short for one place.
    """
    if len(ids) < back + 2:
        raise CharrnnError(f"the text has {len(ids):,} characters; {back + 2:,} are needed to look {back} back")
    chosen = np.unique(np.linspace(back, len(ids) - 2, places).astype(int))
    norms_PK, _ = _norms(model, ids, chosen, back)
    with np.errstate(invalid="ignore"):  # what has exploded is infinite
        median_K, low_K, high_K = np.quantile(norms_PK[:, 1:], [0.5, 0.1, 0.9], axis=0)
    return Reach(median_K, low_K, high_K)


def owes(model: RecurrentModel, ids: np.ndarray, *, back: int) -> np.ndarray:
    """owes_TK: for every place but the first, how much the prediction of ids[t + 1] owes what was read k = 0 … back
    characters before; NaN before the beginning. T is one less than the number of ids."""
    padded = np.concatenate([np.full(back, ids[0]), ids])
    _, norms_PK = _norms(model, padded, np.arange(back, len(padded) - 1), back, begin=back)
    places = np.arange(len(ids) - 1)
    norms_PK[places[:, None] < np.arange(back + 1)] = np.nan
    return norms_PK


def _norms(
    model: RecurrentModel, ids: np.ndarray, places: np.ndarray, back: int, begin: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Norms of the gradient in the states, and in what was read, [P, back + 1], the nearest first. begin: the first id of
    the text; what stands before is not read."""
    parameters, config = fold_embedding(model.parameters, model.config)
    on_device = jax.device_put(parameters)
    known = np.unique(np.maximum(places - back - begin, 0))
    states = states_at(model, ids[begin:], known)
    found = []
    for first in range(0, len(places), ROWS):
        chosen = places[first : first + ROWS]
        rows = np.resize(chosen, ROWS)  # always the same shape, so that it is compiled once
        windows_TB = np.stack([ids[place - back : place + 2] for place in rows], axis=1)
        starts_B = np.maximum(rows - back - begin, 0)
        state = take_rows(states, np.searchsorted(known, starts_B))
        real_TB = (np.arange(-back, 1)[:, None] + rows) >= begin
        norms = _gradients(config, model.lines, model.vocabulary.unknown_probability, on_device, state, windows_TB, real_TB)
        found.append([np.asarray(each)[::-1].T[: len(chosen)] for each in norms])
    states_PK, inputs_PK = (np.concatenate(each) for each in zip(*found, strict=True))
    return states_PK, inputs_PK


@partial(jax.jit, static_argnums=(0, 1, 2))
def _gradients(
    config: NetworkConfig,
    lines: bool,
    unknown: float,
    parameters: Parameters,
    state: State,
    ids_TB: Array,
    real_TB: Array,
) -> tuple[Array, Array]:
    """Norms of the last prediction's gradient, [T − 1, B]: in the hidden states of all layers, and in what the first layer
    reads. Of ids_TB the last is predicted; where real_TB is not set, nothing is read."""
    inputs_TB, targets_B = ids_TB[:-1], ids_TB[-1]
    times, rows = inputs_TB.shape
    width = parameters["layers"][0]["bias"].shape[0]

    def loss(moved_TBG: Array, moved_TLBH: Array) -> Array:
        def one(carry: tuple[State, Array], at_t: Any) -> tuple[tuple[State, Array], None]:
            ids_B, real_B, moved_BG, moved_LBH = at_t
            state, outputs_BH = carry
            after = step(config, lines, parameters, state, ids_B, moved_BG, moved_LBH)
            return where(real_B, after, (state, outputs_BH)), None

        begin = (state, jnp.zeros((rows, config.hidden)))
        (_, outputs_BH), _ = jax.lax.scan(one, begin, (inputs_TB, real_TB, moved_TBG, moved_TLBH))
        return -target_log_probs(parameters["output"], outputs_BH[None], targets_B[None], unknown).sum()

    zeros = jnp.zeros((times, rows, width)), jnp.zeros((times, config.layers, rows, config.hidden))
    of_input_TBG, of_states_TLBH = jax.grad(loss, argnums=(0, 1))(*zeros)
    return jnp.sqrt((of_states_TLBH**2).sum((1, 3))), jnp.sqrt((of_input_TBG**2).sum(-1))
