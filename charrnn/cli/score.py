"""charrnn score"""

import click

from charrnn.cli.options import FiniteRange, mixture_options, nothing_piped

FOREIGN = ("kenlm", "srilm")  # formats of other tools, which leave no room for what those do not say


@click.command(short_help="Say how likely sentences are.")
@click.argument("sentences", nargs=-1)
@mixture_options
@click.option("--text", multiple=True, help="A sentence itself (may be repeated), instead of files.")
@click.option("--format", "layout", type=click.Choice(["tsv", "jsonl", "kenlm", "srilm"]), default="tsv", show_default=True,
              help="Tab-separated, one JSON object a line, or as kenlm's query or SRILM's ngram -ppl print.")  # fmt: skip
@click.option("--base", type=click.Choice(["10", "e", "2"]), default="10", show_default=True, help="Base of logarithms.")
@click.option("--chars", is_flag=True, help="Add the log-probability of each character and of the end.")
@click.option("--rank", is_flag=True, help="Lines with most bits per character first, each after its number.")
@click.option("--spans", is_flag=True, help="Add each line's most surprising stretch and what was expected there.")
@click.option("--summary", is_flag=True, help="Only the figures over all sentences, unknown characters in and out.")
@click.option("--stream", is_flag=True, help="Read each file as one continuous text; gives its summary.")
@click.option("--adapt", metavar="RATE", type=FiniteRange(min=0, min_open=True), default=None,
              help="Dynamic evaluation: the weights follow the text at this learning rate; try 0.3.")  # fmt: skip
@click.option("--adapt-reset", is_flag=True, help="Adapt to each line (with --stream: file) from the trained weights anew.")
@click.option("--labels", metavar="A,B,...", help="Classify texts by a model of `label<TAB>text` lines.")
@click.option("--pseudo", is_flag=True, help="Pseudo-likelihood: each character given all others (--direction both).")
@click.option("--typos", is_flag=True, help="With --pseudo, add the characters for which another is likelier.")
@click.option("--encoding", default="utf-8", show_default=True, help="Encoding of the files.")
def score(
    sentences, mixture, text, layout, base, chars, rank, spans, summary, stream, adapt, adapt_reset, labels, pseudo, typos,
    encoding,
):  # fmt: skip
    """Print for each line of the files SENTENCES (- is standard input, also when none is named) how likely it is.

    One line out for each line in, in order: log-probability, bits per character, the line. A line is read from a fresh
    state, and its end counts as a character. With --pseudo, the first figure is the pseudo-log-likelihood: each character
    given those on both sides, the end of the line among them.
    """
    given = click.get_current_context().params
    _check_layout(given)
    _check_ways(given)
    names = sentences or (() if text else ("-",))
    from charrnn.report import scores
    from charrnn.report.mixture import open_models

    model = open_models(**mixture, encoding=encoding)
    if labels is not None:
        scores.print_labels(model, names, text, encoding, labels.split(","), layout)
        return
    look = scores.Look(layout, base, chars, rank, model.vocabulary.level, adapt)
    if pseudo:
        _print_pseudo(model, names, text, encoding, look, typos=typos, summary=summary, stream=stream)
        return
    if stream:
        scores.print_summary(scores.stream_summary(model, names, encoding, rate=adapt, reset=adapt_reset), 1, look)
        return
    if adapt is None:
        results = scores.scored_lines(model, names, text, encoding)
    else:
        results = scores.adapted_lines(model, names, text, encoding, rate=adapt, reset=adapt_reset)
    if summary:
        scores.print_summary(*scores.total(results), look)
    else:
        scores.print_lines(results, look, model if spans else None)


def _print_pseudo(model, names, text, encoding, look, *, typos, summary, stream):
    from charrnn.report import pseudo

    if stream or summary:
        pseudo.print_summary_of(model, names, text, encoding, look, stream=stream)
    else:
        pseudo.print_lines(model, names, text, encoding, look, typos=typos)


def _check_layout(given):
    """Raises click.UsageError where what is read and how it is printed do not go together."""
    details = given["chars"] or given["rank"] or given["spans"]
    if given["text"] and given["sentences"]:
        raise click.UsageError("Give sentences by --text or by files, not both.")
    if not given["sentences"] and not given["text"] and nothing_piped():
        raise click.UsageError("Missing argument 'SENTENCES...': name a file, give --text, or pipe lines in.")
    if given["stream"] and (given["text"] or details):
        raise click.UsageError("--stream reads files as one text; --text, --chars, --rank and --spans are for sentences.")
    if given["summary"] and details:
        raise click.UsageError("--summary gives only the figures of all; --chars, --rank and --spans are for each sentence.")
    if given["layout"] in FOREIGN and (details or given["stream"] or given["adapt"] or given["base"] != "10"):
        raise click.UsageError(
            f"--format {given['layout']} prints what that tool prints; "
            "it goes without --chars, --rank, --spans, --stream, --adapt and --base."
        )


def _check_ways(given):
    """Raises click.UsageError where ways of scoring do not go together."""
    foreign, others = given["layout"] in FOREIGN, given["rank"] or given["spans"] or given["adapt"]
    labels, single = given["labels"] is not None, given["chars"] or given["stream"] or given["summary"]
    if given["adapt_reset"] and given["adapt"] is None:
        raise click.UsageError("--adapt-reset says how to adapt; it needs --adapt RATE.")
    if given["adapt"] and given["spans"]:
        raise click.UsageError("--spans looks at weights that stay as they are; leave out --adapt.")
    if labels and (foreign or others or single or given["base"] != "10"):
        raise click.UsageError("--labels classifies; of the other options it takes --text, --format and --encoding.")
    if given["pseudo"] and (foreign or others or labels):
        raise click.UsageError("--pseudo goes without --rank, --spans, --adapt, --labels and the formats kenlm and srilm.")
    if given["typos"] and (not given["pseudo"] or given["stream"] or given["summary"]):
        raise click.UsageError("--typos goes with --pseudo, and with neither --stream nor --summary.")
