"""charrnn embed"""

import click

from charrnn.cli.options import Whole, examples, files_or_stdin, model_option, options_of
from charrnn.report.vectors import PrintOptions


@click.command(
    short_help="Texts as vectors.",
    epilog=examples("charrnn embed sentences.txt -o vectors.npy", "charrnn embed --similar 'a lost key' sentences.txt"),
)
@click.argument("texts", nargs=-1)
@model_option
@click.option("--text", type=Whole(), multiple=True, help="A text (repeatable), instead of files.")
@options_of(PrintOptions)
def embed(texts, model, text, options):
    """Turn each line of the files TEXTS (- or no file: standard input) into a vector, by what a network makes of it.

    Prints a row of tab-separated numbers for each line. With --nearest N: line number, likeness, the line that is like it,
    the line. With --similar TEXT: likeness and line. Likeness is the cosine of the angle between two vectors, less what all
    lines share.
    """
    files = files_or_stdin(texts, "TEXTS", text)
    from pathlib import Path

    from charrnn.files import check_output
    from charrnn.inspection.vectors import nearest, read_lines, similar, vectors
    from charrnn.models.folder import open_any
    from charrnn.report.vectors import print_nearest, print_similar, print_vectors

    if options.output is not None:
        check_output(Path(options.output), options.overwrite)
    opened, lines = open_any(Path(model)), [*text, *read_lines(files, options.encoding)]
    if options.nearest is not None:
        print_nearest(nearest(opened, lines, options), lines)
    elif options.similar is not None:
        print_similar(similar(opened, lines, options))
    else:
        print_vectors(vectors(opened, lines, last=options.last, name=model), options)
