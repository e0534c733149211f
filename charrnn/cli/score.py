"""charrnn score"""

import sys

import click

from charrnn.cli.options import model_option


@click.command(short_help="Say how likely sentences are.")
@click.argument("sentences", nargs=-1)
@model_option
@click.option("--text", multiple=True, help="A sentence itself (may be repeated), instead of files.")
@click.option("--format", "layout", type=click.Choice(["tsv", "jsonl"]), default="tsv", show_default=True,
              help="Tab-separated, or one JSON object a line.")  # fmt: skip
@click.option("--base", type=click.Choice(["10", "e", "2"]), default="10", show_default=True, help="Base of logarithms.")
@click.option("--chars", is_flag=True, help="Add the log-probability of each character and of the end.")
@click.option("--summary", is_flag=True, help="Only the figures over all sentences, unknown characters in and out.")
@click.option("--stream", is_flag=True, help="Read each file as one continuous text; gives its summary.")
@click.option("--pseudo", is_flag=True, help="Pseudo-likelihood: each character given all others (--direction both).")
@click.option("--typos", is_flag=True, help="With --pseudo, add the characters for which another is likelier.")
@click.option("--encoding", default="utf-8", show_default=True, help="Encoding of the files.")
def score(sentences, model, text, layout, base, chars, summary, stream, pseudo, typos, encoding):
    """Print for each line of the files SENTENCES (- is standard input, also when none is named) how likely it is.

    One line out for each line in, in order: log-probability, bits per character, the line. A line is read from a fresh
    state, and its end counts as a character. With --pseudo, the first figure is the pseudo-log-likelihood: each character
    given those on both sides, the end of the line among them.
    """
    if text and sentences:
        raise click.UsageError("Give sentences by --text or by files, not both.")
    if stream and (text or chars):
        raise click.UsageError("--stream reads files as one text; it goes with neither --text nor --chars.")
    if typos and (not pseudo or stream or summary):
        raise click.UsageError("--typos goes with --pseudo, and with neither --stream nor --summary.")
    names = sentences or (() if text else ("-",))
    if not sentences and names and sys.stdin.isatty():
        raise click.UsageError("Missing argument 'SENTENCES...': name a file, give --text, or pipe lines in.")
    from charrnn import api
    from charrnn.report import scores

    language_model = api.load(model)
    if pseudo:
        from charrnn.report import pseudo as pseudo_scores

        if stream or summary:
            pseudo_scores.print_summary_of(language_model, names, text, encoding, layout, stream=stream)
        else:
            results = scores.scored_lines(language_model, names, text, encoding, pseudo_scores.pseudo_sentences)
            pseudo_scores.print_lines(language_model, results, layout, base, chars=chars, typos=typos)
        return
    if stream:
        scores.print_summary(scores.stream_summary(language_model, names, encoding), layout)
        return
    results = scores.scored_lines(language_model, names, text, encoding)
    if summary:
        scores.print_summary(scores.total(results), layout)
    else:
        scores.print_lines(results, layout, base, chars)
