"""charrnn predict"""

import click

from charrnn.cli.options import Whole, examples, files_or_stdin, model_option, options_of
from charrnn.report.predictions import PrintOptions


@click.command(
    short_help="Label or rewrite texts, with a model of train --task.",
    epilog=examples("charrnn predict -m moods sentences.txt", "charrnn predict -m moods --gold unseen.tsv"),
)
@click.argument("texts", nargs=-1)
@model_option
@click.option("--text", type=Whole(), multiple=True, help="A text (repeatable), instead of files.")
@options_of(PrintOptions)
def predict(texts, model, text, options):
    """Answer each line of the files TEXTS (- or no file: standard input) with a model that was trained with --task.

    Prints one line for each line, in order: the answer, its probability, the line itself. With --count, each line has its
    number and several answers, best first. With --gold FILE, the examples in it are answered, their right answers printed
    too, and measures told at the end.
    """
    if options.gold and (texts or text):
        raise click.UsageError("--gold names the file to read; leave out other files and --text.")
    files = () if options.gold else files_or_stdin(texts, "TEXTS", text)
    from pathlib import Path

    from charrnn.models.folder import open_predictor
    from charrnn.report.predictions import print_gold, print_predictions
    from charrnn.scoring.predict import predict as answer
    from charrnn.scoring.predict import predict_gold

    opened = open_predictor(Path(model))
    if options.gold:
        print_gold(opened.kind, *predict_gold(opened, options), options)
    else:
        print_predictions(answer(opened, text, files, options), options)
