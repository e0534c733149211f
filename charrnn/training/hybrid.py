"""A network and an n-gram model of the same text as one model, their weights fitted on a part that neither learnt from."""

from collections.abc import Callable
from dataclasses import replace

from charrnn.models.language_model import LanguageModel, Tally
from charrnn.models.mixture import Mixture, networks_in
from charrnn.models.ngram.model import NgramModel
from charrnn.models.recurrent import RecurrentModel
from charrnn.scoring.fit_mixture import fit
from charrnn.scoring.log_probs import text_sequences
from charrnn.text.corpus import Corpus
from charrnn.text.vocabulary import Vocabulary
from charrnn.training.baseline import ORDERS
from charrnn.training.ngram import CHOOSING_TRAINING, LONGEST_OF_LARGE, best_order
from charrnn.training.reading import corpus_summary, held_out_summary, versions

LARGE = 5_000_000  # characters; of longer texts, orders above LONGEST_OF_LARGE are left out
MIN_COUNTS = (1, 1, 1, 1, 1, 2)  # long n-grams that were seen once are for copying, and most of the model


HeldOut = Callable[[LanguageModel], Tally | None]  # the held-out figure of a model


def count_for_hybrid(corpus: Corpus, vocabulary: Vocabulary, held_out: HeldOut, *, lines: bool) -> NgramModel | None:
    """The n-gram model of corpus.training whose order is fitted on corpus.fitting; None where there is too little to fit on.
    Of a very long text, the n-grams of its end are counted."""
    if not text_sequences(vocabulary, corpus.fitting, lines=lines):
        return None
    orders = [order for order in ORDERS if order <= LONGEST_OF_LARGE or len(corpus.training) <= LARGE]
    parts = replace(corpus, training=corpus.training[-CHOOSING_TRAINING:], held_out=corpus.fitting)
    counts = best_order(parts, vocabulary, lines=lines, orders=orders, min_counts=MIN_COUNTS)
    tried = counts.summary["held_out_nats_per_character"]
    counts.summary = {
        **corpus_summary(corpus, lines),
        "min_counts": list(MIN_COUNTS),
        "fitting_nats_per_character": tried,
    }
    _note_held_out(counts, held_out)
    return counts


def make_hybrid(network: RecurrentModel, counts: NgramModel, corpus: Corpus, held_out: HeldOut, *, lines: bool) -> Mixture:
    """The network and the n-gram model as one, their weights fitted on corpus.fitting, that neither learnt from."""
    sequences = text_sequences(network.vocabulary, corpus.fitting, lines=lines)
    hybrid = fit((network, counts), sequences, "log-linear", sparing=True)
    fitted = f"{len(corpus.fitting):,} characters of the text that neither learnt from"
    hybrid.summary = {
        **corpus_summary(corpus, lines),
        "fitted_on": [fitted],
        "versions": versions(("charrnn", "numpy")),
    }
    _note_held_out(hybrid, held_out)
    return hybrid


def _note_held_out(model: NgramModel | Mixture, held_out: HeldOut) -> None:
    tally = held_out(model)
    model.summary["held_out"] = tally and held_out_summary(tally)


def network_of(model: LanguageModel) -> RecurrentModel | None:
    """The network that a model is, or that is the only one in a mixture; None where there is none, or several."""
    networks = networks_in(model)
    return networks[0] if len(networks) == 1 else None
