"""charrnn corpus: ready-made corpora, listed, fetched or made here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

    from charrnn.corpora.catalogue import Entry

STDOUT = "-"


@click.group()
def corpus() -> None:
    """Ready-made corpora: well-known ones to fetch, others made here without a network."""


@corpus.command("list")
@click.option("--json", "as_json", is_flag=True, help="Everything the catalogue knows, published results too, as JSON.")
def list_corpora(as_json: bool) -> None:
    """Name, bytes to fetch, licence and description of every corpus."""
    import json
    from dataclasses import asdict

    from charrnn.corpora.catalogue import read_catalogue

    entries = list(read_catalogue().values())
    if as_json:
        click.echo(json.dumps([asdict(entry) for entry in entries], ensure_ascii=False, indent=2))
        return
    header = ("NAME", "BYTES", "LICENCE", "DESCRIPTION")
    rows = [header] + [(e.name, "generated" if e.generated else f"{e.bytes:,}", e.licence, e.title) for e in entries]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for name, size, licence, title in rows:
        click.echo(f"{name:<{widths[0]}}  {size:>{widths[1]}}  {licence:<{widths[2]}}  {title}")


@corpus.command("get")
@click.argument("name")
@click.option("-o", "--output", metavar="FILE", help="Where to put it; - is standard output.  [default: NAME.txt]")
@click.option("--count", type=click.IntRange(1), help="Lines to make, of a generated corpus.")
@click.option("--seed", type=click.IntRange(0), help="Which lines to make: the same seed, the same lines.  [default: 0]")
@click.option("--without", multiple=True, metavar="LINE", help="A line to leave out; may be given several times.")
@click.option("--overwrite", is_flag=True, help="Replace the file if there is one.")
def get(
    name: str, output: str | None, count: int | None, seed: int | None, without: tuple[str, ...], overwrite: bool
) -> None:
    """Fetch a corpus, or make a generated one, and put it into a file.

    A download that was cut off goes on where it stopped; its size and SHA-256 are checked.
    """
    from pathlib import Path

    from charrnn.corpora.catalogue import find, refuse_existing

    entry = find(name)
    if not entry.generated and (count, seed, without) != (None, None, ()):
        raise click.UsageError(f"--count, --seed and --without are for generated corpora, and {name} is fetched.")
    output = output or f"{name}.txt"
    target = None if output == STDOUT else Path(output)
    if target:
        refuse_existing(target, overwrite)
    if entry.generated:
        _make(name, target, count, seed, without)
    else:
        _fetch(entry, target, overwrite)
    if target:
        click.echo(f"{name}: {target.stat().st_size:,} bytes in {target}", err=True)


def _make(name: str, target: Path | None, count: int | None, seed: int | None, without: tuple[str, ...]) -> None:
    import math
    import sys

    from charrnn.corpora.generated import GENERATED, generate
    from charrnn.files import write_bytes

    text = generate(name, count, seed or 0, without).encode()
    if target:
        write_bytes(target, text)
    else:
        sys.stdout.buffer.write(text)
    nats = GENERATED[name].entropy_nats_per_character
    if nats is not None:
        bits = nats / math.log(2)
        click.echo(f"{name}: exact entropy {nats:.6f} nats = {bits:.6f} bits per character", err=True)


def _fetch(entry: Entry, target: Path | None, overwrite: bool) -> None:
    import shutil
    import sys
    import tempfile
    from pathlib import Path

    from charrnn.corpora.catalogue import fetch
    from charrnn.report.progress import bytes_progress

    with bytes_progress(entry.name, entry.bytes) as progress:
        if target:
            fetch(entry, target, overwrite=overwrite, progress=progress)
            return
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / entry.name
            fetch(entry, copy, progress=progress)
            with copy.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
