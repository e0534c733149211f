"""One mechanism for the options of all commands.

The options of a command are a frozen dataclass that inherits from Options. Each field is made by option(): its type, its
default, its help, and what may be said. All else comes from the fields: the command line and its environment variables
(cli/options.py), the keywords of the Python API (api.py), the checks (here), and docs/options.md.
"""

import math
import operator
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import Field, dataclass, field, fields, replace
from functools import wraps
from inspect import Parameter, signature
from types import NoneType, UnionType
from typing import Any, Self, get_args, get_origin

from charrnn.errors import CharrnnError


@dataclass(frozen=True)
class Option:
    """What a field says of its option.

    Numbers lie from `least` or `above` to `most` or `below`. A default of None means that nothing was said; `otherwise` is
    then what holds where nothing else decides. `names` are further names on the command line, and `metavar` stands for the
    value in its help. `escapes`: a backslash and n or t in a text from the command line is a newline or tab; `words` are
    other texts that stand for others there. The help need not say so: the command line adds it.
    """

    help: str
    choices: tuple[str, ...] = ()
    least: float | None = None
    above: float | None = None
    most: float | None = None
    below: float | None = None
    otherwise: Any = None
    names: tuple[str, ...] = ()
    metavar: str | None = None
    escapes: bool = False
    words: tuple[tuple[str, str], ...] = ()


def option(default: Any, help: str, **more: Any) -> Any:
    """A dataclass field with its default, its help, and what else an Option says."""
    return field(default=default, metadata={"option": Option(help, **more)})


def option_of(item: Field) -> Option:
    return item.metadata["option"]


def kind_of(item: Field) -> tuple[type, bool]:
    """The type of an option's values (bool, int, float, str), and whether there may be several."""
    kind: Any = item.type
    if isinstance(kind, UnionType):
        kind = next(part for part in get_args(kind) if part is not NoneType)
    return (get_args(kind)[0], True) if get_origin(kind) is tuple else (kind, False)


def flag(name: str) -> str:
    """An option's name on the command line."""
    return "--" + name.replace("_", "-")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What all options classes inherit: fields that are checked at birth, one by one and then together.

    A path becomes its name, and where there may be several, one text or number is one. Raises CharrnnError.
    """

    def __post_init__(self):
        for item in fields(self):
            object.__setattr__(self, item.name, _checked(item, getattr(self, item.name)))
        self.check()

    def check(self) -> None:
        """Raises CharrnnError where options do not go together."""

    def filled(self, **chosen: Any) -> Self:
        """The options with what was not said filled in: by `chosen`, or else by what the option's `otherwise` says."""
        unsaid = {item.name: option_of(item).otherwise for item in fields(self)} | chosen
        return replace(self, **{name: value for name, value in unsaid.items() if getattr(self, name) is None})


def _checked(item: Field, value: Any) -> Any:
    kind, several = kind_of(item)
    if value is None and item.default is None:
        return None
    if not several:
        return _checked_one(item, kind, value)
    single = isinstance(value, str | bytes | os.PathLike) or not isinstance(value, Iterable)
    values = (value,) if single else tuple(value)
    if "" in values:
        raise CharrnnError(f"{flag(item.name)} is empty; name the text that is meant, or leave it out")
    return tuple(_checked_one(item, kind, each) for each in values)


def _checked_one(item: Field, kind: type, value: Any) -> Any:
    said, limits = f"{flag(item.name)} {value}", option_of(item)
    try:
        value = CONVERSIONS[kind](value)
    except (TypeError, ValueError):
        raise CharrnnError(f"{said}: must be {WORDS[kind]}") from None
    if limits.choices and value not in limits.choices:
        raise CharrnnError(f"{said}: choose one of {', '.join(limits.choices)}")
    if limits.least is not None and not value >= limits.least:
        raise CharrnnError(f"{said}: must be at least {limits.least:g}")
    if limits.above is not None and not value > limits.above:
        raise CharrnnError(f"{said}: must be above {limits.above:g}")
    if limits.most is not None and not value <= limits.most:
        raise CharrnnError(f"{said}: must be at most {limits.most:g}")
    if limits.below is not None and not value < limits.below:
        raise CharrnnError(f"{said}: must be below {limits.below:.20g}")
    if kind is float and not math.isfinite(value):
        raise CharrnnError(f"{said}: must be finite")
    return value


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int) else os.fsdecode(os.fspath(value))


def _whole_number(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError(value)
    return operator.index(value)


def _truth(value: Any) -> bool:
    if value not in (True, False):
        raise ValueError(value)
    return bool(value)


CONVERSIONS: dict[type, Callable[[Any], Any]] = {bool: _truth, int: _whole_number, float: float, str: _text}
WORDS = {bool: "True or False", int: "a whole number", float: "a number", str: "a text"}


_NAMED = re.compile(r"""(\btry )?(?<![\w-])(?:-([mo])\b|--([a-z][a-z-]*[a-z])(?: ('[^']*'|[^\s:;,]+)(:)?)?)""")
_SHORT = {"m": "model", "o": "output"}


@contextmanager
def speaking_python() -> Iterator[None]:
    """Lets the CharrnnErrors of a block name options as keywords: unknown="skip" for --unknown skip."""
    try:
        yield
    except CharrnnError as error:
        error.args = (in_python(str(error)),)
        raise


def in_python(message: str) -> str:
    """A message in which the command line's options are keywords; whole commands, in backticks, stay as they are."""
    parts = message.split("`")
    return "`".join(part if k % 2 else _NAMED.sub(_keyword, part) for k, part in enumerate(parts))


def _keyword(found: re.Match) -> str:
    """The option that was found, with what follows it if that is its value."""
    advice, short, name, word, colon = (group or "" for group in found.groups())
    keyword = _SHORT[short] if short else name.replace("-", "_")
    known = {choice for kind in _all_below(Options) for item in fields(kind) if item.name == keyword
             for choice in option_of(item).choices}  # fmt: skip
    if not word:
        return advice + keyword
    if re.fullmatch(r"'.*'|-?[\d.]+|None|True|False|[A-Z]+", word):
        return f"{advice}{keyword}={word}{colon}"
    if word in known or colon or advice:
        return f'{advice}{keyword}="{word}"{colon}'
    return f"{advice}{keyword} {_NAMED.sub(_keyword, word)}"


def _all_below(kind: type[Options]) -> Iterator[type[Options]]:
    for below in kind.__subclasses__():
        yield below
        yield from _all_below(below)


def takes(kind: type[Options]) -> Callable[[Callable], Callable]:
    """A decorator for a function with a keyword `options` of this class: its fields become keywords of the function.

    help() then shows each of them with its type, its default and its help, and errors name them as keywords.
    """

    def decorate(function: Callable) -> Callable:
        @wraps(function)
        @speaking_python()
        def call(*arguments: Any, **given: Any) -> Any:
            said = {item.name: given.pop(item.name) for item in fields(kind) if item.name in given}
            return function(*arguments, options=kind(**said), **given)

        own = [each for each in signature(function).parameters.values() if each.name != "options"]
        more = [Parameter(i.name, Parameter.KEYWORD_ONLY, default=i.default, annotation=i.type) for i in fields(kind)]
        call.__signature__ = signature(function).replace(parameters=[*own, *more])  # type: ignore[attr-defined]
        lines = (f"    {item.name}: {in_python(option_of(item).help)}" for item in fields(kind))
        call.__doc__ = f"{(function.__doc__ or '').rstrip()}\n\n    Options:\n\n" + "\n".join(lines) + "\n"
        return call

    return decorate
