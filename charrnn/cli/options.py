"""Options that several commands share, and options made from dataclass fields."""

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
        return click.IntRange(min=meta.get("least"))
    if plain is float:
        least = meta.get("least", meta.get("above"))
        return click.FloatRange(min=least, min_open="above" in meta, max=meta.get("below"), max_open="below" in meta)
    return str
