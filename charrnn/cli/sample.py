"""charrnn sample"""

import sys

import click

from charrnn.cli.options import FiniteRange, mixture_options

STEERING = ("temperature", "top_k", "top_p", "min_p", "typical", "repetition_penalty", "greedy", "ban", "allow",
            "pattern", "template", "acrostic", "must", "ban_text")  # fmt: skip
STOP_NAMES = {"newline": "\n", "tab": "\t"}


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
@click.option("--min-p", type=click.FloatRange(min=0, max=1), default=0.0,
              help="Draw among characters with at least this share of the likeliest one's probability.")  # fmt: skip
@click.option("--typical", type=click.FloatRange(min=0, min_open=True, max=1), default=1.0, show_default=True,
              help="Draw among the most typically surprising characters, of this probability together.")  # fmt: skip
@click.option("--repetition-penalty", type=FiniteRange(min=1), default=1.0, show_default=True,
              help="Divide p by this for each character beyond 5 of a repeated stretch; 1: no penalty.")  # fmt: skip
@click.option("--ban", default="", help="Characters never to write.")
@click.option("--allow", default=None, help="The only characters to write (and the line end, unless banned).")
@click.option("--pattern", default=None, metavar="REGEX", help="Write only texts that match this regular expression whole.")
@click.option("--template", default=None, metavar="TEXT",
              help="Write this text with its blanks filled: {5} is five letters, {1-4} 1 to 4; \\n and \\t.")  # fmt: skip
@click.option("--acrostic", default=None, metavar="TEXT",
              help="First characters of the lines, or of the blanks of --template, repeated as needed.")  # fmt: skip
@click.option("--must", multiple=True, metavar="TEXT", help="Each text holds this (may be repeated); \\n and \\t.")
@click.option("--ban-text", multiple=True, metavar="TEXT", help="No text holds this (may be repeated); \\n and \\t.")
@click.option("--greedy", is_flag=True, help="Always take the likeliest character.")
@click.option("--beam", type=click.IntRange(min=1), default=None,
              help="Search for likely texts, going on with so many at a time; prints the --count best.")  # fmt: skip
@click.option("--length-normalization", type=FiniteRange(min=0), default=1.0, show_default=True,
              help="With --beam: rank by log-probability over characters to this power, where lengths differ.")  # fmt: skip
@click.option("--best-of", type=click.IntRange(min=1), default=None,
              help="Draw so many texts and print the --count likeliest by bits per character, best first.")  # fmt: skip
@click.option("--novel", type=click.IntRange(min=2), default=None,
              help="Copy no so many characters in a row from the text learnt from.")  # fmt: skip
@click.option(
    "--report",
    is_flag=True,
    help="Say of each text its longest span that is copied from the text learnt from, and its share.",
)
@click.option(
    "--corpus",
    multiple=True,
    metavar="FILE",
    help="The text for --novel and --report; else what the model keeps (train --keep-text).",
)
@click.option("--stop", multiple=True, help="End before this text (may be repeated); \\n and \\t, or newline and tab.")
@click.option("--seed", type=click.IntRange(min=0), default=None, help="Same seed, same text; otherwise a fresh one.")
@click.option("--unknown", type=click.Choice(["error", "skip", "symbol"]), default="error", show_default=True,
              help="What to do with characters of the primer that the model does not know.")  # fmt: skip
@click.option("--echo/--no-echo", default=True, help="Print the primer before the text, or only what follows it.")
def sample(mixture, prime, prime_file, echo, **how):
    """Write new text in the style of the model's corpus.

    A model trained with --lines writes one line a text; --count 20 gives twenty. Others start after a newline and write
    --length characters.
    """
    _check_usage(prime, prime_file, how)
    from charrnn import api
    from charrnn.report.mixture import open_models
    from charrnn.report.samples import Writing, pieces

    model = open_models(**mixture)
    if prime_file:
        prime = _read_prime(prime_file, model.vocabulary.level)
    ids = api.encode_prime(model, prime, how.pop("unknown"))
    how["stop"] = tuple(STOP_NAMES.get(text, text) for text in how["stop"])
    for name in ("stop", "must", "ban_text"):
        how[name] = tuple(map(_unescape, how[name]))
    how["template"] = how["template"] and _unescape(how["template"])
    steering = {name: how.pop(name) for name in STEERING}
    row = -1
    for row_now, piece in pieces(model, ids, Writing(steering, models=mixture["models"], **how), lines=model.lines):
        if row_now != row and echo:
            sys.stdout.buffer.write(prime.encode("utf-8", "surrogateescape"))
        row = row_now
        sys.stdout.buffer.write(model.vocabulary.decode_bytes(piece) if len(piece) else b"\n")
        sys.stdout.buffer.flush()


def _check_usage(prime, prime_file, how):
    """Raises click.UsageError for options that do not go together."""
    if prime and prime_file:
        raise click.UsageError("--prime and --prime-file both give the primer; leave one out.")
    if how["beam"] and (how["greedy"] or how["stop"] or how["best_of"]):
        raise click.UsageError("--beam searches by itself; leave out --greedy, --stop and --best-of.")
    drawing = {"temperature": 1, "top_k": 0, "top_p": 1, "min_p": 0, "typical": 1}
    if how["beam"] and any(how[name] != plain for name, plain in drawing.items()):
        raise click.UsageError("--beam draws nothing; leave out --temperature, --top-k, --top-p, --min-p and --typical.")
    if how["length_normalization"] != 1 and not how["beam"]:
        raise click.UsageError("--length-normalization ranks what --beam finds; give --beam too.")
    if how["count"] > min(how["beam"] or how["count"], how["best_of"] or how["count"]):
        raise click.UsageError("--count asks for more texts than --beam or --best-of finds.")
    if how["corpus"] and not (how["novel"] or how["report"]):
        raise click.UsageError("--corpus is the text that --novel and --report compare with; give one of them too.")


def _read_prime(name, level):
    """The text of a file but for its last newline; at level "byte" any bytes, as Python has them in arguments."""
    from charrnn.text.corpus import decode, read_bytes

    data = read_bytes(name)
    return (data.decode("utf-8", "surrogateescape") if level == "byte" else decode(data, name)).removesuffix("\n")


def _unescape(text: str) -> str:
    """The text with backslash escapes of newline and tab read."""
    return text.replace("\\n", "\n").replace("\\t", "\t")
