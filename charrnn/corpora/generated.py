"""Corpora that are made here, without a network: Python's own documentation, binary additions, sentences of a grammar.

But for the documentation, the exact entropy of each is known, so that a model can be held against the truth.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from charrnn.corpora import adder, grammar_en, grammar_zh
from charrnn.corpora.catalogue import find
from charrnn.corpora.grammar import Derivation, Grammar
from charrnn.errors import CharrnnError


def _pydoc_topics() -> str:
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise CharrnnError("pydoc: this Python came without pydoc_data; choose another corpus") from None
    return "\n\n".join(topics[name].strip("\n") for name in sorted(topics)) + "\n"


def _draws(grammar: Grammar, seed: int, without: Sequence[str]) -> Iterator[Derivation]:
    """Derivations without end; a sentence that is unwanted is drawn again."""
    random = np.random.default_rng(seed)
    unwanted = {sentence.removesuffix("\n") for sentence in without}
    while True:
        derivation = grammar.draw(random)
        if derivation.sentence not in unwanted:
            yield derivation


def _grammar_lines(build: Callable[[], Grammar]) -> Callable[[int, int, Sequence[str]], list[str]]:
    def lines(count: int, seed: int, without: Sequence[str]) -> list[str]:
        draws = _draws(build(), seed, without)
        return [next(draws).sentence for _ in range(count)]

    return lines


@dataclass(frozen=True)
class Generated:
    """A corpus that is made here.

    `lines(count, seed, without)` makes its lines; `default_count` is how many by default, None for a text that is as it
    is. `log_probability` of a line is natural, exact, and of the whole source, nothing left out.
    """

    name: str
    default_count: int | None
    lines: Callable[[int, int, Sequence[str]], list[str]] | None
    log_probability: Callable[[str], float] | None
    entropy: Callable[[], float] | None
    character_log_probs: Callable[[str], list[float]] | None = None  # of each character of a line and its end, likewise

    @property
    def description(self) -> str:
        return find(self.name).title

    @property
    def entropy_nats_per_character(self) -> float | None:
        """The expected −ln p of a line over its expected length, newline counted; None where it is not known."""
        return self.entropy() if self.entropy else None


def _of_grammar(name: str, build: Callable[[], Grammar]) -> Generated:
    return Generated(
        name,
        50_000,
        _grammar_lines(build),
        lambda line: build().log_probability(line),
        lambda: build().nats_per_character,
        lambda line: build().character_log_probs(line),
    )


GENERATED: dict[str, Generated] = {
    corpus.name: corpus
    for corpus in (
        Generated("pydoc", None, None, None, None),
        Generated("adder", 20_000, adder.lines, adder.log_probability, lambda: adder.NATS_PER_CHARACTER),
        _of_grammar("grammar-en", grammar_en.build),
        _of_grammar("grammar-zh", grammar_zh.build),
    )
}


def _named(name: str) -> Generated:
    if name not in GENERATED:
        raise CharrnnError(f"{name}: not a corpus that is made here; those are {', '.join(GENERATED)}")
    return GENERATED[name]


def generate(name: str, count: int | None = None, seed: int = 0, without: Sequence[str] = ()) -> str:
    """The text of a generated corpus: `count` lines (None: its default), each ended by a newline, the same for a seed.

    Lines named in `without` are left out, others drawn in their place; the entropy that is stated stays that of the
    whole source. Raises CharrnnError for a name that is not there and a count that cannot be.
    """
    corpus = _named(name)
    if corpus.lines is None:
        if count is not None or seed or without:
            raise CharrnnError(f"{name}: is one whole text; leave out --count, --seed and --without")
        return _pydoc_topics()
    if count is not None and count < 1:
        raise CharrnnError(f"{name}: --count {count} is too small; ask for one line or more")
    if count is None:
        count = corpus.default_count or 0
    return "".join(line + "\n" for line in corpus.lines(count, seed, without))


def log_probability(name: str, line: str) -> float:
    """The exact natural logarithm of a line's probability in a generated corpus; -inf for a line that cannot be.

    Of the whole source, nothing left out; a newline at the end is certain and may stand or be left out. Raises
    CharrnnError where the corpus has no known probabilities.
    """
    corpus = _named(name)
    if corpus.log_probability is None:
        raise CharrnnError(f"{name}: no probabilities are known for it; those of a grammar are")
    return corpus.log_probability(line)


def cloze(count: int, seed: int, without: Sequence[str] = ()) -> Iterator[tuple[str, int]]:
    """Sentences of grammar-zh, whole, and the index of the verb of their purpose, a single character: the blank.

    To test a model on sentences it has not read, give what it has read as `without`.
    """
    for derivation in _draws(grammar_zh.build(), seed, without):
        if count <= 0:
            return
        if derivation.blanks:
            count -= 1
            yield derivation.sentence, derivation.blanks[0]
