"""charrnn train"""

import time
from collections.abc import Sequence

import click
from click.core import ParameterSource

from charrnn.cli.options import examples, model_option, options_of
from charrnn.machine.group import first, joined
from charrnn.report.say import say
from charrnn.report.signals import signals_heeded
from charrnn.training.options import BUDGETS, CHANGEABLE, GROUP, TrainOptions

MAY_CHANGE = {*BUDGETS, *CHANGEABLE, *GROUP}  # when a run is resumed


def _without_environment(context: click.Context, parameter: click.Parameter, resume: bool) -> bool:
    """A resumed run has its settings already: those of the environment are for fresh runs."""
    if resume:
        context.auto_envvar_prefix = None
    return resume


@click.command(
    short_help="Train a network on text.",
    epilog=examples("charrnn train letters/ --minutes 5", "charrnn train names.txt --lines -m names"),
)
@click.argument("corpus", nargs=-1)
@model_option
@click.option(
    "--resume",
    is_flag=True,
    is_eager=True,
    callback=_without_environment,
    help="Continue an interrupted run exactly, or a finished one: --minutes are added, --steps and --epochs count from 0.",
)
@click.option("--html", metavar="FILE", help="Write a page of how it goes, anew at each evaluation.")
@options_of(TrainOptions)
@click.pass_context
def train(context, corpus, model, resume, html, options):
    """Train a recurrent network on CORPUS: text files, folders, .gz files, or - for standard input.

    What is not said is chosen from the text, the budget and the machine. Ctrl-C saves and ends; --resume continues.
    """
    begun = time.perf_counter()
    if resume:
        options = _given_to_resume(context, options)
    elif not corpus:
        raise click.UsageError("Missing argument 'CORPUS...': name a text file, a folder, or - for standard input.")
    lost = f"{model} keeps all it had" if resume else "nothing was saved"
    with signals_heeded(f"interrupted at the start: {lost}") as signals, joined(options):
        if not resume:
            from charrnn.text.sources import check_there

            check_there(corpus)
        if first():
            say(f"reading {listed(corpus) if corpus else model}")
        from charrnn.report.training import run_training  # takes a second or two

        code = run_training(corpus, model, options, signals, resume=resume, html=html, begun=begun)
    context.exit(code)


def listed(corpus: Sequence[str]) -> str:
    """The first names of what is read; there may be thousands."""
    return ", ".join(corpus[:3]) + (f" and {len(corpus) - 3:,} more" if len(corpus) > 3 else "")


def _given_to_resume(context: click.Context, options: TrainOptions) -> TrainOptions:
    """The options on the command line. A resumed run has its settings already: saying others would be ignored, so it is
    wrong usage; those of the environment are for fresh runs."""
    given = {name for name in context.params if context.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    others = sorted(given - {"corpus", "model", "resume", "html", *MAY_CHANGE})
    if others:
        raise click.UsageError(f"--{others[0].replace('_', '-')} cannot be changed with --resume; leave it out.")
    return TrainOptions(**{name: getattr(options, name) for name in given & MAY_CHANGE})
