"""Minimal pairs: two sentences of which one is right, as BLiMP has them (Warstadt et al. 2020).

A file has one pair a line: JSON with `sentence_good`, `sentence_bad` and perhaps `UID`, the kind of pair; or the good one, a
tab, and the bad one.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from charrnn.errors import CharrnnError
from charrnn.wording import file_name

GOOD, BAD, KIND = "sentence_good", "sentence_bad", "UID"


@dataclass(frozen=True)
class Pair:
    """Two sentences, and of which kind they are, where the file says so."""

    good: str
    bad: str
    kind: str | None = None


def pair_groups(groups: Iterable[Sequence[str]], name: str) -> Iterator[list[Pair]]:
    """The pairs of the lines of the file `name`, in the same groups; blank lines and a header of columns are passed over.

    Raises CharrnnError, with file and line, for what is no pair, and for a file without pairs.
    """
    shown, number, found = file_name(name), 0, False
    for lines in groups:
        pairs = []
        for line in lines:
            number += 1
            if not line.strip() or (number == 1 and line == f"{GOOD}\t{BAD}"):
                continue
            try:
                pairs.append(_pair(line))
            except ValueError as error:
                form = f"give JSON with {GOOD} and {BAD}, or two columns with a tab between them"
                raise CharrnnError(f"{shown}, line {number}: {error}; {form}") from None
        found = found or bool(pairs)
        yield pairs
    if not found:
        raise CharrnnError(f"{shown}: holds no pairs; give one a line: JSON with {GOOD} and {BAD}, or two columns")


def _pair(line: str) -> Pair:
    if not line.lstrip().startswith("{"):
        columns = line.split("\t")
        if len(columns) != 2:
            raise ValueError("has 1 column" if len(columns) == 1 else f"has {len(columns)} columns")
        return Pair(*columns)
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON ({error.msg} at character {error.pos + 1})") from None
    for name in (GOOD, BAD):
        if not isinstance(record.get(name), str):
            raise ValueError(f"has no text {name}")
    kind = record.get(KIND)
    return Pair(record[GOOD], record[BAD], None if kind is None else str(kind))
