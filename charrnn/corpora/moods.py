"""Sentences and their mood, as lines for `--task classify`: label, tab, text.

The mood is that of the whole sentence and does not follow from its words one by one: negations turn it round, what stands
behind "but" outweighs what stands before it, and what was counts less than what is now. Templates are written once, for the
positive sentences, with {name+} for good words and {name-} for bad ones; in negative sentences the two change places. So
hardly a word says by itself which of the two it is. Neutral sentences have the same negations and the same "but".
"""

from collections.abc import Callable, Iterator

import numpy as np

from charrnn.corpora.grammar import Grammar, Rules, Templates, parse

MOODS = ("positive", "negative", "neutral")


def turned(words: Callable[[str, str], Rules], mood: str) -> dict[str, Templates]:
    """The rules of {name+} and {name-} in sentences of that mood.

    words(sign, side) are the rules whose names end in that sign, with the words of that side, "+" for the good ones.
    """
    signs = {"+": "-", "-": "+"} if mood == "negative" else {"+": "+", "-": "-"}
    return {name: templates for sign, side in signs.items() for name, templates in words(sign, side).items()}


def reachable(rules: Rules) -> Rules:
    """The rules that "sentence" leads to."""
    found, waiting = {"sentence"}, ["sentence"]
    while waiting:
        for template in rules[waiting.pop()]:
            new = {part.text for part in parse(template) if part.kind == "symbol"} - found
            found |= new
            waiting += sorted(new)
    return {name: rules[name] for name in rules if name in found}


def draws(build: Callable[[str], Grammar], random: np.random.Generator) -> Iterator[str]:
    """Lines without end, as many of each mood, from the grammars of the moods: mood, tab, sentence."""
    while True:
        mood = MOODS[random.integers(len(MOODS))]
        yield f"{mood}\t{build(mood).draw(random).sentence}"
