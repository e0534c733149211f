"""charrnn score"""

import click

from charrnn.cli.options import files_or_stdin, models_option, options_of
from charrnn.report.score_layouts import PrintOptions


@click.command(short_help="Say how likely sentences are.")
@click.argument("sentences", nargs=-1)
@models_option
@click.option("--text", multiple=True, help="A sentence itself (may be repeated), instead of files.")
@options_of(PrintOptions)
def score(sentences, models, text, options):
    """Print for each line of the files SENTENCES (- is standard input, also when none is named) how likely it is.

    One line out for each line in, in order: log-probability, bits per character, the line. A line is read from a fresh
    state, and its end counts as a character. With --pseudo, the first figure is the pseudo-log-likelihood: each character
    given those on both sides, the end of the line among them.
    """
    files = files_or_stdin(sentences, "SENTENCES", text)
    if options.stream and text:
        raise click.UsageError("--stream reads files as one text; --text is for sentences.")
    from charrnn.report.mixture import open_and_say
    from charrnn.report.scores import print_scores
    from charrnn.scoring.score import score as score_texts

    model = open_and_say(models, options)
    print_scores(score_texts(model, text, files, options), options, model.vocabulary.level)
