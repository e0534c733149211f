"""Which of two sentences a model finds likelier, over many minimal pairs (Warstadt et al. 2020)."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from charrnn.models.language_model import Tally
from charrnn.scoring.log_probs import SentenceScore
from charrnn.scoring.pseudo import PseudoScore
from charrnn.text.pairs import Pair


@dataclass(frozen=True)
class PairScore:
    """A pair and the tallies of its two sentences. It is right where the good one is likelier; alike is not right."""

    pair: Pair
    good: Tally
    bad: Tally

    @property
    def margin(self) -> float:
        """By how many nats the good sentence is likelier than the bad one."""
        return self.bad.spelt_nats - self.good.spelt_nats

    @property
    def right(self) -> bool:
        return self.margin > 0


@dataclass(frozen=True)
class KindScore:
    """The pairs of one kind (None: all pairs): how many there are and how many are right, and their margins in nats.

    deviation: the standard deviation of the margins; None of a single pair.
    """

    kind: str | None
    pairs: int
    right: int
    margin: float
    deviation: float | None

    @property
    def accuracy(self) -> float:
        return self.right / self.pairs


def score_pairs(
    scored: Callable[[Sequence[str]], Iterable[SentenceScore | PseudoScore]], pairs: Sequence[Pair]
) -> list[PairScore]:
    """The scores of pairs; scored: what gives the scores of texts."""
    tallies = [score.tally for score in scored([text for pair in pairs for text in (pair.good, pair.bad)])]
    return [PairScore(*three) for three in zip(pairs, tallies[::2], tallies[1::2], strict=True)]


def by_kind(scores: Iterable[PairScore]) -> list[KindScore]:
    """The score of each kind, in the order in which they first appear, and at last that of all pairs."""
    groups: dict[str | None, list[PairScore]] = {}
    everything = []
    for score in scores:
        if score.pair.kind is not None:
            groups.setdefault(score.pair.kind, []).append(score)
        everything.append(score)
    return [_kind(kind, members) for kind, members in [*groups.items(), (None, everything)]]


def _kind(kind: str | None, scores: Sequence[PairScore]) -> KindScore:
    margins = [score.margin for score in scores]
    deviation = statistics.stdev(margins) if len(margins) > 1 else None
    return KindScore(kind, len(scores), sum(score.right for score in scores), statistics.fmean(margins), deviation)
