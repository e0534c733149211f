"""A cell with a recurrent matrix over time, compiled: the forward scan and back-propagation through time written out.

The backward pass follows the standard derivation (Werbos 1990): a reverse scan makes only the gradients of the
pre-activations; the gradient of the recurrent matrix is then one large product over all steps and rows. Plain autodiff
of the same scan adds a small product to the sum in every step, which is several times slower on a CPU.

Shapes: T time, B rows, H hidden units, G = gates × H.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from charrnn.network.arrays import Array, Product
from charrnn.network.cells.recurrent_matrix import RecurrentMatrixCell
from charrnn.network.precision import gradient_of_matrix, product_of_few, turned


def _scan(cell: RecurrentMatrixCell, x_TBG, recurrent_HG, bias_G, state, product, *, save: bool):
    turned_GH = turned(recurrent_HG)

    def step(state, x_BG):
        u_BG = product_of_few(product, state.hidden, turned_GH)
        if cell.recurrent_bias:
            u_BG = u_BG + bias_G
        state, saved = cell.combine(x_BG, u_BG, state)
        return state, (state.hidden, saved if save else ())

    state, (hidden_TBH, saved) = jax.lax.scan(step, state, x_TBG)
    return state, hidden_TBH, saved


@partial(jax.custom_vjp, nondiff_argnums=(0, 5))
def scan_over_time(
    cell: RecurrentMatrixCell,
    x_TBG: Array,
    recurrent_HG: Array,
    bias_G: Array | None,
    state: Any,
    product: Product = jnp.matmul,
):
    """The final state and hidden_TBH of a cell run over x_TBG, the input's share of the pre-activations.

    product: the matrix product of a left and a right factor (see network.precision).
    """
    state, hidden_TBH, _ = _scan(cell, x_TBG, recurrent_HG, bias_G, state, product, save=False)
    return state, hidden_TBH


def _forward(cell, x_TBG, recurrent_HG, bias_G, state, product):
    final, hidden_TBH, saved = _scan(cell, x_TBG, recurrent_HG, bias_G, state, product, save=True)
    return (final, hidden_TBH), (recurrent_HG, state.hidden, hidden_TBH, saved)


def _backward(cell, product, residuals, cotangents):
    recurrent_HG, first_BH, hidden_TBH, saved = residuals
    d_final, d_hidden_TBH = cotangents

    def step(d_state, at_t):
        d_hidden_BH, hidden_BH, saved = at_t
        d_state = d_state._replace(hidden=d_state.hidden + d_hidden_BH)
        dx_BG, du_BG, d_previous = cell.combine_gradient(d_state, hidden_BH, saved)
        d_previous = d_previous._replace(hidden=d_previous.hidden + product_of_few(product, du_BG, recurrent_HG))
        return d_previous, (dx_BG, du_BG if cell.recurrent_bias else ())

    d_first, (dx_TBG, du_TBG) = jax.lax.scan(step, d_final, (d_hidden_TBH, hidden_TBH, saved), reverse=True)
    du_TBG = du_TBG if cell.recurrent_bias else dx_TBG
    # the hidden states shifted by one are copied rather than du_TBG, which is several times as large
    previous_TBH = jnp.concatenate([first_BH[None], hidden_TBH[:-1]])
    d_recurrent_HG = gradient_of_matrix(product, previous_TBH, du_TBG)
    d_bias_G = du_TBG.sum((0, 1)) if cell.recurrent_bias else None
    return dx_TBG, d_recurrent_HG, d_bias_G, d_first


scan_over_time.defvjp(_forward, _backward)
