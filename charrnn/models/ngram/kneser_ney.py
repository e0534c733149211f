"""Interpolated modified Kneser-Ney smoothing (Chen and Goodman 1998, section 3; Kneser and Ney 1995).

For a context h = w1..wk-1 and h' = w2..wk-1, with counts c:

    p(w | h) = (c(hw) - D(c(hw))) / c(h·) + γ(h) p(w | h')          γ(h) = Σ_w D(c(hw)) / c(h·)

At the highest order c is the number of occurrences; below, it is the number of different symbols seen before hw (the
continuation count). The lowest order is interpolated with the uniform distribution over the vocabulary.

Axes: N n-grams, C contexts, in blocks.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.ngram.columns import Column, Workspace
from charrnn.models.ngram.counts import Ids, NgramCounts, count_ngrams
from charrnn.models.ngram.trie import Trie, TrieLevel, assemble, size_of
from charrnn.text.symbols import UNKNOWN
from charrnn.text.vocabulary import Vocabulary

FALLBACK_DISCOUNTS = (0.0, 0.5, 1.0, 1.5)


def discounts(counts: Iterable[np.ndarray]) -> np.ndarray:
    """[0, D1, D2, D3+], what is taken off the counts 0, 1, 2, and 3 or more (Chen and Goodman 1998, equation 26).

        Y = n1 / (n1 + 2 n2)      Dk = k - (k + 1) Y n(k+1) / n(k)      nk n-grams have count k

    Where a corpus is too small or too regular for that (some n1..n4 is 0, or a discount is not between 0 and its
    count): 0.5, 1, 1.5, which are also kenlm's fallback. The counts come in blocks.
    """
    each = (np.bincount(np.minimum(block, 5), minlength=6) for block in counts)
    _, n1, n2, n3, n4, _ = sum(each, np.zeros(6, np.int64)).tolist()
    if not min(n1, n2, n3, n4):
        return np.array(FALLBACK_DISCOUNTS)
    share = n1 / (n1 + 2 * n2)
    values = [0.0, 1 - 2 * share * n2 / n1, 2 - 3 * share * n3 / n2, 3 - 4 * share * n4 / n3]
    if not all(0 < value < k for k, value in enumerate(values) if k):
        return np.array(FALLBACK_DISCOUNTS)
    return np.array(values)


def continuation_counts(counted: NgramCounts, above: NgramCounts, *, lines: bool, workspace: Workspace) -> Column:
    """For each n-gram the number of different symbols seen before it, from the counts of the next order.

    In text of lines, an n-gram that begins with the boundary has nothing before it and keeps its number of occurrences
    (as in kenlm). In a stream, what precedes the first n-gram of the text is taken for one more different symbol.
    """
    counts = workspace.column(np.uint32)
    for start in range(0, len(counted), workspace.table):  # as many n-grams as the memory has room to count for at a time
        part = slice(start, start + workspace.table)
        counts_N = np.zeros(min(workspace.table, len(counted) - start), np.uint32)
        for suffixes_B in above.suffixes.blocks():
            inside_B = (suffixes_B >= part.start) & (suffixes_B < part.stop)
            np.add.at(counts_N, suffixes_B[inside_B].astype(np.int64) - start, np.uint32(1))
        if lines and counted.order > 1:
            begin, end = (min(max(rank - start, 0), len(counts_N)) for rank in counted.initial)
            counts_N[begin:end] = counted.counts[start + begin : start + end]
        elif counted.order > 1 and 0 <= counted.first - start < len(counts_N):
            counts_N[counted.first - start] += 1
        counts.append(counts_N)
    return counts


class _Below(NamedTuple):
    """What an order needs to know of the one below: which of its n-grams were kept, and the probabilities of all."""

    kept: Column
    probability: Column


def _blocks(counted: NgramCounts, contexts: int, rows: int) -> Iterator[tuple[slice, slice]]:
    """The n-grams of an order, and their contexts, in blocks of up to so many each: all n-grams of some contexts."""
    start = context = 0
    while context < contexts:
        parents_N = counted.parents[start : start + rows]
        to_the_end = start + len(parents_N) == len(counted)
        end = min(contexts if to_the_end else int(parents_N[-1]), context + rows)
        stop = start + int(np.searchsorted(parents_N, end))
        yield slice(start, stop), slice(context, end)
        start, context = stop, end


def estimate(
    parents_N: np.ndarray, counts_N: np.ndarray, kept_N: np.ndarray, lower_N: np.ndarray, taken: np.ndarray, contexts: int
) -> tuple[np.ndarray, np.ndarray]:
    """probability_N, interpolated, of all n-grams of some contexts, and gamma_C, the contexts' back-off weights (float64).

    What is not kept goes to the lower order: its whole count counts as discount. `lower_N` are the probabilities of the
    n-grams' suffixes (of each symbol, below order 1), `taken` the discounts.
    """
    total_C = np.bincount(parents_N, counts_N, contexts)
    discount_N = taken[np.minimum(counts_N, 3)]
    freed_C = np.bincount(parents_N, np.where(kept_N, discount_N, counts_N), contexts)
    gamma_C = np.divide(freed_C, total_C, out=np.ones(contexts), where=total_C > 0)
    probability_N = np.subtract(counts_N, discount_N, out=discount_N)
    probability_N /= total_C[parents_N]
    probability_N += gamma_C[parents_N] * lower_N
    return probability_N, gamma_C


class KneserNey:
    """Counts a text order by order, from 2; trie() gives the model of the order it has come to.

    `min_counts` are the fewest occurrences with which n-grams of order 1, 2, ... are kept, the last of them for all
    higher orders too. The first is 1 and none is below the one before it, so that every context and every suffix of a
    kept n-gram is kept.

    All that is counted and estimated stands in the columns of the workspace and is worked on in blocks. The trie alone must
    have room in its memory: extend() and trie() raise CharrnnError where it has not.
    """

    def __init__(
        self,
        ids: Ids,
        vocabulary: Vocabulary,
        *,
        lines: bool = False,
        min_counts: Sequence[int] | None = None,
        precision: type = np.float32,
        workspace: Workspace | None = None,
    ):
        self._min_counts = checked_min_counts(min_counts)
        self._lines, self._precision, self._workspace = lines, precision, workspace or Workspace()
        without_unknown = vocabulary.unknown_probability > 0
        if not len(ids):
            raise CharrnnError("the training text is empty; an n-gram model needs at least one character")
        self._counting = count_ngrams(ids, vocabulary.size, lines=lines, workspace=self._workspace)
        self._counted = next(self._counting)
        if without_unknown and (unknown := int(self._counted.counts[UNKNOWN : UNKNOWN + 1][0])):
            raise CharrnnError(
                f"{unknown:,} characters of the training text are not in the vocabulary; build the vocabulary from it"
            )
        uniform = np.full(vocabulary.size, 1 / (vocabulary.size - without_unknown))
        uniform[UNKNOWN] *= not without_unknown
        column = self._workspace.column
        self._below = _Below(column(bool, [np.ones(1, bool)]), column(np.float64, [uniform]))
        self._block = max(self._workspace.block, vocabulary.size + 1)  # room for the n-grams of any one context
        self._levels: list[TrieLevel] = []
        self._discounts: list[list[float]] = []
        self.extend()

    @property
    def order(self) -> int:
        return self._counted.order

    def extend(self) -> None:
        """Count the next order; with it the one below has its continuation counts and is settled."""
        settled, self._counted = self._counted, next(self._counting)
        counts = continuation_counts(settled, self._counted, lines=self._lines, workspace=self._workspace)
        below = _Below(self._workspace.column(bool), self._workspace.column(np.float64))
        level, taken = self._estimated(settled, counts, below)
        self._below = below
        self._levels.append(level)
        self._discounts.append(taken)
        self._workspace.check_fits(size_of(self._levels))

    def trie(self) -> tuple[Trie, list[list[float]]]:
        """The model of the present order, and for each order its discounts D1, D2, D3+."""
        top, taken = self._estimated(self._counted, self._counted.counts)
        levels = [*self._levels, top]
        self._workspace.check_fits(size_of(levels))
        return assemble(levels), [*self._discounts, taken]

    def _estimated(self, counted: NgramCounts, counts: Column, below: _Below | None = None) -> tuple[TrieLevel, list[float]]:
        """An order for the trie, and its discounts D1, D2, D3+. What the next order needs of it is put in `below`."""
        column, precision = self._workspace.column, self._precision
        types = (counted.symbols.dtype, precision, precision, np.uint32, np.uint32)
        level = TrieLevel(*(column(kind) for kind in types))
        taken = discounts(counts.blocks())
        min_count = self._min_counts[min(counted.order, len(self._min_counts)) - 1]
        for ngrams, contexts in _blocks(counted, len(self._below.kept), self._block):
            parents_N = counted.parents[ngrams].astype(np.int64) - contexts.start
            occurrences_N, kept_C = counted.counts[ngrams], self._below.kept[contexts]
            kept_N = (occurrences_N >= min_count) | (counted.order == 1)  # the trie's order 1 holds every symbol
            lower_N = self._below.probability.take(counted.suffixes[ngrams])
            probability_N, gamma_C = estimate(parents_N, counts[ngrams], kept_N, lower_N, taken, len(kept_C))
            level.append([
                counted.symbols[ngrams][kept_N],
                probability_N[kept_N],
                gamma_C[kept_C],
                np.bincount(parents_N[kept_N], minlength=len(kept_C))[kept_C],
                np.bincount(parents_N, occurrences_N, len(kept_C))[kept_C],
            ])  # fmt: skip
            if below:
                below.kept.append(kept_N)
                below.probability.append(probability_N)
        return level, taken[1:].tolist()


def checked_min_counts(min_counts: Sequence[int] | None) -> tuple[int, ...]:
    """The fewest occurrences for orders 1, 2, ... (see KneserNey); 1 for all where none are given.

    Raises CharrnnError where they do not begin with 1, or fall.
    """
    checked = tuple(min_counts or (1,))
    if checked[0] != 1 or any(later < earlier for earlier, later in itertools.pairwise(checked)):
        shown = " ".join(map(str, checked))
        raise CharrnnError(f"minimal counts {shown}: they begin with 1 and never fall, as in 1 1 2")
    return checked
