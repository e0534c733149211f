"""A linear-chain conditional random field over the labels of a sequence (Lafferty, McCallum, Pereira 2001).

    log p(y | x) = Σ_t s_t[y_t] + Σ_t A[y_{t−1}, y_t] − log Z

with the scores s of a network at each place and a learnt A for each two labels side by side. Without A (None) the labels
are independent given the network, and p is the product of their softmaxes.

Shapes: T time, B rows, L labels.
"""

import numpy as np

from charrnn.network.arrays import Array


def log_likelihoods(scores_TBL: Array, transitions_LL: Array, labels_TB: Array, lengths_B: Array) -> Array:
    """log p_B of the labels of each row, compiled."""
    import jax
    import jax.numpy as jnp

    there_TB = jnp.arange(len(labels_TB))[:, None] < lengths_B
    own_TB = jnp.take_along_axis(scores_TBL, labels_TB[..., None], axis=-1)[..., 0]
    pairs_TB = transitions_LL[labels_TB[:-1], labels_TB[1:]]
    path_B = (own_TB * there_TB).sum(0) + (pairs_TB * there_TB[1:]).sum(0)

    def step(alpha_BL: Array, at: tuple[Array, Array]) -> tuple[Array, None]:
        scores_BL, there_B = at
        after_BL = jax.nn.logsumexp(alpha_BL[:, :, None] + transitions_LL, axis=1) + scores_BL
        return jnp.where(there_B[:, None], after_BL, alpha_BL), None

    alpha_BL, _ = jax.lax.scan(step, scores_TBL[0], (scores_TBL[1:], there_TB[1:]))
    return path_B - jax.nn.logsumexp(alpha_BL, axis=-1)


def marginals(scores_TL: np.ndarray, transitions_LL: np.ndarray) -> tuple[np.ndarray, float]:
    """p_TL of each label at each place of a sequence, and log Z, by the forward-backward algorithm, in float64."""
    scores_TL = scores_TL.astype(np.float64)
    forward_TL, backward_TL = scores_TL.copy(), np.zeros_like(scores_TL)
    for t in range(1, len(scores_TL)):
        forward_TL[t] += _logsumexp(forward_TL[t - 1][:, None] + transitions_LL, 0)
    for t in range(len(scores_TL) - 2, -1, -1):
        backward_TL[t] = _logsumexp(transitions_LL + scores_TL[t + 1] + backward_TL[t + 1], 1)
    normaliser = float(_logsumexp(forward_TL[-1], 0))
    return np.exp(forward_TL + backward_TL - normaliser), normaliser


def best_paths(scores_TL: np.ndarray, transitions_LL: np.ndarray, count: int) -> list[tuple[list[int], float]]:
    """Up to `count` labellings with the highest scores (not normalised), best first: Viterbi's algorithm, keeping for each
    label that number of ways to come to it."""
    places, labels = scores_TL.shape
    totals_LK = scores_TL[0].astype(np.float64)[:, None]
    came: list[tuple[np.ndarray, np.ndarray]] = []  # for each place, label and way: from which label, on which way of it
    for t in range(1, places):
        ways = totals_LK.shape[1]
        into_LM = (totals_LK[:, :, None] + transitions_LL[:, None, :]).reshape(labels * ways, labels).T
        kept_LK = np.argsort(-into_LM, axis=1, kind="stable")[:, :count]
        came.append(np.divmod(kept_LK, ways))
        totals_LK = np.take_along_axis(into_LM, kept_LK, 1) + scores_TL[t][:, None]
    found = []
    for end in np.argsort(-totals_LK, axis=None, kind="stable")[:count]:
        label, way = divmod(int(end), totals_LK.shape[1])
        path = [label]
        for from_label, on_way in reversed(came):
            label, way = int(from_label[label, way]), int(on_way[label, way])
            path.append(label)
        found.append((path[::-1], float(totals_LK.flat[end])))
    return found


def _logsumexp(values: np.ndarray, axis: int) -> np.ndarray:
    most = values.max(axis, keepdims=True)
    return np.log(np.exp(values - most).sum(axis)) + most.squeeze(axis)
