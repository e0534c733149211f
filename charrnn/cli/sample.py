"""charrnn sample"""

import sys

import click

from charrnn.cli.options import mixture_options


@click.command(short_help="Write new text.")
@mixture_options
@click.option("--prime", "--primetext", "--start-text", "prime", default="", help="Text to go on from; it is printed too.")
@click.option("--prime-file", metavar="FILE", help="File with the text to go on from (its last newline left out).")
@click.option("--length", type=click.IntRange(min=0), default=500, show_default=True, help="Characters to write at most.")
@click.option("--count", "--num-samples", "count", type=click.IntRange(min=1), default=1, show_default=True, help="Texts.")
@click.option("--temperature", type=click.FloatRange(min=0, min_open=True), default=1.0, show_default=True,
              help="Below 1 keeps to likely characters, above 1 dares more.")  # fmt: skip
@click.option("--top-k", type=click.IntRange(min=0), default=0, help="Draw among the K likeliest characters; 0: all.")
@click.option("--top-p", type=click.FloatRange(min=0, min_open=True, max=1), default=1.0, show_default=True,
              help="Draw among the likeliest characters that together have this probability.")  # fmt: skip
@click.option("--greedy", is_flag=True, help="Always take the likeliest character.")
@click.option("--stop", multiple=True, help="End before this text (may be repeated); \\n and \\t, or newline and tab.")
@click.option("--seed", type=click.IntRange(min=0), default=None, help="Same seed, same text; otherwise a fresh one.")
@click.option("--unknown", type=click.Choice(["error", "skip", "symbol"]), default="error", show_default=True,
              help="What to do with characters of the primer that the model does not know.")  # fmt: skip
@click.option("--echo/--no-echo", default=True, help="Print the primer before the text, or only what follows it.")
def sample(mixture, prime, prime_file, length, count, temperature, top_k, top_p, greedy, stop, seed, unknown, echo):
    """Write new text in the style of the model's corpus.

    A model trained with --lines writes one line a text; --count 20 gives twenty. Others start after a newline and write
    --length characters.
    """
    if prime and prime_file:
        raise click.UsageError("--prime and --prime-file both give the primer; leave one out.")
    from charrnn import api
    from charrnn.inference.sample import Choice, fresh_seed, write
    from charrnn.report.mixture import open_models
    from charrnn.text.corpus import decode, read_bytes

    language_model = open_models(**mixture)
    if prime_file:
        prime = decode(read_bytes(prime_file), prime_file).removesuffix("\n")
    language_model.expect(length * count)
    pieces = write(
        language_model,
        prime=api.encode_prime(language_model, prime, unknown),
        length=length,
        count=count,
        choice=Choice(temperature, top_k, top_p, greedy),
        stops=tuple(_unescape(text) for text in stop),
        end_at_boundary=api.reads_lines(language_model),
        seed=fresh_seed() if seed is None else seed,
    )
    out = sys.stdout.buffer
    row = -1
    for row_now, ids in pieces:
        if row_now != row and echo:
            out.write(prime.encode("utf-8"))
        row = row_now
        out.write(language_model.vocabulary.decode_bytes(ids) if len(ids) else b"\n")
        out.flush()


def _unescape(text: str) -> str:
    """The stop text with backslash escapes of newline and tab read, and the two by name."""
    return {"newline": "\n", "tab": "\t"}.get(text, text.replace("\\n", "\n").replace("\\t", "\t"))
