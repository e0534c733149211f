"""Batches of trees, laid out so that a compiled loop makes many nodes a step.

Shapes: B trees, U words a tree, T characters of a word, F leaves, S steps, W nodes a step, K children, N = F + S W.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from charrnn.text.batches import encoded, padded
from charrnn.text.bracketed import Bracketed
from charrnn.text.vocabulary import Vocabulary

STEP = 1  # what a step costs beside its nodes, in nodes
DRAWN = 30  # batches, by which it is found how many different words one has


class TreeBatch(NamedTuple):
    """words_BUT and their lengths_BU: the different words of the batch, dealt out over its rows, so that each is read once.
    leaves_BF: which of them stand at a tree's leaves. children_BSWK: see network.composition.compose_in_steps. labels_BN:
    counted from 1; 0 where there is none."""

    words_BUT: np.ndarray
    lengths_BU: np.ndarray
    leaves_BF: np.ndarray
    children_BSWK: np.ndarray
    labels_BN: np.ndarray


class Room(NamedTuple):
    """What a batch of a group needs: words a tree, characters of the longest, leaves, steps, nodes a step. A batch with more
    different words than nearly any has twice the room for them, which is compiled anew."""

    words: int
    characters: int
    leaves: int
    steps: int
    width: int


class TreeBatching:
    """Makes a batch of some of the trees, in the room that their group needs. labels: of the nodes of each tree, their
    numbers, −1 where there is none; children: the most of a node."""

    def __init__(
        self, trees: Sequence[Bracketed], labels: Sequence[np.ndarray], vocabulary: Vocabulary, children: int, rows: int
    ):
        self._trees, self._labels, self._children, self._rows = trees, labels, children, rows
        numbers = {word: k for k, word in enumerate(dict.fromkeys(word for tree in trees for word in tree.words if word))}
        self._ids_UT, self._lengths_U = padded(encoded(vocabulary, list(numbers)))
        self._words = [np.array([numbers[word] for word in tree.words if word], np.int32) for tree in trees]
        self._rooms: dict[int, Room] = {}
        self._placed: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def __call__(self, chosen: np.ndarray, group: np.ndarray) -> TreeBatch:
        room = self._room(group)
        rows, nodes = self._rows, room.steps * room.width
        words, which = np.unique(np.concatenate([self._words[k] for k in chosen]), return_inverse=True)
        while len(words) > rows * room.words:
            room = room._replace(words=2 * room.words)
        words_UT = np.zeros((rows * room.words, room.characters), np.int32)
        lengths_U = np.zeros(len(words_UT), np.int32)
        leaves_BF = np.zeros((rows, room.leaves), np.int32)
        children_BMK = np.zeros((rows, nodes, max(1, self._children)), np.int32)
        labels_BN = np.zeros((rows, room.leaves + nodes), np.int32)
        words_UT[: len(words)] = self._ids_UT[words, : room.characters]
        lengths_U[: len(words)] = self._lengths_U[words]
        for row, k in enumerate(chosen):
            here, which = np.split(which, [len(self._words[k])])
            leaves_BF[row, : len(here)] = here
            if k not in self._placed:
                self._placed[k] = placed(self._trees[k], room, self._children)
            places_N, children_NK = self._placed[k]
            inner_N = places_N > room.leaves
            children_BMK[row, places_N[inner_N] - room.leaves - 1] = children_NK[inner_N]
            labels_BN[row, places_N - 1] = self._labels[k] + 1
        return TreeBatch(
            words_UT.reshape(rows, room.words, -1),
            lengths_U.reshape(rows, -1),
            leaves_BF,
            children_BMK.reshape(rows, room.steps, room.width, -1),
            labels_BN,
        )

    def _room(self, group: np.ndarray) -> Room:
        first = int(group[0])  # tells a group from others, for a tree is in one alone
        if first not in self._rooms:
            words = [self._words[k] for k in group]
            different = np.unique(np.concatenate(words))
            leaves = sorted(map(len, words))
            most = min(len(different), sum(leaves[-self._rows :]), self._usual_words(group))
            steps, width = steps_and_width([self._trees[k] for k in group])
            characters = int(self._lengths_U[different].max())
            self._rooms[first] = Room(-(-most // self._rows), characters, leaves[-1], steps, width)
        return self._rooms[first]

    def _usual_words(self, group: np.ndarray) -> int:
        """How many different words hardly any batch exceeds: a tenth more than the most in some that are drawn."""
        random, rows = np.random.default_rng(0), min(self._rows, len(group))
        draws = [random.choice(group, rows, replace=False) for _ in range(DRAWN)]
        return int(1.1 * max(len(set().union(*(self._words[k].tolist() for k in draw))) for draw in draws)) + 1


def steps_and_width(trees: Sequence[Bracketed]) -> tuple[int, int]:
    """Steps and nodes a step that take the least time and have room for each of the trees. A level of a tree takes one step,
    or several where it has more nodes."""
    widths = [np.bincount(tree.levels)[1:] for tree in trees]

    def steps(width: int) -> int:
        return max(1, max(int((-(-each // width)).sum()) for each in widths))

    widest = max((int(each.max()) for each in widths if len(each)), default=1)
    choices = [1 << k for k in range((widest - 1).bit_length() + 1)]
    best = min(choices, key=lambda width: steps(width) * (width + STEP))
    return steps(best), best


def placed(tree: Bracketed, room: Room, children: int) -> tuple[np.ndarray, np.ndarray]:
    """places_N of a tree's nodes in its row, counted from 1: the leaves in order, then the nodes of each step; and
    children_NK, the places of their children, 0 where none is."""
    levels_N = np.array(tree.levels)
    order = np.argsort(levels_N, kind="stable")
    places_N, step = np.zeros(len(order), np.int32), 0
    for nodes in np.split(order, np.flatnonzero(np.diff(levels_N[order])) + 1):
        if levels_N[nodes[0]] == 0:
            places_N[nodes] = 1 + np.arange(len(nodes))
        else:
            places_N[nodes] = 1 + room.leaves + step * room.width + np.arange(len(nodes))
            step += -(-len(nodes) // room.width)
    children_NK = np.zeros((len(order), max(1, children)), np.int32)
    for node, those in enumerate(tree.children):
        children_NK[node, : len(those)] = places_N[list(those)]
    return places_N, children_NK
