"""The `charrnn` command: finds the subcommand, and turns what goes wrong into one line and an exit code."""

import importlib
import io
import os
import re
import shutil
import sys
from difflib import get_close_matches
from typing import Any

import click
from click.core import ParameterSource

from charrnn.cli.options import examples
from charrnn.errors import CharrnnError
from charrnn.machine import prepared
from charrnn.report.say import say_what_is_logged
from charrnn.report.signals import signals_heeded

# subcommand: the module that holds it under the same name, imported only when asked for
COMMANDS = {
    "train": "Train a network on text.",
    "ngram": "Count an n-gram model of text.",
    "mix": "Save several models as one.",
    "sample": "Write new text.",
    "score": "Score sentences by how likely they are.",
    "compare": "Compare models on the same text.",
    "fill": "Fill blanks in sentences.",
    "predict": "Label or rewrite texts, with a model of train --task.",
    "rescore": "Choose among hypotheses.",
    "embed": "Texts as vectors.",
    "inspect": "Look into a network.",
    "info": "Describe a model.",
    "bench": "Measure speed on this machine.",
    "corpus": "List and fetch ready-made corpora.",
}
ON_ALL_PROCESSORS = ("train", "bench")


class LazyGroup(click.Group):
    """A group that imports a command when it is called, so that --help answers at once."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        return getattr(importlib.import_module(f"charrnn.cli.{name}"), name)

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> click.Context:
        """Help, also that of the commands, is as wide as the terminal, up to click's usual 80; click stops at 50 below."""
        width = max(20, min(shutil.get_terminal_size().columns, 80) - 2)
        return super().make_context(info_name, args, parent, **{"terminal_width": width} | extra)

    def resolve_command(self, context: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if not args[0].startswith("-") and args[0] not in COMMANDS:
            near = "".join(f" Did you mean '{name}'?" for name in get_close_matches(args[0], COMMANDS, n=1))
            raise click.UsageError(f"No such command '{args[0]}'.{near}", context)
        return super().resolve_command(context, args)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    epilog=examples("charrnn train letters.txt", "charrnn sample --prime 'Dear '"),
    context_settings={"auto_envvar_prefix": "CHARRNN", "help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="charrnn")
@click.pass_context
def cli(context: click.Context) -> None:
    """Character-level language models: train a recurrent network on a text, write in its style, score sentences."""
    say_what_is_logged()
    name = context.invoked_subcommand
    setting = prepared(all_processors=name in ON_ALL_PROCESSORS, cache=name != "bench", own_process=True)
    context.with_resource(setting)


def main() -> None:
    """Run the command line: exit code 0 done, 1 a clear error, 2 wrong usage, 130 or 143 interrupted."""
    _open_streams()
    # UTF-8 whatever the locale; bytes that are none, in arguments, go out as they came
    sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]
    with signals_heeded():
        code = _run()
    sys.exit(code)


def _run() -> int:
    """The command's exit code."""
    try:
        code = cli(standalone_mode=False) or 0  # what a command gave to context.exit()
        sys.stdout.flush()
        return code
    except click.UsageError as error:
        error.show()
        _name_variables(error)
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except click.ClickException as error:
        error.show()
        return 1
    except CharrnnError as error:
        click.echo(f"charrnn: {error}", err=True)
        return 1
    except MemoryError:
        return _out_of_memory()
    except RuntimeError as error:
        if "RESOURCE_EXHAUSTED" in str(error):  # as JAX says it, of a GPU's memory too
            return _out_of_memory()
        if "initialize backend" in str(error):
            click.echo(f"charrnn: {_platforms(str(error))}", err=True)
            return 1
        raise
    except BrokenPipeError:
        _leave_standard_output()  # whoever read it has gone; nothing is left to say
        return 1
    except OSError as error:
        if error.filename is None:
            _leave_standard_output()
        click.echo(f"charrnn: {error.filename or 'standard output'}: {error.strerror or error}", err=True)
        return 1


def _name_variables(error: click.UsageError) -> None:
    """Say which of the options that the error names come from variables of the environment."""
    context = error.ctx
    for option in context.command.params if context else ():
        assert context is not None
        named = any(re.search(rf"{re.escape(name)}(?![\w-])", error.format_message()) for name in option.opts)
        if named and context.get_parameter_source(str(option.name)) is ParameterSource.ENVIRONMENT:
            variable = option.envvar or f"{context.auto_envvar_prefix}_{str(option.name).upper()}"
            click.echo(f"{option.opts[-1]} comes from the variable {variable} of the environment.", err=True)


def _open_streams() -> None:
    """Put something in the place of standard streams that are closed, where Python has None.

    Left free, their descriptors would go to the next files that are opened, and what XLA says to descriptor 2 into a model.
    Writing to the closed standard output fails, as it should; what standard error misses ends nothing.
    """
    if sys.stdin is None:
        os.open(os.devnull, os.O_RDONLY)  # takes the lowest free descriptor, here 0; commands ask for sys.stdin
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    elif (stream := sys.__stderr__) is sys.stderr and stream is not None:
        raw = io.BufferedWriter(_Messages(stream.fileno(), "w", closefd=False))
        sys.stderr = io.TextIOWrapper(raw, encoding=stream.encoding, errors=stream.errors, line_buffering=True)


class _Messages(io.FileIO):
    """Standard error. What cannot be told, for the disk is full or nobody reads it any more, ends nothing."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError:
            return len(data)


def _platforms(error: str) -> str:
    """What JAX says where it has not the devices that it was told to use."""
    said = os.environ.get("JAX_PLATFORMS")
    what = f"JAX_PLATFORMS={said}: there is no such device for JAX here; unset it, or set it to cpu" if said else "no device"
    return f"{what} ({error.splitlines()[0]:.200})"


def _out_of_memory() -> int:
    click.echo("charrnn: not enough memory; try a smaller --batch-size, --window or --hidden", err=True)
    return 1


def _leave_standard_output() -> None:
    """Let what was not written yet vanish, so that Python does not fail at it again when it closes its files."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
