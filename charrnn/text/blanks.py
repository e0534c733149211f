"""Reading a text with blanks: where they are, and how long each may be."""

import re
from dataclasses import dataclass

from charrnn.errors import CharrnnError

LONGEST = 100
_MARKED = re.compile(r"(_+)|\{(\d+)(?:-(\d+))?\}")
_NESTED = re.compile(r"\{[\d-]*(?:_+|\{\d+(?:-\d+)?\})[\d-]*\}")


@dataclass(frozen=True)
class Blank:
    """A blank of `least` to `most` characters; `told` where the text says so itself."""

    least: int
    most: int
    told: bool


@dataclass(frozen=True)
class Template:
    """A text with blanks: texts[k] stands before blanks[k], the last of the texts after the last blank."""

    text: str
    texts: tuple[str, ...]
    blanks: tuple[Blank, ...]

    def filled(self, fillings: tuple[str, ...]) -> str:
        return "".join(part for pair in zip(self.texts, (*fillings, ""), strict=True) for part in pair)


def read_template(text: str, *, max_length: int, mark: str | None = None) -> Template:
    """The blanks of a text: a run of underscores (1 to max_length characters), {3}, {1-4}; or, with a mark, each run of it.

    Raises CharrnnError for a blank that no filling fits, nested blanks and blanks that touch.
    """
    if mark:
        parts = re.split(f"(?:{re.escape(mark)})+", text)
        return Template(text, tuple(parts), (Blank(1, max_length, told=False),) * (len(parts) - 1))
    if nested := _NESTED.search(text):
        raise CharrnnError(f"{_shown(text)}: blanks inside each other, at {nested.group()!r}; write them one after another")
    texts: list[str] = []
    blanks: list[Blank] = []
    end = 0
    for match in _MARKED.finditer(text):
        texts.append(text[end : match.start()])
        if blanks and not texts[-1]:
            raise CharrnnError(f"{_shown(text)}: two blanks touch at {match.group()!r}; write them as one, such as {{1-9}}")
        blanks.append(_blank(match, text, max_length))
        end = match.end()
    return Template(text, (*texts, text[end:]), tuple(blanks))


def _blank(match: re.Match, text: str, max_length: int) -> Blank:
    if match.group(1):
        return Blank(1, max_length, told=False)
    told = match.group(2), match.group(3) or match.group(2)
    least, most = (int(digits) if len(digits) < 10 else LONGEST + 1 for digits in told)
    if not 1 <= least <= most <= LONGEST:
        raise CharrnnError(f"{_shown(text)}: {match.group()} is no blank; lengths go up from 1, to {LONGEST} at most")
    return Blank(least, most, told=True)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
