"""The log-probabilities that training makes large, with gradients written out where autodiff is slow.

Shapes: T time, B rows, V symbols, X features, H hidden units; of a cluster of an adaptive softmax N places (time and rows in
one), C symbols, R places of a block.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from charrnn.network.adaptive import tail_logits
from charrnn.network.arrays import Array, Parameters, Product
from charrnn.network.directions import reverse
from charrnn.text.symbols import UNKNOWN

# Places of a cluster whose scores are computed together: of small batches as few as still make a fast product, of large ones
# so many that the loop over them is short.
LEAST_BLOCK, MOST_BLOCKS = 64, 16


@jax.custom_vjp
def turn_round(array_TBX: Array, lengths_B: Array) -> Array:
    """directions.reverse. Being its own inverse it is its own gradient, which again spares the scatter."""
    return reverse(array_TBX, lengths_B)


turn_round.defvjp(
    lambda array_TBX, lengths_B: (reverse(array_TBX, lengths_B), lengths_B),
    lambda lengths_B, d_TBX: (reverse(d_TBX, lengths_B), None),
)


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def pick_targets(logits_TBV: Array, targets_TB: Array, unknown_probability: float) -> Array:
    """log_probs_TB of the targets, as log_softmax gives them.

    Its gradient, one-hot minus softmax, is written out: for thousands of symbols autodiff would read and write arrays of the
    logits' size several times, which takes longer than the products do.
    """
    return _pick(logits_TBV, targets_TB, unknown_probability)[0]


def _pick(logits_TBV, targets_TB, unknown_probability):
    if unknown_probability:  # the unknown symbol takes no part in the softmax
        logits_TBV = jnp.where(jnp.arange(logits_TBV.shape[-1]) == UNKNOWN, -jnp.inf, logits_TBV)
    normaliser_TB = jax.nn.logsumexp(logits_TBV, axis=-1)
    log_probs_TB = jnp.take_along_axis(logits_TBV, targets_TB[..., None], axis=-1)[..., 0] - normaliser_TB
    if unknown_probability:
        known_TB = log_probs_TB + np.log1p(-unknown_probability)
        log_probs_TB = jnp.where(targets_TB == UNKNOWN, np.log(unknown_probability), known_TB)
    return log_probs_TB, (logits_TBV, targets_TB, normaliser_TB)


def _pick_backward(unknown_probability, residuals, d_TB):
    logits_TBV, targets_TB, normaliser_TB = residuals
    if unknown_probability:  # a constant has no gradient
        d_TB = jnp.where(targets_TB == UNKNOWN, 0, d_TB)
    return _gradient_of_logits(logits_TBV, targets_TB, normaliser_TB, d_TB), None


def _gradient_of_logits(logits, targets, normaliser, d):
    """One-hot minus softmax, times d. Targets are added one by one: a one-hot array would take twice as long."""
    softmax = jnp.exp(logits - normaliser[..., None])
    places = jnp.indices(targets.shape, sparse=True)
    return (-d[..., None] * softmax).at[*places, targets].add(d)


pick_targets.defvjp(_pick, _pick_backward)


def target_log_probs(
    softmax: Parameters, outputs_TBH: Array, targets_TB: Array, unknown_probability: float, product: Product = jnp.matmul
) -> Array:
    """log_probs_TB of the targets under a softmax, plain or adaptive, that reads outputs_TBH.

    Of an adaptive one only the head and the clusters that targets lie in are computed, each where they do.
    """
    tails = softmax.get("tails", [])
    logits_TBN = product(outputs_TBH, softmax["weight"]) + softmax["bias"]
    first = logits_TBN.shape[-1] - len(tails)  # symbols of the head
    begins = np.cumsum([first, *(len(tail["bias"]) for tail in tails)])[:-1]
    cluster_TB = sum((targets_TB >= begin for begin in begins), jnp.zeros_like(targets_TB))  # 0 in the head
    of_head_TB = jnp.where(cluster_TB > 0, first - 1 + cluster_TB, targets_TB)
    log_probs_TB = pick_targets(logits_TBN, of_head_TB, unknown_probability)
    outputs_NH = outputs_TBH.reshape(-1, outputs_TBH.shape[-1])
    for k, (begin, tail) in enumerate(zip(begins, tails, strict=True), 1):
        inside_N, targets_N = (cluster_TB == k).reshape(-1), (targets_TB - begin).reshape(-1)
        log_probs_TB += _pick_inside(tail, outputs_NH, targets_N, inside_N, product).reshape(log_probs_TB.shape)
    return log_probs_TB


@partial(jax.custom_vjp, nondiff_argnums=(4,))
def _pick_inside(tail: Parameters, outputs_NH: Array, targets_N: Array, inside_N: Array, product: Product) -> Array:
    """log_probs_N of the targets within a cluster where they lie inside it, elsewhere 0.

    How many do differs from batch to batch, and shapes may not: so the places inside are put together in blocks, and a loop
    goes over as many blocks as they fill. Autodiff cannot turn such a loop round; its gradient is written out.
    """
    return _pick_blocks(tail, outputs_NH, targets_N, inside_N, product)[0]


def _pick_blocks(tail, outputs_NH, targets_N, inside_N, product):
    places_KR, blocks = _blocks(inside_N)

    def pick(k, found):
        log_probs_N, normaliser_N = found
        rows_R = places_KR[k]
        logits_RC = tail_logits(tail, _at(outputs_NH, rows_R), product)
        picked_R, (_, _, normaliser_R) = _pick(logits_RC, _at(targets_N, rows_R), 0.0)
        return log_probs_N.at[rows_R].set(picked_R, mode="drop"), normaliser_N.at[rows_R].set(normaliser_R, mode="drop")

    zeros_N = jnp.zeros(outputs_NH.shape[0], outputs_NH.dtype)
    log_probs_N, normaliser_N = jax.lax.fori_loop(0, blocks, pick, (zeros_N, zeros_N))
    return log_probs_N, (tail, outputs_NH, targets_N, inside_N, normaliser_N)


def _pick_blocks_backward(product, residuals, d_N):
    tail, outputs_NH, targets_N, inside_N, normaliser_N = residuals
    places_KR, blocks = _blocks(inside_N)

    def add(k, sums):
        d_tail, d_outputs_NH = sums
        rows_R = places_KR[k]
        logits_RC, pull = jax.vjp(partial(tail_logits, product=product), tail, _at(outputs_NH, rows_R))
        of_rows = (_at(array_N, rows_R) for array_N in (targets_N, normaliser_N, d_N))
        of_tail, of_outputs_RH = pull(_gradient_of_logits(logits_RC, *of_rows))
        return jax.tree.map(jnp.add, d_tail, of_tail), d_outputs_NH.at[rows_R].set(of_outputs_RH, mode="drop")

    zeros = jax.tree.map(jnp.zeros_like, (tail, outputs_NH))
    return *jax.lax.fori_loop(0, blocks, add, zeros), None, None


_pick_inside.defvjp(_pick_blocks, _pick_blocks_backward)


def _blocks(inside_N: Array) -> tuple[Array, Array]:
    """places_KR, the places inside in blocks, filled up with N, which is none; and how many blocks have any."""
    n = len(inside_N)
    size = min(n, max(LEAST_BLOCK, n // MOST_BLOCKS))
    places = jnp.nonzero(inside_N, size=-(-n // size) * size, fill_value=n)[0]
    return places.reshape(-1, size), (inside_N.sum() + size - 1) // size


def _at(array_NX: Array, rows_R: Array) -> Array:
    """The rows, zero for those that are none."""
    return jnp.take(array_NX, rows_R, axis=0, mode="fill", fill_value=0)
