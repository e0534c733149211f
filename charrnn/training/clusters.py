"""Where the head and the clusters of an adaptive softmax end (see network.adaptive), by how often symbols occur.

Shapes: V symbols, E candidates for an end.
"""

from itertools import pairwise

import numpy as np

from charrnn.text.symbols import BOUNDARY

FEWEST_SYMBOLS = BOUNDARY + 3  # unknown symbol and boundary in the head, and one in each of two clusters
CANDIDATES = 100  # ends that are tried, evenly spread in their logarithms


def scores_a_character(counts_V: np.ndarray, cutoffs: tuple[int, ...] = ()) -> float:
    """The number of scores that the softmax computes, on average, to learn a character of the text with these counts."""
    ends = [*cutoffs, len(counts_V)]
    own = sum((end - begin) * counts_V[begin:end].sum() for begin, end in pairwise(ends)) / max(1, counts_V.sum())
    return ends[0] + len(cutoffs) + float(own)


def best_cutoffs(counts_V: np.ndarray) -> tuple[int, int]:
    """The two cut-offs with which the fewest scores are computed, of FEWEST_SYMBOLS or more.

    Of more clusters each is faster, but none is free: a third would save less than it costs.
    """
    symbols = len(counts_V)
    ends_E = np.unique(np.geomspace(BOUNDARY + 1, symbols - 1, CANDIDATES).astype(int))
    share_E = np.cumsum(counts_V)[ends_E - 1] / max(1, counts_V.sum())  # of the text, before each end
    first, second = (ends_E[:, None], share_E[:, None]), (ends_E, share_E)
    scores_EE = first[0] + (second[1] - first[1]) * (second[0] - first[0]) + (1 - second[1]) * (symbols - second[0])
    scores_EE[first[0] >= second[0]] = np.inf
    begin, end = np.unravel_index(scores_EE.argmin(), scores_EE.shape)
    return int(ends_E[begin]), int(ends_E[end])
