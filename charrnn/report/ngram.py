"""Counting an n-gram model as a person meets it, and what an n-gram makes of a network's text."""

import io
from collections.abc import Sequence
from pathlib import Path

from charrnn.files import replacing
from charrnn.models.folder import MODEL
from charrnn.models.ngram.arpa import write_arpa
from charrnn.report.say import figures, say
from charrnn.text.corpus import Corpus
from charrnn.text.vocabulary import Vocabulary
from charrnn.training.ngram import best_order, held_out_tally, train_ngram
from charrnn.training.options import NgramOptions

# The comparison after training: texts above this size are left out, so that it takes seconds.
MOST_CHARACTERS = 5_000_000
BASELINE_ORDERS = range(3, 11)


def run_counting(corpus: Sequence[str], model: str, options: NgramOptions, *, overwrite: bool, arpa: str | None) -> None:
    """Count, save and tell on standard error."""
    counted, notes = train_ngram(corpus, Path(model), options, overwrite=overwrite)
    for note in notes:
        say(note)
    pruning, held_out = counted.summary["min_counts"], counted.summary["held_out"]
    sizes = " ".join(f"{number:,}" for number in counted.ngrams)
    say(f"n-gram: order {counted.order}, fewest occurrences {' '.join(map(str, pruning))}; n-grams of each order: {sizes}")
    if held_out:
        say(f"held-out: {figures(held_out['nats_per_character'])}")
    if arpa:
        with replacing(Path(arpa)) as file:
            text = io.TextIOWrapper(file, "utf-8")
            write_arpa(counted, text)
            text.detach()  # flushed, and left open for the one who opened it
        say(f"ARPA text: {arpa}")
    say(f"model: {Path(model) / MODEL}; score with: charrnn score -m {model}")


def compare_with_ngram(corpus: Corpus, vocabulary: Vocabulary, *, lines: bool, network_bits: float) -> str:
    """A line that compares a network's held-out figure with that of an n-gram of the same text."""
    if len(corpus.training) > MOST_CHARACTERS:
        return f"n-gram: comparison skipped, the text is above {MOST_CHARACTERS:,} characters; charrnn ngram counts one"
    baseline = best_order(corpus, vocabulary, lines=lines, orders=BASELINE_ORDERS)
    tally = held_out_tally(baseline, corpus)
    assert tally is not None
    gap = tally.bits_per_character - network_bits
    verdict = f"the network is better by {gap:.4f}" if gap > 0 else f"it beats the network by {-gap:.4f}; train longer"
    return f"n-gram of the same text, order {baseline.order}: {tally.bits_per_character:.4f} bits per character; {verdict}"
