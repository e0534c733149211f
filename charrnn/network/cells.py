"""One step of each recurrent cell, and beside it the gradient of that step.

Every function works on numpy arrays and on JAX arrays alike (`__array_namespace__`), so the same equations train the
network, run it compiled, and run it without JAX. Products with weight matrices happen outside: a step receives the
input's share `x_BG` (which holds W x + b) and the hidden state's share `u_BG` (U h, for the GRU U h + d) of the
pre-activations.

To add a cell: write its state, step and step gradient here and enter it in CELLS. The tests run over the whole table.

Shapes: B rows, H hidden units, G = gates × H.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

Array = Any


class ElmanState(NamedTuple):
    hidden: Array


class LstmState(NamedTuple):
    hidden: Array
    cell: Array


class GruState(NamedTuple):
    hidden: Array


@dataclass(frozen=True)
class Cell:
    """What the rest of the network needs to know of a cell.

    step(x_BG, u_BG, state) -> (next state, saved): `saved` is a tuple of arrays that the gradient reads.
    step_gradient(d_state, state, saved) -> (dx_BG, du_BG, d_previous): gradients of the two shares, and the part of
    the previous state's gradient that does not pass through U. Where both shares have one gradient, dx_BG is du_BG.
    """

    name: str
    gates: int
    state: type
    step: Callable[[Array, Array, Any], tuple[Any, tuple[Array, ...]]]
    step_gradient: Callable[[Any, Any, tuple[Array, ...]], tuple[Array, Array, Any]]
    forget_gate: int | None = None  # which gate's bias starts at 1
    recurrent_bias: bool = False  # whether U h has a bias of its own
    identity_scale: float | None = None  # the recurrent matrix starts as this multiple of the identity


def sigmoid(x: Array) -> Array:
    """σ(x) = ½ tanh(½x) + ½, exact, free of overflow and faster than exp on CPUs."""
    return 0.5 * x.__array_namespace__().tanh(0.5 * x) + 0.5


def _split(x_BG: Array, gates: int) -> list[Array]:
    hidden = x_BG.shape[-1] // gates
    return [x_BG[..., k * hidden : (k + 1) * hidden] for k in range(gates)]


# Elman ---------------------------------------------------------------------------------------------------------------


def _elman(name: str, activation: Callable, slope: Callable, **options) -> Cell:
    """h' = φ(W x + U h + b) (Elman 1990); `slope` gives φ' from the value of φ."""

    def step(x_BG, u_BG, state):
        return ElmanState(activation(x_BG + u_BG)), ()

    def step_gradient(d_state, state, saved):
        dz_BG = d_state.hidden * slope(state.hidden)
        return dz_BG, dz_BG, ElmanState(0.0 * dz_BG)

    return Cell(name, 1, ElmanState, step, step_gradient, **options)


# LSTM ----------------------------------------------------------------------------------------------------------------


def lstm_step(x_BG: Array, u_BG: Array, state: LstmState) -> tuple[LstmState, tuple[Array, ...]]:
    """One LSTM step with forget gate (Gers, Schmidhuber, Cummins 2000), no peepholes; gates in the order i, f, g, o.

    i = σ(W_i x + U_i h + b_i);  f and o likewise
    g = tanh(W_g x + U_g h + b_g)
    c' = f ∘ c + i ∘ g
    h' = o ∘ tanh(c')
    """
    xp = x_BG.__array_namespace__()
    tanh = xp.tanh
    hidden = state.cell.shape[-1]
    half, one = xp.full(hidden, 0.5, dtype=x_BG.dtype), xp.ones(hidden, dtype=x_BG.dtype)
    # all four in one tanh, a sigmoid being ½ tanh(½z) + ½: XLA would compute separate ones again for each of their uses
    scale_G = xp.concat([half, half, one, half])
    i, f, g, o = _split(tanh((x_BG + u_BG) * scale_G) * scale_G + (1 - scale_G), 4)
    cell_BH = f * state.cell + i * g
    squashed_BH = tanh(cell_BH)
    return LstmState(o * squashed_BH, cell_BH), (i, f, g, o, state.cell, squashed_BH)


def _lstm_gradient(d_state, state, saved):
    i, f, g, o, previous_BH, squashed_BH = saved
    join = i.__array_namespace__().concat
    dc_BH = d_state.cell + d_state.hidden * o * (1 - squashed_BH * squashed_BH)
    dz_BG = join(
        [
            dc_BH * g * i * (1 - i),
            dc_BH * previous_BH * f * (1 - f),
            dc_BH * i * (1 - g * g),
            d_state.hidden * squashed_BH * o * (1 - o),
        ],
        axis=-1,
    )
    return dz_BG, dz_BG, LstmState(0.0 * dc_BH, dc_BH * f)


# GRU -----------------------------------------------------------------------------------------------------------------


def gru_step(x_BG: Array, u_BG: Array, state: GruState) -> tuple[GruState, tuple[Array, ...]]:
    """One GRU step (Cho et al. 2014), reset applied after the product, as cuDNN does; gates in the order r, z, n.

    r = σ(W_r x + b_r + U_r h + d_r);  z likewise
    n = tanh(W_n x + b_n + r ∘ (U_n h + d_n))
    h' = (1 − z) ∘ n + z ∘ h
    """
    tanh = x_BG.__array_namespace__().tanh
    hidden = state.hidden.shape[-1]
    # r and z in one sigmoid: XLA would compute separate ones again for each of their uses
    r, z = _split(sigmoid(x_BG[..., : 2 * hidden] + u_BG[..., : 2 * hidden]), 2)
    un = u_BG[..., 2 * hidden :]
    n = tanh(x_BG[..., 2 * hidden :] + r * un)
    return GruState(n + z * (state.hidden - n)), (r, z, n, un, state.hidden)


def _gru_gradient(d_state, state, saved):
    r, z, n, un, previous_BH = saved
    join = r.__array_namespace__().concat
    dh_BH = d_state.hidden
    dn_BH = dh_BH * (1 - z) * (1 - n * n)
    dz_BH = dh_BH * (previous_BH - n) * z * (1 - z)
    dr_BH = dn_BH * un * r * (1 - r)
    return join([dr_BH, dz_BH, dn_BH], axis=-1), join([dr_BH, dz_BH, dn_BH * r], axis=-1), GruState(dh_BH * z)


CELLS: dict[str, Cell] = {
    cell.name: cell
    for cell in (
        _elman("elman", lambda x: x.__array_namespace__().tanh(x), lambda h: 1 - h * h),
        _elman("elman-sigmoid", sigmoid, lambda h: h * (1 - h)),
        _elman("elman-relu", lambda x: x * (x > 0), lambda h: 1.0 * (h > 0), identity_scale=0.5),
        Cell("lstm", 4, LstmState, lstm_step, _lstm_gradient, forget_gate=1),
        Cell("gru", 3, GruState, gru_step, _gru_gradient, recurrent_bias=True),
    )
}
