"""Lines for `--task rewrite`: source, tab, target. Numbers and verbs are in files of their own."""

import datetime
from collections.abc import Iterator

import numpy as np

from charrnn.corpora import grammar_zh

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SHORTEST, LONGEST = 3, 8  # words that are to be reversed
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
DATE_FORMS = ("{day} {name} {year}", "{name} {day}, {year}", "{day}.{month}.{year}", "{month}/{day}/{year}")
FIRST_DATE, LAST_DATE = datetime.date(1800, 1, 1), datetime.date(2199, 12, 31)


def dates(random: np.random.Generator) -> Iterator[str]:
    """Dates in one of four forms, as people write them, and in ISO 8601: each date once, in random order.

    The form with full stops has the day first, the one with slashes the month.
    """
    first = FIRST_DATE.toordinal()
    for k in random.permutation(LAST_DATE.toordinal() - first + 1).tolist():
        date = datetime.date.fromordinal(first + k)
        form = DATE_FORMS[random.integers(len(DATE_FORMS))]
        written = form.format(day=date.day, month=date.month, name=MONTHS[date.month - 1], year=date.year)
        yield f"{written}\t{date.isoformat()}"


def reversals(random: np.random.Generator) -> Iterator[str]:
    """Random words of 3 to 8 letters, and the same from their end."""
    while True:
        word = "".join(LETTERS[k] for k in random.integers(0, len(LETTERS), random.integers(SHORTEST, LONGEST + 1)))
        yield f"{word}\t{word[::-1]}"


def pinyin(sentence: str) -> str:
    """A sentence of grammar-zh as syllables without tones, separated by spaces, punctuation being a syllable too."""
    return " ".join(grammar_zh.PINYIN.get(character, character) for character in sentence)


def pinyin_zh_lines(random: np.random.Generator) -> Iterator[str]:
    """Pinyin without tones of sentences of grammar-zh, and the sentences. No pinyin comes twice, though some has two
    sentences (他 and 她 sound alike)."""
    grammar, sentences = grammar_zh.build(), dict[str, str]()
    while True:
        sentence = grammar.draw(random).sentence
        first = sentences.setdefault(pinyin(sentence), sentence)
        yield f"{pinyin(first)}\t{first}"
