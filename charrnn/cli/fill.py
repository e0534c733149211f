"""charrnn fill"""

import click

from charrnn.cli.options import Whole, examples, files_or_stdin, model_option, options_of
from charrnn.report.fillings import PrintOptions


@click.command(
    short_help="Fill blanks in sentences.",
    epilog=examples("charrnn fill --text 'to be or ____ to be'", "charrnn fill sentences.txt --candidates words.txt"),
)
@click.argument("sentences", nargs=-1)
@model_option
@click.option("--text", type=Whole(), multiple=True, help="A sentence (repeatable), instead of files.")
@options_of(PrintOptions)
def fill(sentences, model, text, options):
    """Fill the blanks in the lines of the files SENTENCES (- or no file: standard input).

    Underscores are a blank of unknown length, {3} is one of three characters, {1-4} one of one to four. Prints the best
    fillings of each line, best first: line number, probability, filling, sentence. A model trained with --direction both
    searches from both sides; any other searches from the left. Both rank by the whole sentence.
    """
    files = files_or_stdin(sentences, "SENTENCES", text)
    from pathlib import Path

    from charrnn.models.folder import open_model
    from charrnn.report.fillings import print_fillings
    from charrnn.report.say import say
    from charrnn.text.words import need_characters
    from charrnn.writing.fill import fill_texts, reads_both_ways

    opened = open_model(Path(model))
    need_characters(opened.vocabulary, "fill")
    if not reads_both_ways(opened):
        say("this model reads from left to right only: it searches from the left, and ranks by the whole sentence")
    print_fillings(fill_texts(opened, text, files, options), options.format)
