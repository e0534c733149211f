"""Writes docs/options.md, the page of all commands and options, from the commands themselves: `make reference`."""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from charrnn.cli.main import cli

Words = tuple[str, ...]
PAGE = Path(__file__).parent / "options.md"
HEAD = """# Commands and options

This page is made from the commands themselves (`make reference`). Every option can also be set by a variable of the
environment: `--top-k` of `charrnn sample` by `CHARRNN_SAMPLE_TOP_K`, the model folder of all commands by `CHARRNN_MODEL`. In
Python it is the keyword `top_k`.
"""


def commands(
    command: click.Command, words: tuple[str, ...] = ("charrnn",)
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with the words that call it, groups left out."""
    if not isinstance(command, click.Group):
        yield words, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from commands(inner, (*words, name))


def page() -> str:
    return "\n".join([HEAD, *(section(words, command) for words, command in commands(cli))])


def section(words: Words, command: click.Command) -> str:
    arguments = [each.make_metavar(click.Context(command)) for each in command.params if isinstance(each, click.Argument)]
    rows = [row(each) for each in command.params if isinstance(each, click.Option)]
    usage = " ".join([*words, "[OPTIONS]", *arguments])
    lines = [f"## {' '.join(words)}", "", f"`{usage}`", "", inspect.cleandoc(command.help or ""), ""]
    examples = [f"$ {line.strip()}" for line in (command.epilog or "").splitlines()[2:]]
    return "\n".join([*lines, "```console", *examples, "```", "", "| option | default | |", "|---|---|---|", *rows, ""])


def row(option: click.Option) -> str:
    names = " ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    taken = "" if option.is_flag else f" {values(option)}"
    return f"| {names}{taken} | {default(option)} | {escaped(option.help or '')} |"


def values(option: click.Option) -> str:
    """What the option takes: choices, the name of a value, and its bounds."""
    if isinstance(option.type, click.Choice):
        return escaped(" | ".join(f"`{choice}`" for choice in option.type.choices))
    name = option.metavar or option.type.name.split()[0].upper()
    bounds = option.type._describe_range() if isinstance(option.type, click.IntRange | click.FloatRange) else ""
    return escaped(f"{name}, {bounds}" if bounds else name)


def default(option: click.Option) -> str:
    if isinstance(option.show_default, str):
        return f"`{option.show_default}`"
    if option.is_flag or option.default in (None, (), "") or not isinstance(option.default, str | int | float | tuple):
        return ""
    return f"`{option.default[0] if isinstance(option.default, tuple) else option.default}`"


def escaped(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.name}: {len(list(commands(cli)))} commands", file=sys.stderr)
