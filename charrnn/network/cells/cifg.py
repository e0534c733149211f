"""The LSTM with coupled gates. Shapes: B rows, H hidden units, G = 3 H, gates in the order f, g, o."""

from charrnn.network.cells.cell import split
from charrnn.network.cells.lstm import LstmState
from charrnn.network.cells.recurrent_matrix import RecurrentMatrixCell


class Cifg(RecurrentMatrixCell):
    """The LSTM whose input gate is what the forget gate leaves (CIFG: Greff, Srivastava, Koutník, Steunebrink, Schmidhuber
    2017); gates in the order f, g, o.

    f = σ(W_f x + U_f h + b_f);  o likewise
    g = tanh(W_g x + U_g h + b_g)
    c' = f ∘ c + (1 − f) ∘ g
    h' = o ∘ tanh(c')

    Three quarters of the LSTM's weights and products.
    """

    state = LstmState
    biases = (1.0, 0.0, 0.0)

    def combine(self, x_BG, u_BG, state):
        xp = x_BG.__array_namespace__()
        hidden = state.cell.shape[-1]
        half, one = xp.full(hidden, 0.5, dtype=x_BG.dtype), xp.ones(hidden, dtype=x_BG.dtype)
        # all three in one tanh, as in the LSTM
        scale_G = xp.concat([half, one, half])
        f, g, o = split(xp.tanh((x_BG + u_BG) * scale_G) * scale_G + (1 - scale_G), 3)
        cell_BH = g + f * (state.cell - g)
        squashed_BH = xp.tanh(cell_BH)
        return LstmState(o * squashed_BH, cell_BH), (f, g, o, state.cell, squashed_BH)

    def combine_gradient(self, d_state, hidden_BH, saved):
        f, g, o, previous_BH, squashed_BH = saved
        dc_BH = d_state.cell + d_state.hidden * o * (1 - squashed_BH * squashed_BH)
        dz_BG = f.__array_namespace__().concat(
            [
                dc_BH * (previous_BH - g) * f * (1 - f),
                dc_BH * (1 - f) * (1 - g * g),
                d_state.hidden * squashed_BH * o * (1 - o),
            ],
            axis=-1,
        )
        return dz_BG, dz_BG, LstmState(0.0 * dc_BH, dc_BH * f)
