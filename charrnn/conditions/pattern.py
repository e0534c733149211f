"""Regular expressions over characters: text to a tree, of which automaton.py makes states.

A subset of Python's `re`, whose meaning it has: literals, `.`, classes, `\\d \\w \\s` and their opposites, groups, `|`, `*`,
`+`, `?`, `{m}`, `{m,n}`, and `^` and `$` at the two ends. No look-around, back-references or lazy repeats.
"""

import sys
from dataclasses import dataclass
from string import hexdigits

from charrnn.errors import CharrnnError
from charrnn.text.vocabulary import to_units

CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
CODES = {"x": 2, "u": 4, "U": 8}  # hexadecimal digits of a code point
MOST_REPEATS = 5_000
MOST_DEPTH = 50
SPECIAL = ".^$*+?{}[]()|\\"


@dataclass(frozen=True)
class CharSet:
    """A set of characters: ranges from first to last, and kinds (d, w or s; D, W and S for all others)."""

    ranges: tuple[tuple[str, str], ...] = ()
    kinds: str = ""
    negated: bool = False

    def __contains__(self, char: str) -> bool:
        named = any(first <= char <= last for first, last in self.ranges)
        return (named or any(_is(char, kind) for kind in self.kinds)) != self.negated


@dataclass(frozen=True)
class Join:
    """One part after the other."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True)
class Either:
    """One of the parts."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True)
class Repeat:
    """The part from `least` to `most` times (None: without end)."""

    part: "Tree"
    least: int
    most: int | None


Tree = CharSet | Join | Either | Repeat
ANY = CharSet((("\n", "\n"),), negated=True)


def _is(char: str, kind: str) -> bool:
    if kind.isupper():
        return not _is(char, kind.lower())
    if kind == "w":
        return char.isalnum() or char == "_"
    return char.isdecimal() if kind == "d" else char.isspace()


def literal(char: str) -> CharSet:
    """The set of one character."""
    return CharSet(((char, char),))


def parse(pattern: str, option: str = "--pattern") -> Tree:
    """The tree of a regular expression. Raises CharrnnError that names the option and the place of what is wrong."""
    return _Parser(pattern, option).whole()


class _Parser:
    """Recursive descent: each method reads one kind of thing from `at` on."""

    def __init__(self, pattern: str, option: str):
        self.pattern, self.option, self.at, self.depth = pattern, option, 0, 0

    def error(self, what: str, at: int | None = None) -> CharrnnError:
        place = (self.at if at is None else at) + 1
        return CharrnnError(f"{self.option} {self.pattern!r}: at its character {place}: {what}")

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def take(self, wanted: str = "") -> str:
        """The next character, which is one of those wanted where any are; nothing is read where it is not."""
        char = self.peek()
        if not char or (wanted and char not in wanted):
            return ""
        self.at += 1
        return char

    def whole(self) -> Tree:
        self.take("^")
        tree = self.either()
        if self.take(")"):
            raise self.error("there is no ( to this )", self.at - 1)
        return tree

    def either(self) -> Tree:
        parts = [self.join()]
        while self.take("|"):
            parts.append(self.join())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def join(self) -> Tree:
        parts: list[Tree] = []
        while (char := self.peek()) and char not in "|)":
            if char == "$" and self.at == len(self.pattern) - 1:
                self.take()
                break
            parts.append(self.repeated())
        return parts[0] if len(parts) == 1 else Join(tuple(parts))

    def repeated(self) -> Tree:
        part, begin = self.atom(), self.at
        sign = self.take("*+?{")
        if not sign:
            return part
        least, most = self.bounds(begin) if sign == "{" else (int(sign == "+"), 1 if sign == "?" else None)
        if self.peek() and self.peek() in "*+?{":
            raise self.error("a repeat after a repeat; put the first in a group ( )")
        return Repeat(part, least, most)

    def bounds(self, begin: int) -> tuple[int, int | None]:
        """The numbers of {m}, {m,}, {,n} or {m,n}."""
        end = self.pattern.find("}", self.at)
        first, comma, last = self.pattern[self.at : max(end, self.at)].partition(",")
        first, last = (number.lstrip("0") or number[:1] for number in (first, last))
        numbers = [number for number in (first, last) if number]
        if not numbers or not all(number.isascii() and number.isdecimal() for number in numbers):
            raise self.error("a repeat is {3}, {3,}, {,5} or {3,5}; for the character write \\{", begin)
        if any(len(number) > len(str(MOST_REPEATS)) or int(number) > MOST_REPEATS for number in numbers):
            raise self.error(f"a repeat goes up to {MOST_REPEATS:,}", begin)
        self.at = end + 1
        least = int(first or 0)
        most = (int(last) if last else None) if comma else least
        if most is not None and most < least:
            raise self.error(f"{{{least},{most}}} is empty; the smaller number comes first", begin)
        return least, most

    def atom(self) -> Tree:
        begin, char = self.at, self.take()
        if char == "(":
            return self.group(begin)
        if char == "[":
            return self.char_class(begin)
        if char == ".":
            return ANY
        if char == "\\":
            return self.escape(begin)
        if char in "^$":
            raise self.error(f"{char} is for the two ends, where it need not stand; for the character write \\{char}", begin)
        if char in SPECIAL:
            raise self.error(f"{char} has nothing before it to belong to; for the character write \\{char}", begin)
        return literal(char)

    def group(self, begin: int) -> Tree:
        if self.take("?") and not self.take(":"):
            raise self.error("of the groups that begin with (? only (?: is understood", begin)
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise self.error(f"over {MOST_DEPTH} groups inside each other", begin)
        tree = self.either()
        if not self.take(")"):
            raise self.error("this ( is never closed", begin)
        self.depth -= 1
        return tree

    def escape(self, begin: int) -> CharSet:
        """What follows a backslash."""
        char = self.take()
        if char and char in "dwsDWS":
            return CharSet(kinds=char)
        if char in CONTROLS:
            return literal(CONTROLS[char])
        if char in CODES:
            digits = self.pattern[self.at : self.at + CODES[char]]
            self.at += CODES[char]
            if len(digits) < CODES[char] or set(digits) - set(hexdigits) or int(digits, 16) > sys.maxunicode:
                raise self.error(f"\\{char} is followed by the {CODES[char]} hexadecimal digits of a character", begin)
            return literal(chr(int(digits, 16)))
        if not char or char.isalnum():
            raise self.error(f"\\{char} is not understood; there are \\d \\w \\s \\n \\t \\x41 and \\ before signs", begin)
        return literal(char)

    def char_class(self, begin: int) -> CharSet:
        """What stands between [ and ]."""
        negated = bool(self.take("^"))
        ranges: list[tuple[str, str]] = []
        kinds, first = "", True
        while first or self.peek() != "]":
            one, first = self.member(begin), False
            if not one.ranges:
                kinds += one.kinds
                continue
            low = high = one.ranges[0][0]
            if self.peek() == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("]", ""):
                self.take()
                other = self.member(begin)
                high = other.ranges[0][0] if other.ranges else ""
                if high < low:
                    raise self.error("a range goes from a character to a later one", begin)
            ranges.append((low, high))
        self.take()
        return CharSet(tuple(ranges), kinds, negated)

    def member(self, begin: int) -> CharSet:
        at, char = self.at, self.take()
        if not char:
            raise self.error("this [ is never closed", begin)
        return self.escape(at) if char == "\\" else literal(char)


def in_bytes(tree: Tree, option: str) -> Tree:
    """The tree for a model of bytes: a character is the bytes of its UTF-8; `.` and sets are single bytes.

    Raises CharrnnError for a set that names characters beyond ASCII.
    """
    if isinstance(tree, CharSet):
        named = "".join(sorted({char for pair in tree.ranges for char in pair}))
        if named.isascii():
            beyond = tree.negated != any(kind.isupper() for kind in tree.kinds)
            bytes_in = [chr(byte) for byte in range(256) if (chr(byte) in tree if byte < 128 else beyond)]
            return CharSet(tuple((byte, byte) for byte in bytes_in))
        if len(named) > 1 or tree.negated or tree.kinds:
            raise CharrnnError(
                f"{option}: the model is one of bytes, so [ ] takes only ASCII characters; use ( | ) for {named}"
            )
        return Join(tuple(literal(chr(byte)) for byte in to_units(named, "byte")))
    if isinstance(tree, Repeat):
        return Repeat(in_bytes(tree.part, option), tree.least, tree.most)
    return type(tree)(tuple(in_bytes(part, option) for part in tree.parts))
