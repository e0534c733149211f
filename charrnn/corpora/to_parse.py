"""Lines for `--task tree`: (label (label word) (label word)), _ where a node has no label.

A word's depth is 0 and a node's one more than its deepest child's. Depths are drawn evenly from those of the corpus, so
that small trees, of which there are few, do not drown; as no line comes twice, they run out first. Those of the -deep
corpora are deeper than any of the others.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

Node = tuple[str, str]  # a node's label, and it as it is written
Draws = Callable[[np.random.Generator], Iterator[str]]


def of_depths(draw: Callable[[np.random.Generator, int], Node], shallowest: int, deepest: int) -> Draws:
    """A source of trees of these depths, each as often. draw(random, depth) is one of that depth."""

    def draws(random: np.random.Generator) -> Iterator[str]:
        while True:
            yield draw(random, int(random.integers(shallowest, deepest + 1)))[1]

    return draws


def _word(word: str) -> str:
    """A word without a label."""
    return f"(_ {word})"


def _joined(label: str, *children: str) -> Node:
    return label, f"({label} {' '.join(children)})"


def _depths(random: np.random.Generator, depth: int) -> tuple[int, int]:
    """The depths of two children, one of which, left or right, makes the parent that deep."""
    depths = depth - 1, int(random.integers(depth))
    return depths if random.random() < 0.5 else depths[::-1]


OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "×": lambda a, b: a * b,
}


def arithmetic(random: np.random.Generator, depth: int) -> Node:
    """A sum, difference or product of digits, each node with its value modulo 10: (7 (3 3) (_ +) (4 4)), of depth 1."""
    if not depth:
        digit = str(random.integers(10))
        return digit, f"({digit} {digit})"
    left, right = (arithmetic(random, below) for below in _depths(random, depth))
    sign = list(OPERATIONS)[random.integers(len(OPERATIONS))]
    value = OPERATIONS[sign](int(left[0]), int(right[0])) % 10
    return _joined(str(value), left[1], _word(sign), right[1])


def logic(random: np.random.Generator, depth: int) -> Node:
    """A formula of and, or, not, each node with its truth, t or f: (t (t true) (_ or) (f false)), of depth 1."""
    if not depth:
        return ("t", "(t true)") if random.random() < 0.5 else ("f", "(f false)")
    sign = ("and", "or", "not")[random.integers(3)]
    if sign == "not":
        truth, child = logic(random, depth - 1)
        return _joined("f" if truth == "t" else "t", _word("not"), child)
    (one, left), (other, right) = (logic(random, below) for below in _depths(random, depth))
    truths = (one == "t", other == "t")
    return _joined("t" if (all(truths) if sign == "and" else any(truths)) else "f", left, _word(sign), right)


GOOD = ("good", "interesting", "useful", "pleasant", "clever", "beautiful")
BAD = ("bad", "boring", "useless", "unpleasant", "stupid", "ugly")
VERY = ("very", "really", "so")
THINGS = ("film", "book", "play", "story", "plan", "picture", "song", "answer")
NAMES = ("Anna", "Peter", "Maria", "John")
PERSONS = (*NAMES, "everyone", "nobody")
# third person, base form, and whether it turns the mood of what is said round
VERBS = (("believes", "believe", False), ("thinks", "think", False), ("says", "say", False), ("doubts", "doubt", True),
         ("denies", "deny", True))  # fmt: skip
TURNED = {"+": "-", "-": "+"}


def _one(random: np.random.Generator, words: Sequence[str]) -> str:
    return words[int(random.integers(len(words)))]


def _quality(random: np.random.Generator, depth: int) -> Node:
    """An adjective (depth 0), with "very" or "not" before it (1), with "not very" (2)."""
    mood = _one(random, "+-")
    quality = f"({mood} {_one(random, GOOD if mood == '+' else BAD)})"
    stressed = depth == 2 or (depth == 1 and random.random() < 0.5)
    if stressed:
        mood, quality = _joined(mood, _word(_one(random, VERY)), quality)
    if depth > stressed:
        mood, quality = _joined(TURNED[mood], _word("not"), quality)
    return mood, quality


def _saying(random: np.random.Generator, depth: int, person: str) -> Node:
    """What a person believes or denies, as a verb and its clause, of depth 2 or more; "does not" makes it deeper by one."""
    negated = depth > 2 and person in NAMES and random.random() < 1 / 3
    third, base, turns = VERBS[random.integers(len(VERBS))]
    mood, clause = negation(random, depth - 1 - negated)
    saying = _joined(TURNED[mood] if turns else mood, _word(base if negated else third), _word("that"), clause)
    return _joined(TURNED[saying[0]], _word("does"), _word("not"), saying[1]) if negated else saying


def negation(random: np.random.Generator, depth: int) -> Node:
    """A sentence on what a thing is like, each node with its mood, + or -: (+ (_ the) (_ film) (_ is) (+ good)), of depth 1.

    "not", "nobody", "doubts" and "denies" each turn the mood round; deeper sentences say what persons say of it.
    """
    if depth < 3 or (depth == 3 and random.random() < 0.5):
        mood, quality = _quality(random, depth - 1)
        return _joined(mood, _word("the"), _word(_one(random, THINGS)), _word("is"), quality)
    person = _one(random, PERSONS)
    mood, saying = _saying(random, depth - 1, person)
    return _joined(TURNED[mood] if person == "nobody" else mood, _word(person), saying)
