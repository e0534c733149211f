"""A probabilistic grammar: sentences drawn from it, their exact probabilities, and the exact entropy of the source.

Rules are written as templates: `{name}` stands for a symbol, `[x]` for a terminal whose place is remembered (a blank to
be filled in), anything else for itself. Grammars here are not recursive and give every sentence one derivation only;
tests prove the latter for those that are shipped. A sentence ends with a newline, which counts as a character.
"""

import math
import re
from bisect import bisect
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np

Templates = Mapping[str, float]  # template → weight; the weights need not add up to one
Rules = Mapping[str, Templates]

_PART = re.compile(r"\{(?P<symbol>[^{}]+)\}|\[(?P<blank>[^\[\]]+)\]|(?P<terminal>[^{}\[\]]+)")


class Part(NamedTuple):
    """A piece of a template: kind is "symbol", "blank" or "terminal"."""

    kind: str
    text: str


class Choice(NamedTuple):
    """One way to rewrite a symbol, with its probability."""

    probability: float
    parts: tuple[Part, ...]


class Derivation(NamedTuple):
    """A sentence without its newline, the natural logarithm of its derivation's probability, where its blanks start."""

    sentence: str
    log_probability: float
    blanks: tuple[int, ...]


def parse(template: str) -> tuple[Part, ...]:
    """The pieces of a template in turn."""
    matches = list(_PART.finditer(template))
    assert "".join(match[0] for match in matches) == template, f"stray bracket in {template!r}"
    return tuple(Part(str(match.lastgroup), match[str(match.lastgroup)]) for match in matches)


class Grammar:
    """A probabilistic context-free grammar without recursion, from its start symbol "sentence"."""

    def __init__(self, rules: Rules, start: str = "sentence"):
        self._start = start
        self._choices = {
            symbol: [Choice(w / sum(templates.values()), parse(t)) for t, w in templates.items()]
            for symbol, templates in rules.items()
        }
        self._cumulative = {s: list(accumulate(c.probability for c in cs)) for s, cs in self._choices.items()}
        self._order: dict[str, None] = {}
        self._visit(start, ())
        assert set(self._order) == set(rules), f"no rule leads to {set(rules) - set(self._order)}"

    def _visit(self, symbol: str, above: tuple[str, ...]) -> None:
        """Put a symbol into the order, behind all that it leads to."""
        assert symbol not in above, f"{symbol} leads back to itself"
        if symbol in self._order:
            return
        for choice in self._choices[symbol]:
            for part in choice.parts:
                if part.kind == "symbol":
                    self._visit(part.text, (*above, symbol))
        self._order[symbol] = None

    @property
    def choices(self) -> Mapping[str, list[Choice]]:
        return self._choices

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every character that occurs in a sentence, the newline left out."""
        parts = (part for cs in self._choices.values() for choice in cs for part in choice.parts)
        return frozenset("".join(part.text for part in parts if part.kind != "symbol"))

    def _expected(self, of_choice: Callable[[Choice], float], of_text: Callable[[str], float]) -> float:
        """The expectation, over derivations, of a sum over the choices made and the terminals written."""
        total: dict[str, float] = {}
        for symbol in self._order:  # what a symbol leads to stands before it
            total[symbol] = sum(
                choice.probability
                * (of_choice(choice) + sum(total[p.text] if p.kind == "symbol" else of_text(p.text) for p in choice.parts))
                for choice in self._choices[symbol]
            )
        return total[self._start]

    @cached_property
    def nats_per_sentence(self) -> float:
        """The entropy of a sentence: the expectation of −ln p, p being the probability of its only derivation."""
        return self._expected(lambda choice: -math.log(choice.probability), lambda text: 0.0)

    @cached_property
    def characters_per_sentence(self) -> float:
        """The expected length of a sentence, its newline counted."""
        return 1 + self._expected(lambda choice: 0.0, len)

    @property
    def nats_per_character(self) -> float:
        """The entropy rate of the source, one independent sentence a line: what no model can beat in the long run."""
        return self.nats_per_sentence / self.characters_per_sentence

    @cached_property
    def sentences(self) -> int:
        """How many different sentences there are."""
        count: dict[str, int] = {}
        for symbol in self._order:
            count[symbol] = sum(
                math.prod(count[p.text] for p in choice.parts if p.kind == "symbol") for choice in self._choices[symbol]
            )
        return count[self._start]

    def draw(self, random: np.random.Generator) -> Derivation:
        """One sentence, drawn by the probabilities of the rules."""
        text, length, log_probability = [], 0, 0.0
        blanks = []
        stack = [Part("symbol", self._start)]
        while stack:
            part = stack.pop()
            if part.kind == "symbol":
                cumulative = self._cumulative[part.text]
                # rounding may leave the last sum a little below one
                choice = self._choices[part.text][min(bisect(cumulative, random.random()), len(cumulative) - 1)]
                log_probability += math.log(choice.probability)
                stack.extend(reversed(choice.parts))
                continue
            if part.kind == "blank":
                blanks.append(length)
            text.append(part.text)
            length += len(part.text)
        return Derivation("".join(text), log_probability, tuple(blanks))

    def log_probability(self, sentence: str) -> float:
        """The natural logarithm of a sentence's probability, all its derivations summed; -inf outside the language.

        The inside algorithm (Baker 1979), top-down. A newline at the end may stand or be left out: it is certain.
        """
        sentence = sentence.removesuffix("\n")
        probability = self._read(sentence)[0].get(len(sentence), 0.0)
        return math.log(probability) if probability else -math.inf

    def character_log_probs(self, sentence: str) -> list[float]:
        """The natural logarithm of the probability of each character of a sentence, and of the newline after it, given
        those before it; -inf for the first that cannot be, and NaN for all after that. They add up to log_probability.

        The probability that a sentence begins so (Jelinek and Lafferty 1991), here top-down.
        """
        sentence = sentence.removesuffix("\n")
        ends, begins = self._read(sentence)
        probabilities = [1.0, *(begins.get(end, 0.0) for end in range(1, len(sentence) + 1)), ends.get(len(sentence), 0.0)]
        return [
            (math.log(after / before) if after else -math.inf) if before else math.nan
            for before, after in pairwise(probabilities)
        ]

    def _read(self, sentence: str) -> tuple[dict[int, float], dict[int, float]]:
        """The probabilities that a text of the grammar is sentence[:end], and that it begins so, by their ends."""

        @cache
        def read(symbol: str, begin: int) -> tuple[dict[int, float], dict[int, float]]:
            """The probabilities that the symbol becomes sentence[begin:end], for every such end; and that it becomes a text
            that has sentence[begin:end] at its beginning, for every end > begin."""
            ends: dict[int, float] = {}
            begins: dict[int, float] = {}
            for choice in self._choices[symbol]:
                reached = {begin: choice.probability}
                for part in choice.parts:
                    further: dict[int, float] = {}
                    for place, probability in reached.items():
                        inside, prefixes = read(part.text, place) if part.kind == "symbol" else terminal(part.text, place)
                        for end, share in inside.items():
                            further[end] = further.get(end, 0.0) + probability * share
                        for end, share in prefixes.items():
                            begins[end] = begins.get(end, 0.0) + probability * share
                    reached = further
                for end, probability in reached.items():
                    ends[end] = ends.get(end, 0.0) + probability
            return ends, begins

        def terminal(text: str, begin: int) -> tuple[dict[int, float], dict[int, float]]:
            alike = next((k for k, one in enumerate(text) if sentence[begin + k : begin + k + 1] != one), len(text))
            whole = {begin + alike: 1.0} if alike == len(text) else {}
            return whole, {begin + k: 1.0 for k in range(1, alike + 1)}

        return read(self._start, 0)
