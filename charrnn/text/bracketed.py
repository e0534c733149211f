"""Trees in brackets, one a line, as the Stanford Sentiment Treebank has them: (label (label word) (label word)).

They are parsed, written and walked in loops: how deep a tree is bounded by memory alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

NO_LABEL = "_"

_TOKEN = re.compile(r"[()]|[^\s()]+")


@dataclass(frozen=True)
class Bracketed:
    """A tree: of each node, in the order in which their brackets open, the root first, its label, its word (None where it
    has children) and the places of its children."""

    labels: tuple[str, ...]
    words: tuple[str | None, ...]
    children: tuple[tuple[int, ...], ...]

    form = "(label (label word) (label word)), a node having a word or further nodes"

    @cached_property
    def levels(self) -> tuple[int, ...]:
        """Of each node: 0 of one with a word, otherwise 1 + the highest of its children's."""
        levels = [0] * len(self.labels)
        for node in range(len(levels) - 1, -1, -1):  # children come after their parents
            levels[node] = 1 + max((levels[child] for child in self.children[node]), default=-1)
        return tuple(levels)


def parse_bracketed(line: str) -> Bracketed:
    """Raises ValueError where the line is no tree, with the character where, counted from 1."""
    labels: list[str] = []
    words: list[str | None] = []
    children: list[list[int]] = []
    opened: list[tuple[int, int]] = []  # nodes whose bracket is not closed, and where it opened
    before = ""
    for found in _TOKEN.finditer(line):
        token, place = found[0], found.start() + 1
        if labels and not opened:
            raise ValueError(f"has text after the tree's end, at character {place}")
        if not opened and token != "(":
            raise ValueError(f"begins with no bracket, at character {place}")
        if before == "(" and token in "()":
            raise ValueError(f"has a node without a label, at character {place}")
        if token == "(":
            if opened:
                children[opened[-1][0]].append(len(labels))
            opened.append((len(labels), place))
        elif before == "(":
            labels.append(token)
            words.append(None)
            children.append([])
        elif token == ")":
            node, begin = opened.pop()
            if (words[node] is None) == (not children[node]):
                what = "neither a word nor a node" if words[node] is None else "a word beside a node"
                raise ValueError(f"has a node with {what} in it, at character {begin}")
        else:
            node, begin = opened[-1]
            if words[node] is not None:
                raise ValueError(f"has a node with two words, at character {begin}")
            words[node] = token
        before = token
    if opened:
        raise ValueError(f"has a bracket that is not closed, at character {opened[-1][1]}")
    if not labels:
        raise ValueError("is empty")
    return Bracketed(tuple(labels), tuple(words), tuple(map(tuple, children)))


def written_bracketed(tree: Bracketed, labels: Sequence[str] | None = None) -> str:
    """The tree as a line, with other labels where they are given."""
    labels = tree.labels if labels is None else labels
    parts: list[str] = []
    left: list[int | None] = [0]  # nodes still to be written; None closes one
    while left:
        node = left.pop()
        if node is None:
            parts.append(")")
        elif tree.words[node] is not None:
            parts.append(f" ({labels[node]} {tree.words[node]})")
        else:
            parts.append(f" ({labels[node]}")
            left.append(None)
            left.extend(reversed(tree.children[node]))
    return "".join(parts).removeprefix(" ")


def unlabelled(tree: Bracketed) -> str:
    """The tree as a line that says no labels."""
    return written_bracketed(tree, [NO_LABEL] * len(tree.labels))
