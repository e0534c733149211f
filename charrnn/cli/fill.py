"""charrnn fill"""

import click

from charrnn.cli.options import model_option, nothing_piped


@click.command(short_help="Fill blanks in sentences.")
@click.argument("sentences", nargs=-1)
@model_option
@click.option("--text", multiple=True, help="A sentence itself (may be repeated), instead of files.")
@click.option("-n", "--count", type=click.IntRange(min=1), default=5, show_default=True, help="Fillings for each sentence.")
@click.option("--max-length", type=click.IntRange(min=1, max=100), default=6, show_default=True,
              help="Longest filling of a blank of unknown length.")  # fmt: skip
@click.option("--blank", metavar="MARK", help="Mark of a blank of unknown length, for text that uses _ or {3} itself.")
@click.option("--candidates", metavar="FILE|A,B,C", help="Choose among these: a file with one a line, or words and commas.")
@click.option("--format", "layout", type=click.Choice(["tsv", "jsonl"]), default="tsv", show_default=True,
              help="Tab-separated, or one JSON object a line.")  # fmt: skip
@click.option("--encoding", default="utf-8", show_default=True, help="Encoding of the files.")
def fill(sentences, model, text, count, max_length, blank, candidates, layout, encoding):
    """Fill the blanks in the lines of the files SENTENCES (- is standard input, also when none is named).

    A run of underscores is a blank of unknown length, {3} one of three characters, {1-4} one of one to four. For each
    line the best fillings, best first: number of the line, probability, filling, sentence. A model trained with
    --direction both searches from both sides; any other only from the left, and ranks by the whole sentence.
    """
    if text and sentences:
        raise click.UsageError("Give sentences by --text or by files, not both.")
    if blank == "":
        raise click.UsageError("--blank is empty; name a mark such as [MASK].")
    if not sentences and not text and nothing_piped():
        raise click.UsageError("Missing argument 'SENTENCES...': name a file, give --text, or pipe lines in.")
    from charrnn import api
    from charrnn.report.fillings import FillOptions, print_fillings, read_candidates

    names = sentences or (() if text else ("-",))
    choices = read_candidates(candidates, encoding) if candidates is not None else None
    print_fillings(api.load(model), names, text, encoding, FillOptions(count, max_length, blank, choices, layout))
