"""Interpolated modified Kneser-Ney smoothing (Chen and Goodman 1998, section 3; Kneser and Ney 1995).

For a context h = w1..wk-1 and h' = w2..wk-1, with counts c:

    p(w | h) = (c(hw) - D(c(hw))) / c(h·) + γ(h) p(w | h')          γ(h) = Σ_w D(c(hw)) / c(h·)

At the highest order c is the number of occurrences; below, it is the number of different symbols seen before hw (the
continuation count). The lowest order is interpolated with the uniform distribution over the vocabulary.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.ngram.counts import NgramCounts, count_ngrams
from charrnn.models.ngram.trie import Trie, TrieLevel, assemble
from charrnn.text.symbols import UNKNOWN
from charrnn.text.vocabulary import Vocabulary

MIN_ORDER, MAX_ORDER = 2, 20
FALLBACK_DISCOUNTS = (0.0, 0.5, 1.0, 1.5)


def discounts(counts: np.ndarray) -> np.ndarray:
    """[0, D1, D2, D3+], what is taken off the counts 0, 1, 2, and 3 or more (Chen and Goodman 1998, equation 26).

        Y = n1 / (n1 + 2 n2)      Dk = k - (k + 1) Y n(k+1) / n(k)      nk n-grams have count k

    Where a corpus is too small or too regular for that (some n1..n4 is 0, or a discount is not between 0 and its
    count): 0.5, 1, 1.5, which are also kenlm's fallback.
    """
    _, n1, n2, n3, n4, _ = np.bincount(np.minimum(counts, 5), minlength=6).tolist()
    if not min(n1, n2, n3, n4):
        return np.array(FALLBACK_DISCOUNTS)
    share = n1 / (n1 + 2 * n2)
    values = [0.0, 1 - 2 * share * n2 / n1, 2 - 3 * share * n3 / n2, 3 - 4 * share * n4 / n3]
    if not all(0 < value < k for k, value in enumerate(values) if k):
        return np.array(FALLBACK_DISCOUNTS)
    return np.array(values)


def continuation_counts(counted: NgramCounts, above: NgramCounts, *, lines: bool) -> np.ndarray:
    """For each n-gram the number of different symbols seen before it, from the counts of the next order.

    In text of lines, an n-gram that begins with the boundary has nothing before it and keeps its number of occurrences
    (as in kenlm). In a stream, what precedes the first n-gram of the text is taken for one more different symbol.
    """
    counts = np.bincount(above.suffixes, minlength=len(counted))
    if lines and counted.order > 1:
        initial = slice(*counted.initial)
        counts[initial] = counted.counts[initial]
    elif counted.order > 1 and len(counted):
        counts[counted.first] += 1
    return counts


class _Order(NamedTuple):
    """One order estimated: its n-grams for the trie; for the next order, which were kept and all probabilities."""

    level: TrieLevel
    kept: np.ndarray
    probability: np.ndarray
    discounts: list[float]


def _estimate(
    counted: NgramCounts, counts: np.ndarray, kept_below: np.ndarray, lower: np.ndarray, min_count: int, precision: type
) -> _Order:
    """The interpolated probabilities of an order's n-grams, and the back-off weights of the contexts below it.

    N-grams that occur fewer than `min_count` times are dropped; what they had goes to the lower order, as their whole
    count counts as discount. `lower` are the probabilities of the order below (of each symbol, below order 1).
    """
    taken = discounts(counts)
    contexts = len(kept_below)
    kept = (counted.counts >= min_count) | (counted.order == 1)  # the trie's order 1 holds every symbol
    total = np.bincount(counted.parents, counts, contexts)
    discount = taken[np.minimum(counts, 3)]
    freed = np.bincount(counted.parents, np.where(kept, discount, counts), contexts)
    gamma = np.divide(freed, total, out=np.ones(contexts), where=total > 0)
    probability = np.subtract(counts, discount, out=discount)
    probability /= total[counted.parents]
    probability += gamma[counted.parents] * lower[counted.suffixes]
    level = TrieLevel(
        counted.symbols[kept],
        probability[kept].astype(precision),
        gamma[kept_below].astype(precision),
        np.bincount(counted.parents[kept], minlength=contexts)[kept_below].astype(np.uint32),
        np.bincount(counted.parents, counted.counts, contexts)[kept_below].astype(np.uint32),
    )
    return _Order(level, kept, probability, taken[1:].tolist())


class KneserNey:
    """Counts a text order by order, from 2; trie() gives the model of the order it has come to.

    `min_counts` are the fewest occurrences with which n-grams of order 1, 2, ... are kept, the last of them for all
    higher orders too. The first is 1 and none is below the one before it, so that every context and every suffix of a
    kept n-gram is kept.
    """

    def __init__(
        self,
        ids: np.ndarray,
        vocabulary: Vocabulary,
        *,
        lines: bool = False,
        min_counts: Sequence[int] | None = None,
        precision: type = np.float32,
    ):
        self._min_counts = checked_min_counts(min_counts)
        self._lines, self._precision = lines, precision
        without_unknown = vocabulary.unknown_probability > 0
        if not len(ids):
            raise CharrnnError("the training text is empty; an n-gram model needs at least one character")
        if without_unknown and (unknown := int(np.count_nonzero(ids == UNKNOWN))):
            raise CharrnnError(
                f"{unknown:,} characters of the training text are not in the vocabulary; build the vocabulary from it"
            )
        uniform = np.full(vocabulary.size, 1 / (vocabulary.size - without_unknown))
        uniform[UNKNOWN] *= not without_unknown
        self._counting = count_ngrams(ids, vocabulary.size, lines=lines)
        self._counted = next(self._counting)
        self._kept, self._lower = np.ones(1, bool), uniform
        self._levels: list[TrieLevel] = []
        self._discounts: list[list[float]] = []
        self.extend()

    @property
    def order(self) -> int:
        return self._counted.order

    def extend(self) -> None:
        """Count the next order; with it the one below has its continuation counts and is settled."""
        below, self._counted = self._counted, next(self._counting)
        counts = continuation_counts(below, self._counted, lines=self._lines)
        settled = self._estimated(below, counts)
        self._levels.append(settled.level)
        self._discounts.append(settled.discounts)
        self._kept, self._lower = settled.kept, settled.probability

    def trie(self) -> tuple[Trie, list[list[float]]]:
        """The model of the present order, and for each order its discounts D1, D2, D3+."""
        top = self._estimated(self._counted, self._counted.counts)
        return assemble([*self._levels, top.level]), [*self._discounts, top.discounts]

    def _estimated(self, counted: NgramCounts, counts: np.ndarray) -> _Order:
        min_count = self._min_counts[min(counted.order, len(self._min_counts)) - 1]
        return _estimate(counted, counts, self._kept, self._lower, min_count, self._precision)


def checked_min_counts(min_counts: Sequence[int] | None) -> tuple[int, ...]:
    """The fewest occurrences for orders 1, 2, ... (see KneserNey); 1 for all where none are given.

    Raises CharrnnError where they do not begin with 1, or fall.
    """
    checked = tuple(min_counts or (1,))
    if checked[0] != 1 or any(later < earlier for earlier, later in itertools.pairwise(checked)):
        shown = " ".join(map(str, checked))
        raise CharrnnError(f"minimal counts {shown}: they begin with 1 and never fall, as in 1 1 2")
    return checked
