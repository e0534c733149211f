"""Files of examples, one a line, as tasks other than language modelling learn from them.

classify    label<TAB>text
tag         text<TAB>labels    one character a label; or labels separated by spaces; or spans, begin-end:NAME
rewrite     source<TAB>target
tree        (label (label word) (label word))
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.text.corpus import spread
from charrnn.text.sources import decode, expand, read_bytes
from charrnn.wording import counted, file_name

Example = TypeVar("Example")

MOST_NAMED = 10  # numbers of bad lines that a message lists


@dataclass(frozen=True)
class Examples(Generic[Example]):
    """A training and a held-out part, and where they came from."""

    training: list[Example]
    held_out: list[Example]
    sources: tuple[str, ...]

    @property
    def digest(self) -> str:
        """A fingerprint of both parts, by which a resumed run knows them."""
        digest = hashlib.sha256()
        for part in (self.training, self.held_out):
            digest.update(f"{len(part)}\n".encode())
            for example in part:
                digest.update(f"{example!r}\n".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


def read_examples(
    paths: Iterable[str],
    parse: Callable[[str], Example],
    *,
    form: str,
    valid: str | None = None,
    valid_fraction: float | None = None,
    encoding: str = "utf-8",
) -> Examples[Example]:
    """The examples of these files, of which `valid` holds those that are held out, or that share of lines is, drawn at
    random (always the same): labels often come in turns.

    parse: of a line; a ValueError of it says what is wrong. form: what a line should look like. Raises CharrnnError where
    lines are none, or where fewer than two are there to learn from.
    """
    paths = tuple(paths)
    found = list(parsed(lines_of(paths, encoding), parse, form))
    if valid is not None:
        training, held_out = found, list(parsed(lines_of([valid], encoding), parse, form))
    else:
        out = np.random.default_rng(0).permutation(spread(len(found), valid_fraction or 0.0))
        training = [one for one, away in zip(found, out, strict=True) if not away]
        held_out = [one for one, away in zip(found, out, strict=True) if away]
    if len(training) < 2:
        raise CharrnnError(f"{', '.join(paths)}: {counted(len(training), 'example')} to learn from; give two or more")
    return Examples(training, held_out, paths)


def lines_of(paths: Iterable[str], encoding: str = "utf-8") -> Iterator[tuple[str, int, str]]:
    """The lines of files that are not blank, each with its file's name and its number."""
    for name in expand(paths):
        for number, line in enumerate(decode(read_bytes(name), name, encoding, or_bytes=False).split("\n"), 1):
            if line.strip():
                yield name, number, line


def parsed(lines: Iterable[tuple[str, int, str]], parse: Callable[[str], Example], form: str) -> Iterator[Example]:
    """The examples of lines. Raises CharrnnError after the last, with how many are none, where, and why the first is."""
    bad: list[tuple[str, int, str]] = []
    for name, number, line in lines:
        try:
            example = parse(line)
        except ValueError as error:
            bad.append((name, number, str(error)))
        else:
            if not bad:
                yield example
    if bad:
        name, number, why = bad[0]
        raise CharrnnError(f"{file_name(name)}, line {number}: {why}; a line is {form}{_others(bad)}")


def _others(bad: Sequence[tuple[str, int, str]]) -> str:
    """How many more lines are bad, and which."""
    if len(bad) == 1:
        return ""
    first, numbers = bad[0][0], []
    for name, number, _ in bad[1 : MOST_NAMED + 1]:
        numbers.append(str(number) if name == first else f"{file_name(name)} {number}")
    more = " …" if len(bad) > MOST_NAMED + 1 else ""
    return f" ({counted(len(bad), 'bad line')}, the others {', '.join(numbers)}{more})"


@dataclass(frozen=True)
class Labelled:
    """A text and its label."""

    text: str
    label: str

    form = "label, tab, text"


def parse_labelled(line: str) -> Labelled:
    label, tab, text = line.partition("\t")
    if not tab:
        raise ValueError("has no tab")
    if not label.strip():
        raise ValueError("has no label")
    if not text.strip():
        raise ValueError("has a label and no text")
    return Labelled(text, label.strip())


@dataclass(frozen=True)
class Pair:
    """A source and its target."""

    source: str
    target: str

    form = "source, tab, target"


def parse_pair(line: str) -> Pair:
    parts = line.split("\t")
    if len(parts) != 2:
        raise ValueError("has no tab" if len(parts) == 1 else f"has {len(parts)} columns")
    if not parts[0]:
        raise ValueError("has a target and no source")
    return Pair(*parts)


@dataclass(frozen=True)
class Tagged:
    """A text and the label of each of its characters."""

    text: str
    labels: tuple[str, ...]

    form = "text, tab, a label for each character; or spans as 0-4:NAME"


_SPAN = re.compile(r"(\d+)-(\d+):(\S+)")
OUTSIDE, BEGIN, INSIDE = "O", "B-", "I-"  # of labels that spans come to


def parse_tagged(line: str) -> Tagged:
    """Labels are single characters, or names separated by spaces, or spans: begin-end:NAME, from 0, the end not counted."""
    text, tab, said = line.partition("\t")
    if not tab:
        raise ValueError("has no tab")
    if "\t" in said:
        raise ValueError(f"has {line.count(chr(9)) + 1} columns")
    if not text:
        raise ValueError("has labels and no text")
    words = said.split(" ")
    if said == "" or all(_SPAN.fullmatch(word) for word in words):
        return Tagged(text, labels_of_spans(len(text), said.split()))
    if len(words) == 1 and len(said) == len(text):
        return Tagged(text, tuple(said))
    if len(words) != len(text):
        labels = counted(len(said) if len(words) == 1 else len(words), "label")
        raise ValueError(f"has {counted(len(text), 'character')} and {labels}")
    return Tagged(text, tuple(words))


def labels_of_spans(length: int, spans: Sequence[str]) -> tuple[str, ...]:
    """A label for each of `length` characters: B-NAME where a span begins, I-NAME inside, O outside."""
    labels = [OUTSIDE] * length
    for span in spans:
        found = _SPAN.fullmatch(span)
        assert found
        begin, end, name = int(found[1]), int(found[2]), found[3]
        if not begin < end <= length:
            raise ValueError(f"has a span {span} outside its {counted(length, 'character')}")
        if any(label != OUTSIDE for label in labels[begin:end]):
            raise ValueError(f"has a span {span} that overlaps another")
        labels[begin:end] = [BEGIN + name] + [INSIDE + name] * (end - begin - 1)
    return tuple(labels)


def are_spans(names: Iterable[str]) -> bool:
    """Whether labels of these names come from spans."""
    names = list(names)
    known = all(name == OUTSIDE or name.startswith((BEGIN, INSIDE)) for name in names)
    return known and any(name.startswith(BEGIN) for name in names)


def written_labels(labels: Sequence[str], names: Sequence[str]) -> str:
    """Labels, of which there are `names`, as they stand in a line of examples."""
    if are_spans(names):
        return " ".join(f"{begin}-{end}:{name}" for begin, end, name in spans_of(labels, names))
    return ("" if all(len(name) == 1 for name in names) else " ").join(labels)


def spans_of(labels: Sequence[str], names: Sequence[str]) -> list[tuple[int, int, str]]:
    """The spans that labels mark, of which there are `names`: begin, end (not counted) and name.

    Where all names begin with B, I, M, E, S or O, alone or followed by - and a name, B begins a span, I and M go on with it,
    E ends it, S is one by itself, O is outside. Otherwise each run of one label is a span, but for O, . and _.
    """
    if all(name.partition("-")[0] in ("B", "I", "M", "E", "S", "O") for name in names):
        parts = [label.partition("-") for label in labels]
    else:
        parts = [("O" if label in ("O", ".", "_") else "I", "", label) for label in labels]
    spans: list[tuple[int, int, str]] = []
    begun: tuple[int, str] | None = None
    for place, (part, _, name) in enumerate([*parts, ("O", "", "")]):
        if begun is not None and (part in ("B", "S", "O") or name != begun[1]):
            spans.append((begun[0], place, begun[1]))
            begun = None
        if begun is None and part != "O":
            begun = place, name
        if begun is not None and part in ("E", "S"):
            spans.append((begun[0], place + 1, begun[1]))
            begun = None
    return spans
