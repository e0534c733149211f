"""charrnn compare"""

import click

from charrnn.cli.options import Whole, examples, files_or_stdin, options_of
from charrnn.report.compare import PrintOptions


@click.command(
    short_help="Compare models on the same text.",
    epilog=examples("charrnn compare -m small -m large held-out.txt", "charrnn compare -m net -m counts lines.txt"),
)
@click.argument("sentences", nargs=-1)
@click.option(
    "-m", "--model", "models", type=Whole(), multiple=True, envvar="CHARRNN_MODEL",
    help="Model folder; name two or more. The first is what the others are held against.",
)  # fmt: skip
@options_of(PrintOptions)
def compare(sentences, models, options):
    """Compare models on each line of the files SENTENCES (- or no file: standard input).

    Prints for each file the figures of each model, how much better (below 0) or worse each is than the first, the standard
    error of that difference over the lines, and the lines where they differ most. Only characters that all models know are
    counted.
    """
    if len(models) < 2:
        raise click.UsageError("A comparison is of two models or more; name each with -m.")
    files = files_or_stdin(sentences, "SENTENCES")
    from pathlib import Path

    from charrnn.models.folder import open_model
    from charrnn.report.compare import print_comparisons
    from charrnn.scoring.compare import compare as compare_models

    print_comparisons(compare_models([open_model(Path(model)) for model in models], models, files, options), options.format)
