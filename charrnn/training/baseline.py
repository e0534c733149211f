"""What a simple model makes of the same text, so that nobody is fooled by a bad network: an n-gram."""

import math
from typing import Any

from charrnn.models.ngram.model import NgramModel
from charrnn.scoring.log_probs import text_sequences
from charrnn.text.corpus import Corpus
from charrnn.text.vocabulary import Vocabulary
from charrnn.training.ngram import best_order, held_out_tally
from charrnn.training.reading import held_out_summary

MOST_CHARACTERS = 5_000_000  # longer texts are left out, so that it takes seconds
ORDERS = range(3, 11)
SECONDS_A_CHARACTER = 1e-6  # of the lowest order, roughly


def ngram_baseline(
    corpus: Corpus, vocabulary: Vocabulary, *, lines: bool, seconds: float = math.inf
) -> dict[str, Any] | None:
    """Order and held-out figures of the n-gram model that predicts the held-out part best, as a model's summary has them.

    Orders are tried from the lowest up while the seconds last. None where the text is too long, or nothing is held out.
    """
    longest = min(MOST_CHARACTERS, seconds / SECONDS_A_CHARACTER)
    if len(corpus.training) > longest or not text_sequences(vocabulary, corpus.held_out, lines=lines):
        return None
    model = best_order(corpus, vocabulary, lines=lines, orders=ORDERS, seconds=seconds)
    tally = held_out_tally(model, corpus)
    assert tally is not None
    model.summary["held_out"] = held_out_summary(tally)
    return baseline_of(model)


def baseline_of(model: NgramModel) -> dict[str, Any] | None:
    """What a network's summary says of an n-gram model that it is compared with; None of one without a held-out figure."""
    held_out = model.summary["held_out"]
    symbol = "word" if model.vocabulary.level == "word" else "character"
    names = (f"nats_per_{symbol}", f"bits_per_{symbol}")
    return held_out and {"order": model.order, **{name: held_out[name] for name in names}}
