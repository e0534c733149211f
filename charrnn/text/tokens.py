"""Cutting a text into words, by a regular expression; without numpy, for options are checked by it."""

import re
from functools import lru_cache

from charrnn.errors import CharrnnError

# A word with the blank before it, its apostrophes in it; punctuation likewise; other blanks, without that of a word.
TOKENS = r" ?\w+(?:['’]\w+)*| ?[^\w\s]+|\s+(?!\S)|\s"


@lru_cache(maxsize=8)
def _expression(tokens: str) -> re.Pattern:
    """The expression as one group. Raises CharrnnError for what is none, and for one with groups of its own."""
    try:
        found = re.compile(f"({tokens})")
    except re.error as error:
        raise CharrnnError(f"--tokens {tokens}: is no regular expression ({error})") from None
    if found.groups > 1:
        raise CharrnnError(f"--tokens {tokens}: write groups as (?:...), for what is in brackets would count twice")
    return found


def check_tokens(tokens: str) -> None:
    """Raises CharrnnError where texts cannot be cut by this regular expression."""
    _expression(tokens)


def split_words(text: str, tokens: str = TOKENS) -> list[str]:
    """The words of a text: every match of the expression `tokens`, what stands between two matches, and every newline.

    Joined, they are the text again.
    """
    cut = _expression(tokens).split
    first, *lines = text.split("\n")
    words = list(filter(None, cut(first)))
    for line in lines:
        words.append("\n")
        words += filter(None, cut(line))
    return words
