"""The LSTM. Shapes: B rows, H hidden units, G = 4 H, gates in the order i, f, g, o."""

from typing import NamedTuple

from charrnn.network.arrays import Array
from charrnn.network.cells.cell import split
from charrnn.network.cells.recurrent_matrix import RecurrentMatrixCell


class LstmState(NamedTuple):
    hidden: Array
    cell: Array


class Lstm(RecurrentMatrixCell):
    """The LSTM with forget gate (Gers, Schmidhuber, Cummins 2000), no peepholes; gates in the order i, f, g, o.

    i = σ(W_i x + U_i h + b_i);  f and o likewise
    g = tanh(W_g x + U_g h + b_g)
    c' = f ∘ c + i ∘ g
    h' = o ∘ tanh(c')
    """

    state = LstmState
    biases = (0.0, 1.0, 0.0, 0.0)
    gates, saved_gates = ("input", "forget", "output"), (0, 1, 3)

    def combine(self, x_BG, u_BG, state):
        xp = x_BG.__array_namespace__()
        tanh = xp.tanh
        hidden = state.cell.shape[-1]
        half, one = xp.full(hidden, 0.5, dtype=x_BG.dtype), xp.ones(hidden, dtype=x_BG.dtype)
        # all four in one tanh, a sigmoid being ½ tanh(½z) + ½: XLA would compute separate ones again for each of their uses
        scale_G = xp.concat([half, half, one, half])
        i, f, g, o = split(tanh((x_BG + u_BG) * scale_G) * scale_G + (1 - scale_G), 4)
        cell_BH = f * state.cell + i * g
        squashed_BH = tanh(cell_BH)
        return LstmState(o * squashed_BH, cell_BH), (i, f, g, o, state.cell, squashed_BH)

    def combine_gradient(self, d_state, hidden_BH, saved):
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
