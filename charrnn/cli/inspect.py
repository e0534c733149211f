"""charrnn inspect"""

import click

from charrnn.api import DEFAULT_MODEL
from charrnn.cli.options import Whole, examples, files_or_stdin, options_of
from charrnn.report.page.options import PrintOptions


@click.command(
    short_help="Look into a network.",
    epilog=examples("charrnn inspect --neurons play.txt --html neurons.html", "charrnn inspect --gradients play.txt"),
)
@click.argument("files", nargs=-1)
@click.option(
    "-m", "--model", "models", type=Whole(), multiple=True, default=(DEFAULT_MODEL,), show_default=True,
    envvar="CHARRNN_MODEL", help="Model folder; with --gradients there may be several -m.",
)  # fmt: skip
@options_of(PrintOptions)
def inspect(files, models, options):
    """Look at what a network does as it reads the files FILES (- or no file: standard input).

    Prints a table; --html makes a page of it.
    """
    names = files_or_stdin(files, "FILES")
    from charrnn.report.page.inspect import show

    show(models, names, options)
