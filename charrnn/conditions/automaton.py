"""Conditions on a text as one deterministic finite automaton over symbol ids.

Regular expressions become position automata (Glushkov 1961) whose sets of positions are the states; strings are followed by
the longest of their beginnings that the text ends with (Aho and Corasick 1975). Their product is explored from its start.

Symbols that no condition tells apart share a class, so that thousands of symbols need few columns.

Shapes: V symbols, C classes, S states, E moves.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np

from charrnn.conditions.pattern import CharSet, Either, Join, Repeat, Tree
from charrnn.errors import CharrnnError

MOST_POSITIONS = 5_000  # characters of a regular expression, its repeats written out
MOST_STATES = 20_000
NEVER = 0  # the class of symbols that are not to be written
DEAD, START = 0, 1
UNREACHABLE = np.int32(2**30)


class Machine(Protocol):
    """A deterministic automaton by its step: the state after a symbol of the class, None where the text is lost."""

    @property
    def start(self) -> Hashable: ...

    def step(self, state: Any, symbol_class: int) -> Any: ...

    def accepts(self, state: Any) -> bool: ...


class Automaton(NamedTuple):
    """class_V of each symbol; next_SC, the state after a move (DEAD: none is); least_S, characters to the nearest accepting
    state, 0 in one and UNREACHABLE where there is none. All int32."""

    class_V: np.ndarray
    next_SC: np.ndarray
    least_S: np.ndarray


def tabulate(machine: Machine, class_V: np.ndarray) -> Automaton:
    """The machine's states from its start on. Raises CharrnnError for more than MOST_STATES."""
    classes = int(class_V.max()) + 1
    numbers: dict[Any, int] = {machine.start: START}
    states = [machine.start]
    rows = [[DEAD] * classes]
    for state in states:  # grows meanwhile
        row = [DEAD] * classes
        for symbol_class in range(NEVER + 1, classes):
            after = machine.step(state, symbol_class)
            if after is not None:
                row[symbol_class] = number = numbers.setdefault(after, len(states) + 1)
                if number > len(states):
                    states.append(after)
        if len(states) > MOST_STATES:
            raise CharrnnError(f"--pattern and the other conditions need more than {MOST_STATES:,} states; simplify them")
        rows.append(row)
    next_SC = np.array(rows, np.int32)
    accepts_S = np.array([False, *map(machine.accepts, states)])
    return Automaton(class_V.astype(np.int32), next_SC, _least(next_SC, accepts_S))


def _least(next_SC: np.ndarray, accepts_S: np.ndarray) -> np.ndarray:
    """Characters from each state to the nearest that accepts, by breadth-first search from there."""
    from_E = np.repeat(np.arange(len(next_SC)), next_SC.shape[1])
    order_E = np.argsort(next_SC, axis=None, kind="stable")
    from_E, begin_S = from_E[order_E], np.searchsorted(next_SC.ravel()[order_E], np.arange(len(next_SC) + 1))
    least_S = np.where(accepts_S, 0, UNREACHABLE).astype(np.int32)
    nearest, distance = np.flatnonzero(accepts_S), 0
    while len(nearest):
        distance += 1
        before = np.unique(np.concatenate([from_E[begin_S[state] : begin_S[state + 1]] for state in nearest]))
        nearest = before[least_S[before] == UNREACHABLE]
        least_S[nearest] = distance
    least_S[DEAD] = UNREACHABLE
    return least_S


def classes_of(masks_LV: Sequence[np.ndarray], allowed_V: np.ndarray) -> np.ndarray:
    """class_V: one class for symbols that are in the same of the sets; NEVER for those not allowed."""
    signs_VL = np.packbits(np.stack([*masks_LV, np.ones_like(allowed_V)], axis=1), axis=1)
    class_V = np.zeros(len(allowed_V), np.int32)
    if allowed_V.any():
        class_V[allowed_V] = np.unique(signs_VL[allowed_V], axis=0, return_inverse=True)[1].ravel() + 1
    return class_V


class Expression:
    """A regular expression. A state is the set of positions at which the text may stand, as bits; bit 0 is its beginning.

    members_C: the positions whose set holds the symbols of a class.
    """

    start = 1

    def __init__(self, tree: Tree):
        self.sets: list[CharSet | None] = [None]  # of each position; the beginning has none
        self._follow = [0]  # positions that may come after each
        empty, first, self._last = self._read(tree)
        self._follow[0] = first
        self._last |= int(empty)
        self.members_C: list[int] = []
        self._after: dict[int, int] = {}

    def step(self, state: int, symbol_class: int) -> int | None:
        if state not in self._after:
            self._after[state] = _union(self._follow, state)
        return (self._after[state] & self.members_C[symbol_class]) or None

    def accepts(self, state: int) -> bool:
        return bool(state & self._last)

    def _read(self, tree: Tree) -> tuple[bool, int, int]:
        """Whether the tree may be empty, and the positions at which it may begin and end."""
        if isinstance(tree, CharSet):
            if len(self.sets) > MOST_POSITIONS:
                raise CharrnnError(
                    f"--pattern has more than {MOST_POSITIONS:,} characters with its repeats written out; shorten it"
                )
            self.sets.append(tree)
            self._follow.append(0)
            return False, 1 << (len(self.sets) - 1), 1 << (len(self.sets) - 1)
        if isinstance(tree, Either):
            parts = [self._read(part) for part in tree.parts]
            return any(part[0] for part in parts), _or(part[1] for part in parts), _or(part[2] for part in parts)
        return self._join(tree) if isinstance(tree, Join) else self._repeat(tree)

    def _join(self, tree: Join) -> tuple[bool, int, int]:
        empty, first, last = True, 0, 0
        for part in tree.parts:
            its_empty, its_first, its_last = self._read(part)
            self._link(last, its_first)
            first |= its_first if empty else 0
            last = its_last | (last if its_empty else 0)
            empty = empty and its_empty
        return empty, first, last

    def _repeat(self, tree: Repeat) -> tuple[bool, int, int]:
        """The part written out. Where it may itself be empty, any number of copies from the first on will do."""
        if tree.most == 0:
            return True, 0, 0
        copies = [self._read(tree.part)]
        if not copies[0][1]:  # nothing but the empty text, however often
            return copies[0]
        copies += [self._read(tree.part) for _ in range((tree.most or max(tree.least, 1)) - 1)]
        least = 0 if copies[0][0] else tree.least
        for (_, _, last), (_, first, _) in pairwise(copies):
            self._link(last, first)
        if tree.most is None:
            self._link(copies[-1][2], copies[-1][1])
        return not least, copies[0][1], _or(copy[2] for copy in copies[max(least, 1) - 1 :])

    def _link(self, last: int, first: int) -> None:
        for position in _bits(last):
            self._follow[position] |= first


def _bits(number: int) -> list[int]:
    return [k for k, bit in enumerate(reversed(bin(number)[2:])) if bit == "1"]


def _or(numbers: Any) -> int:
    union = 0
    for number in numbers:
        union |= number
    return union


def _union(sets: list[int], places: int) -> int:
    return _or(sets[place] for place in _bits(places))


class Strings:
    """The longest beginning of one of the strings (tuples of classes) that the text ends with."""

    def __init__(self, strings: Sequence[tuple[int, ...]]):
        self.beginnings = {string[:size] for string in strings for size in range(len(string) + 1)} | {()}
        self._strings = sorted(set(strings), key=len, reverse=True)

    def step(self, state: tuple[int, ...], symbol_class: int) -> tuple[int, ...]:
        state = (*state, symbol_class)
        while state not in self.beginnings:
            state = state[1:]
        return state

    def ended(self, state: tuple[int, ...]) -> int:
        """The length of the longest string that the text ends with; 0 where it ends with none."""
        return next((len(string) for string in self._strings if state[-len(string) :] == string), 0)


class Without:
    """Texts in which none of the strings stands."""

    start: tuple[int, ...] = ()

    def __init__(self, strings: Sequence[tuple[int, ...]]):
        self._strings = Strings(strings)

    def step(self, state: tuple[int, ...], symbol_class: int) -> tuple[int, ...] | None:
        state = self._strings.step(state, symbol_class)
        return None if self._strings.ended(state) else state

    def accepts(self, state: tuple[int, ...]) -> bool:
        return True


class With:
    """Texts in which the string stands."""

    start: tuple[int, ...] = ()

    def __init__(self, string: tuple[int, ...]):
        self._string, self._strings = string, Strings([string])

    def step(self, state: tuple[int, ...], symbol_class: int) -> tuple[int, ...]:
        return state if state == self._string else self._strings.step(state, symbol_class)

    def accepts(self, state: tuple[int, ...]) -> bool:
        return state == self._string


class AtLeast:
    """Texts of so many characters or more."""

    start = 0

    def __init__(self, least: int):
        self._least = least

    def step(self, state: int, symbol_class: int) -> int:
        return min(state + 1, self._least)

    def accepts(self, state: int) -> bool:
        return state == self._least


class Both:
    """Texts that all machines accept."""

    def __init__(self, machines: Sequence[Machine]):
        self._machines = tuple(machines)
        self.start = tuple(machine.start for machine in machines)

    def step(self, state: tuple, symbol_class: int) -> tuple | None:
        after = []
        for machine, its_state in zip(self._machines, state, strict=True):
            if (its_after := machine.step(its_state, symbol_class)) is None:
                return None
            after.append(its_after)
        return tuple(after)

    def accepts(self, state: tuple) -> bool:
        return all(machine.accepts(its_state) for machine, its_state in zip(self._machines, state, strict=True))


@dataclass(frozen=True)
class Ending:
    """In a text that one of the stop strings is about to end: what stands of it, the machine's state (None: lost), and for
    each character of it whether the text before, with which it would have ended, was accepted."""

    begun: tuple[int, ...]
    inner: Any
    accepted: tuple[bool, ...]


class Stopped:
    """What is drawn where a text ends before the first stop string: accepted texts, or those with a stop string after."""

    done = Ending((), None, (True,))

    def __init__(self, machine: Machine, stops: Sequence[tuple[int, ...]]):
        self._machine, self._stops = machine, Strings(stops)
        self.start = Ending((), machine.start, ())

    def step(self, state: Ending, symbol_class: int) -> Ending | None:
        if state == self.done:
            return None
        begun = self._stops.step(state.begun, symbol_class)
        accepted = (*state.accepted, state.inner is not None and self._machine.accepts(state.inner))
        if size := self._stops.ended(begun):
            return self.done if accepted[-size] else None
        inner = None if state.inner is None else self._machine.step(state.inner, symbol_class)
        kept = accepted[len(accepted) - len(begun) :]
        # of those within it, only a place at which a stop string can have begun matters
        kept = tuple(was and begun[k:] in self._stops.beginnings for k, was in enumerate(kept))
        return None if inner is None and not any(kept) else Ending(begun, inner, kept)

    def accepts(self, state: Ending) -> bool:
        return state == self.done or (state.inner is not None and self._machine.accepts(state.inner))
