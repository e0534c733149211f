"""charrnn ngram"""

import click

from charrnn.cli.options import model_option, options_of
from charrnn.training.options import NgramOptions


@click.command(short_help="Count an n-gram model of text.")
@click.argument("corpus", nargs=-1, required=True)
@model_option
@options_of(NgramOptions)
def ngram(corpus, model, options):
    """Count an n-gram model of CORPUS: text files, folders, .gz files, or - for standard input.

    Smoothing is interpolated modified Kneser-Ney. Commands take the model folder as they take a network's.
    """
    from charrnn.report.ngram import run_counting

    run_counting(corpus, model, options)
