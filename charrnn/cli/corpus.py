"""charrnn corpus: ready-made corpora, listed, fetched or made here."""

import click

from charrnn.cli.options import examples, options_of, wrong_usage
from charrnn.corpora.options import CorpusOptions

STDOUT = "-"


@click.group()
def corpus() -> None:
    """Ready-made corpora: well-known ones to download, others generated without a network."""


@corpus.command("list", epilog=examples("charrnn corpus list", "charrnn corpus list --json"))
@click.option("--json", "as_json", is_flag=True, help="Everything in the catalogue as JSON, with published results.")
def list_corpora(as_json: bool) -> None:
    """List the corpora: name, bytes to download, licence, description."""
    import json
    import shutil
    from dataclasses import asdict
    from textwrap import fill

    from charrnn.corpora.catalogue import read_catalogue

    entries = list(read_catalogue().values())
    if as_json:
        click.echo(json.dumps([asdict(entry) for entry in entries], ensure_ascii=False, indent=2))
        return
    header = ("NAME", "SIZE", "LICENCE", "DESCRIPTION")
    rows = [header] + [(e.name, "generated" if e.generated else f"{e.bytes:,} bytes", e.licence, e.title) for e in entries]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [f"{n:<{widths[0]}}  {size:>{widths[1]}}  {licence:<{widths[2]}}  {title}" for n, size, licence, title in rows]
    room = shutil.get_terminal_size((0, 0)).columns  # 0: no terminal, whose programs want a line each
    if room and max(map(len, lines)) > room:
        named = (f"{name}: {title} ({size}; {licence})" for name, size, licence, title in rows[1:])
        lines = [fill(line, max(room, 20), subsequent_indent="    ") for line in named]
    click.echo("\n".join(lines))


@corpus.command("get", epilog=examples("charrnn corpus get tiny-shakespeare", "charrnn corpus get adder -o - --count 5"))
@click.argument("name")
@options_of(CorpusOptions)
def get(name, options):
    """Download or generate a corpus.

    A broken download is continued where it stopped; size and SHA-256 are checked. -o - is standard output.
    """
    import shutil
    import sys
    import tempfile
    from dataclasses import replace
    from pathlib import Path

    from charrnn.corpora.catalogue import find

    entry = find(name)
    with wrong_usage():
        options.check_for(name, entry.generated)
    from charrnn.corpora.get import get_corpus
    from charrnn.report.corpus import say_entropy
    from charrnn.report.progress import bytes_progress

    with bytes_progress(name, 0 if entry.generated else entry.bytes) as progress, tempfile.TemporaryDirectory() as folder:
        if options.output == STDOUT:
            made = get_corpus(name, replace(options, output=str(Path(folder) / name)), progress)
            with made.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
        else:
            made = get_corpus(name, options, progress)
            click.echo(f"{name}: {made.stat().st_size:,} bytes in {made}", err=True)
    say_entropy(entry)
