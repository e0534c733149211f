"""Lists of hypotheses (n-best lists), as recognisers write them, and the references they are held against.

    tsv     utterance<TAB>score<TAB>text
    srilm   ascore lscore nwords w1 w2 ...        one file an utterance, named after it but for .nbest and .gz or
                                                  any other last ending; rescoring replaces lscore
    rnnlm   utterance text                        no earlier score; the text may be missing, and is then empty

Scores are base-10 logarithms.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from charrnn.errors import CharrnnError
from charrnn.wording import file_name


@dataclass(frozen=True)
class Hypothesis:
    """A possible reading of an utterance; `earlier` is its score so far; `fields` are what its line begins with."""

    utterance: str
    earlier: float
    text: str
    fields: tuple[str, ...] = ()


def _of_tsv(line: str, name: str, glue: str) -> Hypothesis:
    utterance, score, text = line.split("\t", 2)
    return Hypothesis(utterance, _number(score), text)


def _of_srilm(line: str, name: str, glue: str) -> Hypothesis:
    acoustic, language, words, *text = line.split()
    _number(language), _number(words)
    return Hypothesis(
        Path(name.removesuffix(".gz")).stem, _number(acoustic), glue.join(text), (acoustic, words, " ".join(text))
    )


def _of_rnnlm(line: str, name: str, glue: str) -> Hypothesis:
    utterance, *text = line.split(maxsplit=1)
    return Hypothesis(utterance, 0.0, text[0] if text else "")


def _number(text: str) -> float:
    value = float(text)
    if math.isnan(value):
        raise ValueError(text)
    return value


FORMATS: dict[str, tuple[Callable[[str, str, str], Hypothesis], str]] = {
    "tsv": (_of_tsv, "utterance, tab, score, tab, text"),
    "srilm": (_of_srilm, "ascore lscore nwords w1 w2 ..."),
    "rnnlm": (_of_rnnlm, "utterance, space, text"),
}


def read_lists(names: Iterable[str], layout: str, *, glue: str = " ", encoding: str = "utf-8") -> list[Hypothesis]:
    """All hypotheses, in order; `glue` joins the words of srilm lists to a text.

    Raises CharrnnError, with file and line, for what is no such list (a blank line is none: whoever reads what comes out
    counts lines), and for a file without hypotheses.
    """
    parse, form = FORMATS[layout]
    found: list[Hypothesis] = []
    for name in names:
        before = len(found)
        for number, line in _lines(name, encoding):
            try:
                found.append(parse(line, name, glue))
            except ValueError:
                what = "is not" if line.strip() else "is blank, not"
                raise CharrnnError(f"{file_name(name)}, line {number}: {what} `{form}`; see --format") from None
        if len(found) == before:
            raise CharrnnError(f"{file_name(name)}: holds no hypotheses; a list has one a line: {form}")
    return found


def read_references(name: str, encoding: str = "utf-8") -> dict[str, str]:
    """The right text of each utterance, from lines `utterance text`, parted by a tab or space."""
    references: dict[str, str] = {}
    for number, line in _lines(name, encoding):
        if not line.strip():
            continue
        utterance, *text = line.split("\t", 1) if "\t" in line else line.split(maxsplit=1)
        if utterance in references:
            raise CharrnnError(f"{file_name(name)}, line {number}: utterance {utterance!r} has a reference already")
        references[utterance] = text[0] if text else ""
    return references


def _lines(name: str, encoding: str) -> Iterator[tuple[int, str]]:
    """The lines and their numbers; a last one needs no newline."""
    from charrnn.text.sources import decode, read_bytes  # brings numpy, which naming the formats does not need

    lines = decode(read_bytes(name), name, encoding).split("\n")
    yield from enumerate(lines if lines[-1] else lines[:-1], 1)
