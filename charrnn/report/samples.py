"""Texts printed as they are written."""

import sys

import numpy as np

from charrnn.models.language_model import LanguageModel
from charrnn.report.say import say
from charrnn.text.vocabulary import listed
from charrnn.writing.options import SampleOptions
from charrnn.writing.sample import Copied, copied, learnt_from, sample, with_prime


def print_texts(model: LanguageModel, options: SampleOptions) -> None:
    """Write the texts to standard output, piece by piece, each after its primer unless options.echo is off."""
    options = with_prime(model, options)
    corpus = learnt_from(model, options)
    _say_left_out(model, options)
    before = options.prime.encode("utf-8", "surrogateescape") if options.echo else b""
    out, written = sys.stdout.buffer, np.zeros(0, np.int32)
    begun = -1
    for number, piece in sample(model, options, corpus):
        if number != begun:
            out.write(before)
        begun = number
        out.write(model.vocabulary.decode_bytes(piece) if len(piece) else b"\n")
        out.flush()
        if options.report and corpus is not None:
            written = np.concatenate([written, piece])
            if not len(piece):
                _say_copied(number, copied(model, written, corpus))
                written = written[:0]


def _say_left_out(model: LanguageModel, options: SampleOptions) -> None:
    missing = model.vocabulary.unknown_in(options.prime)
    if missing and options.unknown == "skip":
        say(f"primer: left out, for the model does not know them: {listed(missing)}")


def _say_copied(number: int, found: Copied) -> None:
    share = found.length / max(found.characters, 1)
    spans = f"longest copied span {found.length} of {found.characters} characters, {share:.1%}: {found.span!r}"
    say(f"text {number + 1}: {spans}")
