"""Command lines made from options classes, and what several commands share."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import Field, fields
from functools import wraps
from typing import Any

import click

from charrnn.api import DEFAULT_MODEL
from charrnn.errors import CharrnnError
from charrnn.models.options import MixtureOptions
from charrnn.options import Option, Options, flag, kind_of, option_of


class Whole(click.types.StringParamType):
    """A text of an option that may be given several times; a variable of the environment gives one, spaces and all."""

    def split_envvar_value(self, rv: str) -> list[str]:
        return [rv]


class Shown(click.Option):
    """An option whose default, where it is told in words, stands without parentheses."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        record = super().get_help_record(ctx)
        if record and isinstance(self.show_default, str):
            return record[0], record[1].replace(f"[default: ({self.show_default})", f"[default: {self.show_default}")
        return record


def examples(*lines: str) -> str:
    """What ends a command's help."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


model_option = click.option(
    "-m", "--model", default=DEFAULT_MODEL, show_default=True, envvar="CHARRNN_MODEL", help="Model folder."
)
models_option = click.option(
    "-m", "--model", "models", type=Whole(), multiple=True, default=(DEFAULT_MODEL,), show_default=True,
    envvar="CHARRNN_MODEL", help="Model folder; several -m make a mixture.",
)  # fmt: skip


def options_of(kind: type[Options]) -> Callable[[Callable], Callable]:
    """A decorator that gives a command the options of the class, and calls it with the object that they make.

    Options that cannot be are wrong usage.
    """

    def decorate(command: Callable) -> Callable:
        @wraps(command)
        def call(*arguments: Any, **values: Any) -> Any:
            said = {item.name: _read(values.pop(item.name), option_of(item)) for item in fields(kind)}
            with wrong_usage():
                options = kind(**said)
                if isinstance(options, MixtureOptions) and "models" in values:
                    options.check_for(len(values["models"]))
            return command(*arguments, options=options, **values)

        called: Callable = call
        for item in reversed(own_first(kind)):
            called = click_option(item)(called)
        return called

    return decorate


def own_first(kind: type[Options]) -> list[Field]:
    """The fields of an options class, before those that it inherits."""
    names = [name for base in kind.__mro__ for name in vars(base).get("__annotations__", {})]
    return sorted(fields(kind), key=lambda item: names.index(item.name))


@contextmanager
def wrong_usage() -> Iterator[None]:
    """Turns a CharrnnError in the block into wrong usage, whose exit code is 2."""
    try:
        yield
    except CharrnnError as error:
        raise click.UsageError(f"{error}.") from None


def _read(value: Any, about: Option) -> Any:
    """What the command line says, its escapes of newline and tab read."""
    if isinstance(value, tuple):
        return tuple(_read(each, about) for each in value)
    if not about.escapes or value is None:
        return value
    return dict(about.words).get(value, value).replace("\\n", "\n").replace("\\t", "\t")


def click_option(item: Field) -> Callable[[Callable], Callable]:
    """The option of one field."""
    kind, several = kind_of(item)
    about = option_of(item)
    name = flag(item.name)
    if kind is bool:
        names = [f"{name}/{flag('no_' + item.name)}" if item.default or about.otherwise else name]
        return click.option(item.name, *names, is_flag=True, default=item.default, help=about.help)
    return click.option(
        item.name,
        *sorted([name, *about.names], key=lambda each: each.startswith("--")),
        cls=Shown,
        type=_type(kind, several, item),
        multiple=several,
        default=item.default,
        show_default=bool(item.default) if about.otherwise is None else f"{about.otherwise}",
        metavar=about.metavar,
        help=_help(about),
    )


def _help(about: Option) -> str:
    """The option's help, and what only the command line reads."""
    if not about.escapes:
        return about.help
    words = f", or the words {' and '.join(word for word, _ in about.words)}" if about.words else ""
    return about.help.removesuffix(".") + f"; \\n and \\t{words}."


def _type(kind: type, several: bool, item: Field) -> Any:
    """The type that shows and checks what may be said; what it lets pass, the options class checks again."""
    about = option_of(item)
    if about.choices:
        return click.Choice(about.choices)
    if kind is str:
        return Whole() if several else str
    least, most = about.least if about.above is None else about.above, about.most if about.below is None else about.below
    if least is None and most is None:
        return kind
    bounded: Any = click.IntRange if kind is int else click.FloatRange
    return bounded(min=least, max=most, min_open=about.above is not None, max_open=about.below is not None)


def files_or_stdin(files: tuple[str, ...], what: str, texts: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """The files to read: those named, or where neither files nor texts are, standard input.

    Raises click.UsageError for files and texts at once, and where nobody pipes anything in: it would wait for a terminal.
    """
    if texts and files:
        raise click.UsageError("Give sentences by --text or by files, not both.")
    if files or texts:
        return files
    if sys.stdin is None or sys.stdin.isatty():
        other = "pipe a list in" if texts is None else "give --text, or pipe lines in"
        raise click.UsageError(f"Missing argument '{what}...': name a file{',' if texts is not None else ' or'} {other}.")
    return ("-",)
