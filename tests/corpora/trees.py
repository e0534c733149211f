"""Bracketed trees, read in the plainest way."""

import re
from typing import NamedTuple


class Tree(NamedTuple):
    """A node with its label, and either its children or, at the leaves, its word."""

    label: str
    children: tuple["Tree", ...]
    word: str | None

    @property
    def words(self):
        return [self.word] if self.word is not None else [word for child in self.children for word in child.words]

    @property
    def depth(self):
        return 0 if self.word is not None else 1 + max(child.depth for child in self.children)

    def nodes(self):
        yield self
        for child in self.children:
            yield from child.nodes()


def read_tree(line):
    """The tree of a line. Raises ValueError where brackets do not fit, and where the line is written in another way."""
    tokens = re.findall(r"[()]|[^()\s]+", line)

    def node(place):
        if tokens[place] != "(" or tokens[place + 1] in "()":
            raise ValueError(f"no node with a label at token {place}: {line}")
        label, place = tokens[place + 1], place + 2
        if tokens[place] not in "()":
            if tokens[place + 1] != ")":
                raise ValueError(f"two words in a leaf: {line}")
            return Tree(label, (), tokens[place]), place + 2
        children = []
        while tokens[place] != ")":
            child, place = node(place)
            children.append(child)
        if not children:
            raise ValueError(f"an empty node: {line}")
        return Tree(label, tuple(children), None), place + 1

    tree, end = node(0)
    if end != len(tokens) or written(tree) != line:
        raise ValueError(f"not one tree: {line}")
    return tree


def written(tree):
    return f"({tree.label} {tree.word if tree.word is not None else ' '.join(map(written, tree.children))})"
