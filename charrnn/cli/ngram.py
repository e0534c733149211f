"""charrnn ngram"""

import click

from charrnn.cli.options import examples, model_option, options_of
from charrnn.training.options import NgramOptions


@click.command(
    short_help="Count an n-gram model of text.",
    epilog=examples("charrnn ngram letters.txt -m counts", "charrnn ngram names.txt --lines -m names"),
)
@click.argument("corpus", nargs=-1, required=True)
@model_option
@options_of(NgramOptions)
def ngram(corpus, model, options):
    """Count an n-gram model of CORPUS: text files, folders, .gz files, or - for standard input.

    Smoothing is interpolated modified Kneser-Ney. Commands take the model folder as they take a network's.
    """
    from charrnn.report.ngram import run_counting
    from charrnn.text.sources import check_there

    check_there(corpus)
    run_counting(corpus, model, options)
