"""The GRU. Shapes: B rows, H hidden units, G = 3 H, gates in the order r, z, n."""

from typing import NamedTuple

from charrnn.network.arrays import Array
from charrnn.network.cells.cell import sigmoid, split
from charrnn.network.cells.recurrent_matrix import RecurrentMatrixCell


class GruState(NamedTuple):
    hidden: Array


class Gru(RecurrentMatrixCell):
    """The GRU (Cho et al. 2014), reset applied after the product, as cuDNN does; gates in the order r, z, n.

    r = σ(W_r x + b_r + U_r h + d_r);  z likewise
    n = tanh(W_n x + b_n + r ∘ (U_n h + d_n))
    h' = (1 − z) ∘ n + z ∘ h
    """

    state = GruState
    biases = (0.0, 0.0, 0.0)
    recurrent_bias = True
    gates, saved_gates = ("reset", "update"), (0, 1)

    def combine(self, x_BG, u_BG, state):
        tanh = x_BG.__array_namespace__().tanh
        hidden = state.hidden.shape[-1]
        # r and z in one sigmoid: XLA would compute separate ones again for each of their uses
        r, z = split(sigmoid(x_BG[..., : 2 * hidden] + u_BG[..., : 2 * hidden]), 2)
        un = u_BG[..., 2 * hidden :]
        n = tanh(x_BG[..., 2 * hidden :] + r * un)
        return GruState(n + z * (state.hidden - n)), (r, z, n, un, state.hidden)

    def combine_gradient(self, d_state, hidden_BH, saved):
        r, z, n, un, previous_BH = saved
        join = r.__array_namespace__().concat
        dh_BH = d_state.hidden
        dn_BH = dh_BH * (1 - z) * (1 - n * n)
        dz_BH = dh_BH * (previous_BH - n) * z * (1 - z)
        dr_BH = dn_BH * un * r * (1 - r)
        return join([dr_BH, dz_BH, dn_BH], axis=-1), join([dr_BH, dz_BH, dn_BH * r], axis=-1), GruState(dh_BH * z)
