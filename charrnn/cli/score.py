"""charrnn score"""

import click

from charrnn.cli.options import Whole, examples, files_or_stdin, models_option, options_of
from charrnn.report.score_options import PrintOptions


@click.command(
    short_help="Score sentences by how likely they are.",
    epilog=examples("charrnn score --text 'to be or not to be'", "charrnn score --rank draft.txt"),
)
@click.argument("sentences", nargs=-1)
@models_option
@click.option("--text", type=Whole(), multiple=True, help="A sentence (repeatable), instead of files.")
@options_of(PrintOptions)
def score(sentences, models, text, options):
    """Score each line of the files SENTENCES (- or no file: standard input) by how likely it is.

    Prints one line for each line, in order: log-probability, bits per character, the line itself. Each line is read from a
    fresh state, and its end counts as a character. With --pseudo, the first column is the pseudo-log-likelihood: each
    character, and the end of the line, given those on both sides.

    In tab-separated output, tabs and line breaks of a text become spaces, and a text with a double quote in it stands in
    double quotes, its own doubled, as pandas, R and spreadsheets read it.
    """
    if options.pairs and (sentences or text):
        raise click.UsageError("--pairs names the file to read; leave out other files and --text.")
    files = () if options.pairs else files_or_stdin(sentences, "SENTENCES", text)
    if options.stream and text:
        raise click.UsageError("--stream reads files as one text; --text is for sentences.")
    if options.page:
        from charrnn.report.page.surprise import show_surprise

        show_surprise(models, text, files, options)
        return
    from charrnn.report.mixture import open_and_say
    from charrnn.report.scores import print_scores, say_context
    from charrnn.scoring.score import score as score_texts

    model = open_and_say(models, options)
    say_context(model, options)
    print_scores(score_texts(model, text, files, options), options, model.vocabulary)
