"""Command lines made from options classes, and what several commands share."""

import functools
import math
import sys
from collections.abc import Callable
from dataclasses import Field, fields
from functools import wraps
from typing import Any

import click

from charrnn.api import DEFAULT_MODEL
from charrnn.errors import CharrnnError
from charrnn.options import Options, flag, kind_of, option_of


class Whole(click.types.StringParamType):
    """A text of an option that may be given several times; a variable of the environment gives one, spaces and all."""

    def split_envvar_value(self, rv: str) -> list[str]:
        return [rv]


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
            said = {item.name: values.pop(item.name) for item in fields(kind)}
            try:
                options = kind(**said)
            except CharrnnError as error:
                raise click.UsageError(str(error)) from None
            return command(*arguments, options=options, **values)

        called: Callable = call
        for item in reversed(fields(kind)):
            called = click_option(item)(called)
        return called

    return decorate


def click_option(item: Field) -> Callable[[Callable], Callable]:
    """The option of one field."""
    kind, several = kind_of(item)
    about = option_of(item)
    name = flag(item.name)
    if kind is bool:
        names = [f"{name}/{flag('no_' + item.name)}" if item.default else name]
        return click.option(item.name, *names, is_flag=True, default=item.default, help=about.help)
    return click.option(
        item.name,
        *about.names,
        name,
        type=_type(kind, several, item),
        multiple=several,
        default=item.default,
        show_default=bool(item.default) if about.otherwise is None else f"{about.otherwise}",
        metavar=about.metavar,
        help=about.help,
    )


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


def something_to_read(names: tuple[str, ...], what: str, other: str = "") -> None:
    """Raises click.UsageError where no file is named and nothing is piped in: a terminal would be waited for."""
    if not names and (sys.stdin is None or sys.stdin.isatty()):
        raise click.UsageError(f"Missing argument '{what}...': name a file{other}, or pipe lines in.")


_mixing = (
    click.option(
        "-m",
        "--model",
        "models",
        type=click.Path(),
        multiple=True,
        default=(DEFAULT_MODEL,),
        show_default=True,
        envvar="CHARRNN_MODEL",
        help="Model folder; several -m make a mixture.",
    ),
    click.option("--weight", "weights", type=float, multiple=True, help="Weight of each -m, in order; else all alike."),
    click.option("--mix", type=click.Choice(["linear", "log-linear"]), default="log-linear", show_default=True,
                 help="Several models: their probabilities added, or multiplied."),
    click.option("--fit-on", metavar="FILE", help="Fit the weights on this text, which no model has learnt from."),
)  # fmt: skip


class FiniteRange(click.FloatRange):
    """A range of numbers in which neither infinity nor "not a number" lies."""

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        number = super().convert(value, parameter, context)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", parameter, context)
        return number


def nothing_piped() -> bool:
    """Whether standard input is a terminal, or closed, so that a command without files should not wait for it."""
    return sys.stdin is None or sys.stdin.isatty()


def mixture_options(command: Callable) -> Callable:
    """-m, given once or several times, and what several models need; the command hands them to report.mixture.open_models.

    Raises click.UsageError where they do not go together.
    """

    @functools.wraps(command)
    def checked(*arguments: Any, models: tuple, weights: tuple, mix: str, fit_on: str | None, **others: Any) -> Any:
        if len(models) == 1 and (weights or fit_on):
            raise click.UsageError("--weight and --fit-on are for several models; give -m again.")
        if weights and len(weights) != len(models):
            raise click.UsageError(f"{len(models)} models and {len(weights)} weights; give each -m one --weight.")
        if weights and fit_on:
            raise click.UsageError("--weight gives the weights and --fit-on finds them; leave one out.")
        choice = {"models": models, "weights": weights, "mix": mix, "fit_on": fit_on}
        return command(*arguments, mixture=choice, **others)

    for option in reversed(_mixing):
        checked = option(checked)
    return checked
