"""Options that several commands share, and options made from dataclass fields."""

import functools
import math
import sys
from collections.abc import Callable
from dataclasses import fields
from typing import Any, get_args, get_type_hints

import click

from charrnn.api import DEFAULT_MODEL

model_option = click.option(
    "-m",
    "--model",
    default=DEFAULT_MODEL,
    show_default=True,
    envvar="CHARRNN_MODEL",
    help="Model folder.",
)

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


def options_of(dataclass: type) -> Callable[[Callable], Callable]:
    """A decorator that gives a command one option for each field of a dataclass (see training.options)."""
    kinds = get_type_hints(dataclass)

    def decorate(command: Callable) -> Callable:
        for item in reversed(fields(dataclass)):
            command = _option(item, kinds[item.name])(command)
        return command

    return decorate


def _option(item: Any, kind: Any) -> Callable:
    name = item.name.replace("_", "-")
    plain = next((part for part in get_args(kind) if part is not type(None)), kind)
    meta = item.metadata
    if plain is bool:
        return click.option(f"--{name}", is_flag=True, default=item.default, help=meta["help"])
    kind = click.Choice(meta["choices"]) if "choices" in meta else _range(plain, meta)
    shown = item.default is not None and item.default
    return click.option(f"--{name}", type=kind, default=item.default, show_default=bool(shown), help=meta["help"])


def _range(plain: type, meta: Any) -> Any:
    if plain is int:
        return click.IntRange(min=meta.get("least"), max=meta.get("below"), max_open=True)
    if plain is float:
        least = meta.get("least", meta.get("above"))
        return click.FloatRange(min=least, min_open="above" in meta, max=meta.get("below"), max_open="below" in meta)
    return str
