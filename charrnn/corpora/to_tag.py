"""Lines for `--task tag`: text, tab, a label for each character."""

import re
from collections.abc import Iterator

import numpy as np

from charrnn.corpora import adder, grammar_en, grammar_zh, words_zh


def words_zh_lines(random: np.random.Generator) -> Iterator[str]:
    """Sentences of grammar-zh and where their words begin."""
    grammar = grammar_zh.build()
    while True:
        yield words_zh.tagged(grammar.draw(random).sentence)


# what is to be put back: nothing, a space behind, a capital, both
NOTHING, SPACE, CAPITAL, BOTH = ".", "s", "C", "D"


def squeezed(sentence: str) -> str:
    """The sentence in small letters and without its spaces, a tab, and for each character what is to be put back."""
    labels = []
    for here, next_one in zip(sentence, sentence[1:] + "\n", strict=True):
        if here != " ":
            spaced = next_one == " "
            labels.append((BOTH if spaced else CAPITAL) if here.isupper() else SPACE if spaced else NOTHING)
    return sentence.replace(" ", "").lower() + "\t" + "".join(labels)


def spaces_en_lines(random: np.random.Generator) -> Iterator[str]:
    """Sentences of grammar-en to which spaces and capitals are to be put back."""
    grammar = grammar_en.build()
    while True:
        yield squeezed(grammar.draw(random).sentence)


def addition_in_steps(a: int, b: int) -> str:
    """The two bits of a and b at each place as one character, a + 2b, lowest first; a tab; the bits of the sum."""
    bits = range(adder.BITS + 1)
    return "".join(str((a >> k & 1) + 2 * (b >> k & 1)) for k in bits) + "\t" + "".join(str(a + b >> k & 1) for k in bits)


def adder_steps() -> list[str]:
    """All additions of two 8-bit numbers."""
    return [addition_in_steps(*divmod(pair, 1 << adder.BITS)) for pair in range(adder.PAIRS)]


# every noun of grammar-en but those of times and games, and "home", "pair" and "one"
NOUNS = {
    "PERSON": """
        brother sister parents Anna Peter children neighbours girl girls boy boys woman women man men farmer farmers king
        kings doctor doctors teacher teachers baker bakers driver drivers writer writers people friend""",
    "ANIMAL": "dog dogs horse horses ducks",
    "THING": """
        phone laptop watch bicycle umbrella coat hat shoes gloves glasses book books chair chairs lamp key keys door doors
        road roads picture pictures letter letters window windows box boxes ship ships bread soup bowl apple apples glass
        water cup tea milk bed fire film fish train newspaper dishes wheat bus dinner""",
    "PLACE": """
        library park market station kitchen lake school hospital fields shop city house houses garden gardens village
        villages river rivers hill hills tower towers""",
}
_CLASS_OF = {noun: name for name, nouns in NOUNS.items() for noun in nouns.split()}
_BEFORE = "a|an|the|some|my|his|her|our|their"
_NOUN = "|".join(sorted(_CLASS_OF, key=len, reverse=True))
# an article or possessive pronoun, a colour, a noun, perhaps what it is a measure of; "watch a film" begins with a verb
_PHRASE = re.compile(
    rf"\b(?:(?i:{_BEFORE}) )?(?:(?:red|blue|black|brown) )?\b({_NOUN})\b(?! a film)(?: of (?:water|tea|soup)\b)?"
)


def entities(sentence: str) -> str:
    """The sentence of grammar-en, a tab, and its noun phrases as spans: begin-end:PERSON, ANIMAL, THING or PLACE.

    A span holds the noun with its article or possessive pronoun and its colour. Of "Anna's red phone" the owner is one
    and "red phone" another. Pronouns, times (the evening) and games (chess) are none.
    """
    spans = [f"{found.start()}-{found.end()}:{_CLASS_OF[found[1]]}" for found in _PHRASE.finditer(sentence)]
    return sentence + "\t" + " ".join(spans)


def entities_en_lines(random: np.random.Generator) -> Iterator[str]:
    """Sentences of grammar-en and their noun phrases."""
    grammar = grammar_en.build()
    while True:
        yield entities(grammar.draw(random).sentence)
