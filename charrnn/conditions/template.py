"""Verse forms as regular expressions: lines with blanks, and acrostics."""

from itertools import chain, islice, repeat

from charrnn.conditions.pattern import SPECIAL
from charrnn.errors import CharrnnError
from charrnn.text.blanks import LONGEST, read_template


def _literal(text: str) -> str:
    return "".join(f"\\{char}" if char in SPECIAL else char for char in text)


def template_pattern(template: str, acrostic: str = "") -> str:
    """A template's text with its blanks ({5}, {1-4}, ____ : see blanks.py) filled by letters and digits.

    The blanks begin with the acrostic's characters, one each; the template is repeated until they are used up. Raises
    CharrnnError where the blanks cannot be read, and for an acrostic without any.
    """
    read = read_template(template, max_length=LONGEST)
    if acrostic and not read.blanks:
        raise CharrnnError(f"--acrostic: --template {template!r} has no blanks to begin with its characters; write {{5}}")
    times = -(-len(acrostic) // len(read.blanks)) if acrostic else 1
    firsts = chain(acrostic, repeat(""))
    return "".join(_once(read.texts, read.blanks, list(islice(firsts, len(read.blanks)))) for _ in range(times))


def _once(texts, blanks, firsts) -> str:
    parts = [_literal(texts[0])]
    for blank, first, text in zip(blanks, firsts, texts[1:], strict=True):
        taken = len(first)
        parts += [_literal(first), f"\\w{{{blank.least - taken},{blank.most - taken}}}", _literal(text)]
    return "".join(parts)


def acrostic_pattern(acrostic: str, *, ended: bool) -> str:
    """Lines of any length that begin with the acrostic's characters; `ended`: whether the last must have a newline too."""
    return "".join(f"{_literal(char)}[^\n]*\n" for char in acrostic) + ("" if ended else "?")


def lines_pattern(count: int) -> str:
    """So many lines that are not empty; the last may have a newline."""
    return f"([^\n]+\n){{{count - 1}}}[^\n]+\n?"
