"""What a text must satisfy, as a guide that forbids every character after which it no longer could.

Shapes: B rows, T time, V symbols, C classes of symbols, S states.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from charrnn.conditions.automaton import (
    NEVER,
    START,
    UNREACHABLE,
    AtLeast,
    Automaton,
    Both,
    Expression,
    Machine,
    Stopped,
    With,
    Without,
    classes_of,
    tabulate,
)
from charrnn.conditions.pattern import CharSet, in_bytes, literal, parse
from charrnn.conditions.template import acrostic_pattern, lines_pattern, template_pattern
from charrnn.errors import CharrnnError
from charrnn.text.symbols import BOUNDARY, UNKNOWN
from charrnn.text.vocabulary import Vocabulary

MOST_LINES = 20  # of a verse form, as far as an error knows


@dataclass(frozen=True)
class Conditions:
    """What is asked of a text; each field is the option of `charrnn sample` of that name.

    Of these, `ban` and `allow` together are the ids never to be written. Before a stop string, and where `lines` before a
    line's end, a text ends.
    """

    pattern: str | None = None
    template: str | None = None
    acrostic: str | None = None
    banned: tuple[int, ...] = ()
    must: tuple[str, ...] = ()
    ban_text: tuple[str, ...] = ()
    min_length: int = 0
    stop: tuple[str, ...] = ()
    lines: bool = False
    line_count: int | None = None  # asked to find out why an acrostic cannot be

    @property
    def asked(self) -> bool:
        """Whether anything is asked that needs an automaton."""
        expressions = (self.pattern is not None, self.template is not None, self.acrostic)
        return any((*expressions, self.must, self.ban_text, self.min_length))

    def expressions(self) -> list[tuple[str, str]]:
        """(option, regular expression) of all that the whole text must match."""
        found = [("--pattern", self.pattern)] if self.pattern is not None else []
        if self.template is not None:
            found.append(("--template", template_pattern(self.template, self.acrostic or "")))
        elif self.acrostic:
            found.append(("--acrostic", acrostic_pattern(self.acrostic, ended=self.pattern is None)))
        if self.line_count is not None:
            found.append(("--acrostic", lines_pattern(self.line_count)))
        return found


class Place(NamedTuple):
    """Where the texts are: the automaton's state_B, and left_B, the characters that may still be written. Both int32."""

    state_B: Any
    left_B: Any


class Constraint:
    """The guide (see choice.py) that leaves the symbols after which the rest of the text can still meet the conditions.

    Where it leaves none, the text is at its end.
    """

    def __init__(self, automaton: Automaton):
        self._automaton = automaton
        self._least_SC = automaton.least_S[automaton.next_SC]

    def start(self, rows: int, prime: np.ndarray, length: int) -> Place:
        """The primer takes no part. Any length beyond UNREACHABLE is as good as that: what is unreachable stays so."""
        return Place(np.full(rows, START, np.int32), np.full(rows, min(length, int(UNREACHABLE)), np.int32))

    def guide(self, memory: Place, log_probs_BV: Any) -> Any:
        xp = log_probs_BV.__array_namespace__()
        possible_BC = xp.asarray(self._least_SC)[memory.state_B] < memory.left_B[:, None]
        return xp.where(possible_BC[:, self._automaton.class_V], log_probs_BV, -xp.inf)

    def follow(self, memory: Place, ids_B: Any) -> Place:
        xp = ids_B.__array_namespace__()
        classes_B = xp.asarray(self._automaton.class_V)[ids_B]
        return Place(xp.asarray(self._automaton.next_SC)[memory.state_B, classes_B], memory.left_B - 1)

    def ended(self, memory: Place) -> Any:
        """Whether each text meets the conditions and no longer one would."""
        possible_BC = self._least_SC[memory.state_B] < memory.left_B[:, None]
        return (self._automaton.least_S[memory.state_B] == 0) & ~possible_BC.any(1)


def make_constraint(vocabulary: Vocabulary, conditions: Conditions, length: int) -> Constraint:
    """The guide that keeps texts of up to `length` characters to the conditions.

    Raises CharrnnError where no text meets them, saying which to loosen, and where none is so short.
    """
    constraint, least = _made(vocabulary, conditions)
    if least == UNREACHABLE:
        raise CharrnnError(_what_is_impossible(vocabulary, conditions))
    if least > length:
        raise CharrnnError(f"--length {length}: the shortest text that meets the conditions has {least} characters")
    return constraint


@lru_cache(maxsize=8)  # the same constraint is the same object, for which a compiled loop is there already
def _made(vocabulary: Vocabulary, conditions: Conditions) -> tuple[Constraint, int]:
    """The constraint, and the length of the shortest text that meets it (UNREACHABLE: none does)."""
    expressions = _expressions(vocabulary, conditions)
    sets = list(dict.fromkeys(one for expression in expressions for one in expression.sets if one is not None))
    must, ban_text = ([vocabulary.encode(text) for text in texts] for texts in (conditions.must, conditions.ban_text))
    stops = [vocabulary.encode(text) for text in conditions.stop] + [np.array([BOUNDARY])] * conditions.lines
    masks = {one: np.array([False, *(symbol in one for symbol in vocabulary.symbols)]) for one in sets}
    symbols = np.unique(np.concatenate([*must, *ban_text, *stops, []])).astype(np.int32)
    allowed_V = ~np.isin(np.arange(vocabulary.size), (UNKNOWN, *conditions.banned))
    class_V = classes_of([*masks.values(), *(np.arange(vocabulary.size) == symbol for symbol in symbols)], allowed_V)
    for expression in expressions:
        expression.members_C = _members(expression, masks, class_V)
    classes = [[tuple(class_V[ids].tolist()) for ids in texts] for texts in (must, ban_text, stops)]
    ban = [Without(classes[1])] if ban_text else []
    machine: Machine = Both([*expressions, *map(With, classes[0]), *ban, AtLeast(conditions.min_length)])
    automaton = tabulate(Stopped(machine, classes[2]) if stops else machine, class_V)
    return Constraint(automaton), int(automaton.least_S[START])


def _expressions(vocabulary: Vocabulary, conditions: Conditions) -> list[Expression]:
    """What the whole text must match, in the symbols of the vocabulary's level."""
    trees = [(option, parse(pattern, option)) for option, pattern in conditions.expressions()]
    return [Expression(in_bytes(tree, option) if vocabulary.level == "byte" else tree) for option, tree in trees]


def _members(expression: Expression, masks: dict[CharSet, np.ndarray], class_V: np.ndarray) -> list[int]:
    """members_C of the expression: for each class the positions, as bits, whose set holds its symbols."""
    places: dict[CharSet, int] = {}
    for position, one in enumerate(expression.sets):
        if one is not None:
            places[one] = places.get(one, 0) | 1 << position
    members = [0] * (int(class_V.max()) + 1)
    for symbol_class in range(NEVER + 1, len(members)):
        symbol = int(np.argmax(class_V == symbol_class))
        for one, positions in places.items():
            members[symbol_class] |= positions if masks[one][symbol] else 0
    return members


def _what_is_impossible(vocabulary: Vocabulary, conditions: Conditions) -> str:
    """What no text can meet: the first of the conditions that together with those before it cannot be met.

    Banned symbols hold from the start, and are to blame unless these conditions are known to be impossible without them.
    """
    blame = {
        "pattern": "--pattern: no text of this model's characters matches it",
        "template": "--template: no text of this model's characters matches it and what else is asked",
        "acrostic": "--acrostic: no text of this model's characters has these first characters and what else is asked",
        "must": "--must: no text that matches holds this too",
        "ban_text": "--ban-text leaves no text that matches; ban less",
        "min_length": "--min-length: no text that matches is so long",
        "stop": "--stop ends every text before it matches; leave it out",
        "lines": "a model trained with --lines writes one line, and no single line matches",
    }
    met = Conditions(banned=conditions.banned)
    for name, what in blame.items():
        met = replace(met, **{name: getattr(conditions, name)})
        if _is_impossible(vocabulary, met):
            if met.banned and not _is_impossible(vocabulary, replace(met, banned=())):
                what = "--ban and --allow leave no text that matches; allow more"
            elif name == "acrostic" and met.pattern is not None and met.template is None:
                what = _other_line_count(vocabulary, met) or what
            return what + _unknown(vocabulary, conditions)
    raise AssertionError("all conditions together were impossible")


def _other_line_count(vocabulary: Vocabulary, conditions: Conditions) -> str:
    """That texts of the pattern have another number of lines than the acrostic; nothing where that is not so."""
    size = len(conditions.acrostic or "")
    counts = sorted(range(1, MOST_LINES + size), key=lambda count: abs(count - size))
    free = replace(conditions, acrostic=None)
    found = next((n for n in counts if not _is_impossible(vocabulary, replace(free, line_count=n))), size)
    if found == size:
        return ""
    lines = "1 line" if found == 1 else f"{found} lines"
    return f"--acrostic has {size} characters, one a line, and texts that match --pattern have {lines}"


def _is_impossible(vocabulary: Vocabulary, conditions: Conditions) -> bool:
    """Whether no text meets the conditions; not so where they alone, without what else was asked, need too many states."""
    try:
        return _made(vocabulary, conditions)[1] == UNREACHABLE
    except CharrnnError:
        return False


def _unknown(vocabulary: Vocabulary, conditions: Conditions) -> str:
    """What to say of single characters (at level "byte", bytes) that are asked for and that the model does not know."""
    sets = [one for expression in _expressions(vocabulary, conditions) for one in expression.sets if one is not None]
    literals = "".join(first for one in sets for first, _ in one.ranges if one == literal(first))
    asked: list[str | bytes] = [literals.encode("latin-1") if vocabulary.level == "byte" else literals, *conditions.must]
    unknown = list(dict.fromkeys(symbol for text in asked for symbol in vocabulary.unknown_in(text)))
    return f" (characters that the model does not know: {' '.join(map(repr, unknown[:10]))})" if unknown else ""
