"""Corpora that are made here, without a network: Python's own documentation, binary additions, sentences of a grammar.

But for the documentation, the exact entropy of each is known, so that a model can be held against the truth. Beside them
stand lines of examples for the tasks that classify, tag, rewrite and parse; of those no entropy is known.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from charrnn.corpora import (
    adder,
    grammar_en,
    grammar_zh,
    moods_en,
    moods_zh,
    numbers,
    readings,
    syllables,
    to_parse,
    to_rewrite,
    to_tag,
    verbs,
)
from charrnn.corpora.catalogue import find
from charrnn.corpora.drawing import Lines, distinct, lines_from
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


def _grammar_lines(build: Callable[[], Grammar]) -> Lines:
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
    lines: Lines | None
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


def _drawn(name: str, default_count: int, draws: Callable[[np.random.Generator], Iterator[str]]) -> Generated:
    """Lines of examples out of a source that brings more."""
    return Generated(name, default_count, distinct(name, draws), None, None)


def _all_of(name: str, default_count: int, everything: Callable[[], Sequence[str]]) -> Generated:
    """Lines of examples of which there are not many, or all of which are known."""
    return Generated(name, default_count, lines_from(name, everything), None, None)


def _in_readings(name: str, phrases: Callable[[], Sequence[readings.Readings]]) -> Generated:
    return Generated(name, 4000, readings.lines_of(name, phrases), None, None)


def _of_trees(
    name: str, draw: Callable[[np.random.Generator, int], to_parse.Node], plain: tuple[int, int], deep: tuple[int, int]
) -> tuple[Generated, Generated]:
    """The corpus of trees of these depths, and that of deeper ones."""
    assert plain[1] < deep[0]
    return (
        _drawn(name, 10_000, to_parse.of_depths(draw, *plain)),
        _drawn(f"{name}-deep", 1000, to_parse.of_depths(draw, *deep)),
    )


EXAMPLES = (
    _all_of("syllables", syllables.COUNT, syllables.everything),
    _drawn("mood-en", 6000, moods_en.draw),
    _drawn("mood-zh", 6000, moods_zh.draw),
    _drawn("words-zh", 10_000, to_tag.words_zh_lines),
    _drawn("spaces-en", 10_000, to_tag.spaces_en_lines),
    _drawn("entities-en", 10_000, to_tag.entities_en_lines),
    _all_of("adder-steps", 10_000, to_tag.adder_steps),
    _drawn("dates", 20_000, to_rewrite.dates),
    _drawn("reversal", 20_000, to_rewrite.reversals),
    _drawn("numbers-en", 20_000, numbers.lines_of(numbers.ENGLISH_DIGITS, numbers.in_english)),
    _drawn("digits-en", 20_000, numbers.lines_of(numbers.ENGLISH_DIGITS, numbers.in_english, back=True)),
    _drawn("numerals-zh", 20_000, numbers.lines_of(numbers.CHINESE_DIGITS, numbers.in_chinese)),
    _drawn("digits-zh", 20_000, numbers.lines_of(numbers.CHINESE_DIGITS, numbers.in_chinese, back=True)),
    _drawn("pinyin-zh", 10_000, to_rewrite.pinyin_zh_lines),
    _all_of("past-tense", verbs.COUNT, verbs.everything),
    *_of_trees("arithmetic", to_parse.arithmetic, (1, 4), (5, 8)),
    *_of_trees("logic", to_parse.logic, (1, 5), (6, 9)),
    *_of_trees("negation", to_parse.negation, (1, 6), (7, 12)),
    _in_readings("readings-en", readings.in_english),
    _in_readings("readings-zh", readings.in_chinese),
)

GENERATED: dict[str, Generated] = {
    corpus.name: corpus
    for corpus in (
        Generated("pydoc", None, None, None, None),
        Generated("adder", 20_000, adder.lines, adder.log_probability, lambda: adder.NATS_PER_CHARACTER),
        _of_grammar("grammar-en", grammar_en.build),
        _of_grammar("grammar-zh", grammar_zh.build),
        *EXAMPLES,
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
