"""An n-gram model of the text scored so far, beside a model that does not know what was just said.

Of a character c after its last k characters, with N(k) how often those were followed, in the text so far, by any character,
N(k, c) how often by c, and D(k) by how many different ones,

    p_k(c) = (N(k, c) + D(k) p_{k−1}(c)) / (N(k) + D(k))        p_{−1}(c) = 1 / V

(Witten and Bell 1991), k as large as has been seen. The mixture is (1 − w) p_model + w p_cache, with a w for each k: the
mean of the shares that the cache had in the probabilities of what came at this k so far (expectation maximisation, online).
It starts in proportion to k, so that without a context the model stands alone.
"""

import math

import numpy as np

ORDER = 7  # characters of the longest context
SHARE, CERTAINTY = 0.02, 20  # w before the text, times k, and the number of characters that it counts for
MOST = 1 << 21  # n-grams counted, after which the counts start anew: bounds memory


class Cache:
    """Counts of what has been read, which mixed() adds to. symbols: V."""

    def __init__(self, symbols: int):
        self._symbols = symbols
        # for each k: the sum of the cache's shares, and the number of characters that it is over
        self._shares, self._predicted = [SHARE * k * CERTAINTY for k in range(ORDER + 1)], [CERTAINTY] * (ORDER + 1)
        self._counts: dict[str, int] = {}  # of n-grams
        self._contexts: dict[str, list[int]] = {}  # characters that followed, and how many different ones

    def mixed(self, ids: np.ndarray, log_probs: np.ndarray) -> np.ndarray:
        """The mixture's log-probabilities of all but the first of the ids, given the model's.

        Each is predicted from what was counted before it, then counted.
        """
        text = "".join(map(chr, ids.tolist()))
        grams = (text[max(0, end - ORDER) : end + 1] for end in range(1, len(text)))
        return np.array([self._read(*both) for both in zip(grams, log_probs.tolist(), strict=True)], np.float32)

    def _read(self, gram: str, log_prob: float) -> float:
        """The mixture's log-probability of the gram's last character, given the model's; then the gram is counted."""
        if len(self._counts) > MOST:
            self._counts.clear()
            self._contexts.clear()
        counts, contexts = self._counts, self._contexts
        suffixes = [gram[begin:] for begin in range(len(gram) - 1, -1, -1)]
        of_cache, known = 1 / self._symbols, 0
        for k, suffix in enumerate(suffixes):
            context = contexts.get(suffix[:-1])
            if context is None:
                break
            followed, different = context
            of_cache = (counts.get(suffix, 0) + different * of_cache) / (followed + different)
            known = k
        if known:
            weight = self._shares[known] / self._predicted[known]
            both = (1 - weight) * math.exp(log_prob) + weight * of_cache
            log_prob = math.log(both)
            self._shares[known] += weight * of_cache / both
            self._predicted[known] += 1
        for suffix in suffixes:
            before = counts.get(suffix, 0)
            counts[suffix] = before + 1
            context = contexts.setdefault(suffix[:-1], [0, 0])
            context[0] += 1
            context[1] += not before
        return log_prob
