"""The mechanism of options: what fields say, what is checked, and what functions and commands make of them."""

import inspect
import math
import os
import re
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from charrnn.cli.options import options_of
from charrnn.errors import CharrnnError
from charrnn.options import Options, flag, in_python, kind_of, option, takes


@dataclass(frozen=True, kw_only=True)
class Base(Options):
    lines: bool = option(False, "Read lines.")


@dataclass(frozen=True, kw_only=True)
class Example(Base):
    size: int = option(3, "Its size.", least=1, below=10)
    rate: float | None = option(None, "Its rate.", above=0.0, most=1.0)
    cell: str | None = option(None, "Its cell.", choices=("lstm", "gru"), otherwise="lstm")
    stop: tuple[str, ...] = option((), "Where to stop.", escapes=True, words=(("newline", "\n"),), names=("-s", "--end"))
    weight: tuple[float, ...] = option((), "Weights.")
    echo: bool = option(True, "Repeat.")
    path: str | None = option(None, "A file.")

    def check(self) -> None:
        if self.rate is not None and self.size == 9:
            raise CharrnnError("--rate and --size 9 do not go together")


@takes(Example)
def told(name: str, *, options: Example) -> tuple[str, Example]:
    """What was told."""
    return name, options


@click.command()
@click.argument("name", required=False)
@options_of(Example)
def command(name, options):
    click.echo(repr(options))


def test_defaults_and_what_is_said():
    assert Example() == Example(size=3)
    assert Example(path=Path("a") / "b").path == os.path.join("a", "b")
    assert Example(stop="the end").stop == ("the end",)  # one string is one text, not its letters
    assert Example(stop=["a", "b"], weight=[1, 0.5]).weight == (1.0, 0.5)


def test_what_was_not_said_is_filled_in_once():
    filled = Example(size=4).filled(rate=0.25)
    assert (filled.size, filled.rate, filled.cell) == (4, 0.25, "lstm")
    assert Example(cell="gru", rate=0.5).filled(rate=0.25) == Example(cell="gru", rate=0.5)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": 0}, "--size 0: must be at least 1"),
        ({"size": 10}, "--size 10: must be below 10"),
        ({"size": 2.5}, "--size 2.5: must be a whole number"),
        ({"size": None}, "--size None: must be a whole number"),
        ({"rate": 0.0}, "--rate 0.0: must be above 0"),
        ({"rate": 1.5}, "--rate 1.5: must be at most 1"),
        ({"rate": math.nan}, "--rate nan: must be above 0"),
        ({"rate": "fast"}, "--rate fast: must be a number"),
        ({"weight": [math.inf]}, "--weight inf: must be finite"),
        ({"cell": "rnn"}, "--cell rnn: choose one of lstm, gru"),
        ({"stop": ["a", ""]}, "--stop is empty; name the text"),
        ({"echo": "no"}, "--echo no: must be True or False"),
        ({"size": 9, "rate": 0.5}, "--rate and --size 9 do not go together"),
    ],
)
def test_what_cannot_be_is_refused_by_name(wrong, message):
    with pytest.raises(CharrnnError, match=message):
        Example(**wrong)
    with pytest.raises(CharrnnError, match=re.escape(in_python(message))):
        told("x", **wrong)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("--size 0: must be at least 1", "size=0: must be at least 1"),
        ("--cell rnn: choose one of lstm, gru", 'cell="rnn": choose one of lstm, gru'),
        ("leave out --top-k, --top-p and --greedy", "leave out top_k, top_p and greedy"),
        ("try --unknown skip", 'try unknown="skip"'),
        ("a file; --level byte reads any bytes", 'a file; level="byte" reads any bytes'),
        ("name it with --corpus FILE, or train with --keep-text", "name it with corpus=FILE, or train with keep_text"),
        ("--acrostic: --template 'a b' has no blanks", "acrostic: template='a b' has no blanks"),
        ("--beam --greedy", "beam greedy"),
        ("add --overwrite, or name another file with -o", "add overwrite, or name another file with output"),
        ("make one with `charrnn train CORPUS -m a --lines`", "make one with `charrnn train CORPUS -m a --lines`"),
        ("a well-known -1 -- x--y", "a well-known -1 -- x--y"),
    ],
)
def test_errors_of_functions_name_keywords(said, wanted):
    assert in_python(said) == wanted


def test_a_function_takes_the_options_as_keywords_and_shows_them():
    assert told("x", size=5, lines=True) == ("x", Example(size=5, lines=True))
    with pytest.raises(TypeError, match="colour"):
        told("x", colour="red")
    parameters = inspect.signature(told).parameters
    assert list(parameters) == ["name", "lines", "size", "rate", "cell", "stop", "weight", "echo", "path"]
    assert (parameters["size"].annotation, parameters["size"].default) == (int, 3)
    assert "    size: Its size.\n" in told.__doc__


def test_kinds_are_read_from_the_annotations():
    assert {i.name: kind_of(i) for i in Example.__dataclass_fields__.values()} == {
        "lines": (bool, False), "size": (int, False), "rate": (float, False), "cell": (str, False), "stop": (str, True),
        "weight": (float, True), "echo": (bool, False), "path": (str, False),
    }  # fmt: skip
    assert flag("top_k") == "--top-k"


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ([], Example()),
        (["--size", "4", "--no-echo", "--lines"], Example(size=4, echo=False, lines=True)),
        (["-s", "newline", "--end", "a\\tb", "--stop", " "], Example(stop=("\n", "a\tb", " "))),
        (["--weight", "1", "--weight", "2", "--path", "a\\nb"], Example(weight=(1, 2), path="a\\nb")),
    ],
)
def test_a_command_takes_them_too(arguments, wanted):
    assert CliRunner().invoke(command, arguments).output == f"{wanted!r}\n"


@pytest.mark.parametrize("arguments", [["--size", "0"], ["--rate", "inf"], ["--stop", ""], ["--size", "9", "--rate", "1"]])
def test_what_cannot_be_is_wrong_usage(arguments):
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 2
    assert "Error:" in result.output


def test_a_variable_of_the_environment_is_one_text():
    result = CliRunner().invoke(command, [], auto_envvar_prefix="X", env={"X_STOP": "the end:here", "X_SIZE": "7"})
    assert result.output == f"{Example(stop='the end:here', size=7)!r}\n"


def test_help_names_a_commands_own_options_before_those_that_it_shares():
    shown = CliRunner().invoke(command, ["--help"]).output
    assert shown.index("--size") < shown.index("--lines")
    for words in ("[default: 3; 1<=x<10]", "[default: lstm]", "-s, --stop, --end", "--echo / --no-echo"):
        assert words in shown
