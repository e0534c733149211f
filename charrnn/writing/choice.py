"""How the next character is drawn: guides change its distribution by what stands in the text, filters cut it, one draws.

All of it works on numpy and on JAX arrays alike, so that it also runs inside a compiled loop; but for what tells whether a
text has ended, which is asked outside of it, of numpy memories alone.

Shapes: B rows, V symbols.
"""

from dataclasses import dataclass
from functools import reduce
from typing import Any, Protocol

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.text.symbols import BOUNDARY, UNKNOWN
from charrnn.text.vocabulary import Vocabulary


@dataclass(frozen=True)
class Choice:
    """How the next character is drawn from its distribution.

    temperature divides log-probabilities. Then filters cut the distribution, each what the one before has left: typical
    keeps those whose surprise is nearest to the entropy, that together reach this probability (Meister et al. 2023); min_p
    what has at least that share of the likeliest's probability (Nguyen et al. 2024); top_k the k likeliest (0: all) and
    top_p the likeliest that together reach the probability p (Holtzman et al. 2020). typical, top_k and top_p keep as few
    as will do: of equals, those of smaller ids. greedy takes the likeliest. Banned symbols are never drawn, and the unknown
    one only where there is no other: then there is no way on.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    greedy: bool = False
    min_p: float = 0.0
    typical: float = 1.0
    banned: tuple[int, ...] = ()

    def __post_init__(self):
        if not 0 < self.temperature < float("inf"):
            raise CharrnnError(f"--temperature {self.temperature}: must be above 0; for the likeliest text use --greedy")
        if self.top_k < 0:
            raise CharrnnError(f"--top-k {self.top_k}: must be 0 (all) or more")
        for name, value in (("--top-p", self.top_p), ("--typical", self.typical)):
            if not 0 < value <= 1:
                raise CharrnnError(f"{name} {value}: must be above 0 and at most 1")
        if not 0 <= self.min_p <= 1:
            raise CharrnnError(f"--min-p {self.min_p}: must be from 0 to 1")

    def __call__(self, log_probs_BV: Any, uniforms_B: Any) -> Any:
        """ids_B (int32) by inversion of the distribution function at uniforms_B in [0, 1)."""
        xp = log_probs_BV.__array_namespace__()
        symbols = xp.arange(log_probs_BV.shape[-1])
        forbidden = np.isin(np.arange(log_probs_BV.shape[-1]), (UNKNOWN, *self.banned))
        log_probs_BV = xp.where(forbidden, -xp.inf, log_probs_BV)
        if self.greedy:
            return xp.argmax(log_probs_BV, axis=-1).astype(xp.int32)
        most_B1 = xp.max(log_probs_BV, axis=-1, keepdims=True)
        probs_BV = xp.exp((log_probs_BV - xp.where(most_B1 == -xp.inf, 0, most_B1)) / self.temperature)
        if self.typical < 1:
            probs_BV = xp.where(self._typical(xp, probs_BV), probs_BV, 0)
        if self.min_p:
            probs_BV = xp.where(probs_BV >= self.min_p * xp.max(probs_BV, axis=-1, keepdims=True), probs_BV, 0)
        if 0 < self.top_k < log_probs_BV.shape[-1] or self.top_p < 1:
            probs_BV = xp.where(self._top(xp, probs_BV), probs_BV, 0)
        sums_BV = xp.cumsum(probs_BV, axis=-1)
        threshold_B1 = uniforms_B[:, None] * sums_BV[:, -1:]
        # the first symbol whose sum exceeds the threshold; the clip guards u × total rounded up to the total
        chosen_B = xp.sum(sums_BV <= threshold_B1, axis=-1)
        last_B = xp.max(xp.where(probs_BV > 0, symbols, UNKNOWN), axis=-1)
        return xp.minimum(chosen_B, last_B).astype(xp.int32)

    def _typical(self, xp: Any, probs_BV: Any) -> Any:
        """Which symbols the typical filter keeps of an unnormalised distribution."""
        possible_BV = probs_BV > 0
        total_B1 = xp.sum(probs_BV, axis=-1, keepdims=True)
        probs_BV = probs_BV / xp.where(total_B1 > 0, total_B1, 1)
        surprise_BV = -xp.log(xp.where(possible_BV, probs_BV, 1))
        entropy_B1 = xp.sum(probs_BV * surprise_BV, axis=-1, keepdims=True)
        distance_BV = xp.where(possible_BV, xp.abs(surprise_BV - entropy_B1), xp.inf)
        order_BV = xp.argsort(distance_BV, axis=-1, stable=True)
        count_B1 = _reaching(xp, xp.take_along_axis(probs_BV, order_BV, axis=-1), self.typical)
        return _smallest(xp, distance_BV, xp.take_along_axis(distance_BV, order_BV, axis=-1), count_B1)

    def _top(self, xp: Any, probs_BV: Any) -> Any:
        """Which symbols top_k and top_p keep of an unnormalised distribution."""
        sorted_BV = xp.sort(-probs_BV, axis=-1)
        most = min(self.top_k or probs_BV.shape[-1], probs_BV.shape[-1])
        count_B1 = xp.full(probs_BV[:, :1].shape, most)
        if self.top_p < 1:
            count_B1 = xp.minimum(count_B1, _reaching(xp, -sorted_BV, self.top_p))
        return _smallest(xp, -probs_BV, sorted_BV, count_B1)


def _reaching(xp: Any, sorted_BV: Any, share: float) -> Any:
    """How many (column) of these probabilities, from the first on, make up this share of their sum; at least 1."""
    sums_BV = xp.cumsum(sorted_BV, axis=-1)
    return xp.sum(sums_BV < share * sums_BV[:, -1:], axis=-1, keepdims=True) + 1


def _smallest(xp: Any, values_BV: Any, sorted_BV: Any, count_B1: Any) -> Any:
    """Which are the count_B1 smallest of a row, of equals the first; sorted_BV are the same values in order."""
    edge_B1 = xp.take_along_axis(sorted_BV, count_B1 - 1, axis=-1)
    below_BV, equal_BV = values_BV < edge_B1, values_BV == edge_B1
    room_B1 = count_B1 - xp.sum(below_BV, axis=-1, keepdims=True)
    return below_BV | (equal_BV & (xp.cumsum(equal_BV, axis=-1, dtype=xp.int32) <= room_B1))


class Guide(Protocol):
    """Changes each distribution by what stands in the text. Hashable; its memory is a tree of arrays with rows first."""

    def start(self, rows: int, prime: np.ndarray, length: int) -> Any:
        """The memory after a primer, before up to `length` characters are written."""
        ...

    def guide(self, memory: Any, log_probs_BV: Any) -> Any:
        """The log-probabilities to go by; they need not be normalised, and a forbidden symbol has minus infinity."""
        ...

    def follow(self, memory: Any, ids_B: Any) -> Any:
        """The memory after one more symbol of each row."""
        ...

    def ended(self, memory: Any) -> Any:
        """Whether each text may end where no symbol is left (booleans): it is whole, and has not run into a dead end.

        The memory is of numpy arrays.
        """
        ...


@dataclass(frozen=True)
class Drawing:
    """A choice after guides: what models.language_model.generate draws with (see models.language_model.Choose)."""

    choice: Choice = Choice()
    guides: tuple[Guide, ...] = ()

    def start(self, rows: int, prime: np.ndarray, length: int) -> tuple:
        return tuple(guide.start(rows, prime, length) for guide in self.guides)

    def guided(self, memory: tuple, log_probs_BV: Any) -> Any:
        for guide, its_memory in zip(self.guides, memory, strict=True):
            log_probs_BV = guide.guide(its_memory, log_probs_BV)
        return log_probs_BV

    def follow(self, memory: tuple, ids_B: Any) -> tuple:
        return tuple(guide.follow(its_memory, ids_B) for guide, its_memory in zip(self.guides, memory, strict=True))

    def ended(self, memory: tuple) -> Any:
        """Whether, where no symbol is left, a guide says that the text is whole (ended_B, or one value for all).

        The memory is of numpy arrays.
        """
        told = [guide.ended(its_memory) for guide, its_memory in zip(self.guides, memory, strict=True)]
        return reduce(np.logical_or, told, np.False_)

    def __call__(self, memory: tuple, log_probs_BV: Any, uniforms_B: Any) -> tuple[tuple, Any]:
        ids_B = self.choice(self.guided(memory, log_probs_BV), uniforms_B)
        return self.follow(memory, ids_B), ids_B


PLAIN = Drawing()


def banned_symbols(vocabulary: Vocabulary, ban: str, allow: str | None = None) -> tuple[int, ...]:
    """The ids of the characters in `ban`, and of all that are not in `allow`; a line's end always stays allowed by it.

    Raises CharrnnError where nothing is left to write.
    """
    banned = set(vocabulary.encode(ban).tolist()) - {UNKNOWN}
    if allow is not None:
        banned |= set(range(1, vocabulary.size)) - set(vocabulary.encode(allow).tolist()) - {BOUNDARY}
    if not set(range(1, vocabulary.size)) - banned - {BOUNDARY}:
        raise CharrnnError("--ban and --allow leave no character that the model could write; allow more")
    return tuple(sorted(banned))
