"""An n-gram model of the text scored so far, beside a model that does not know what was just said.

Of a character c after its last k characters, with N(k) how often those were followed, in the text so far, by any character,
N(k, c) how often by c, and D(k) by how many different ones,

    p_k(c) = (N(k, c) + D(k) p_{k−1}(c)) / (N(k) + D(k))        p_{−1}(c) = 1 / V

(Witten and Bell 1991), k as large as has been seen. The mixture is (1 − w) p_model + w p_cache, with a w for each k, the mean
of the shares that the cache has had in what was predicted at this k so far (expectation maximisation, online).
"""

from collections.abc import Sequence

import numpy as np

ORDER = 7  # the longest context
SHARE, WEIGHT = 0.05, 20.0  # w before the text, and for how many characters that counts
MOST = 1 << 21  # n-grams that are counted; one more, and the cache starts anew: bounds memory


class Cache:
    """What has been counted; mixed() changes it.

    symbols: V.
    """

    def __init__(self, symbols: int):
        self.symbols = symbols
        self.shares, self.times = [SHARE * WEIGHT] * (ORDER + 2), [WEIGHT] * (ORDER + 2)
        self._forget()

    def _forget(self) -> None:
        self._counts: dict[str, int] = {}  # by context and character
        self._followed: dict[str, int] = {}  # by context
        self._different: dict[str, int] = {}

    def mixed(self, ids: Sequence[int], begin: int, log_probs_T: np.ndarray) -> np.ndarray:
        """The log-probabilities of ids[begin:], given the model's, each with what has been counted before it."""
        text = "".join(map(chr, ids))
        return np.array([self._next(text, begin + k, p) for k, p in enumerate(np.exp(log_probs_T.astype(np.float64)).tolist())])
