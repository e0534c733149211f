"""A network and an n-gram model of the same text as one model, their weights fitted on a part that neither learnt from."""

from collections.abc import Callable
from dataclasses import replace

from charrnn.models.language_model import LanguageModel, Tally
from charrnn.models.mixture import Mixture
from charrnn.models.recurrent import RecurrentModel
from charrnn.scoring.fit_mixture import fit
from charrnn.scoring.log_probs import text_sequences
from charrnn.text.corpus import Corpus
from charrnn.training.baseline import ORDERS
from charrnn.training.ngram import CHOOSING_TRAINING, LONGEST_OF_LARGE, best_order
from charrnn.training.reading import corpus_summary, held_out_summary, versions

LARGE = 5_000_000  # characters; of longer texts, orders above LONGEST_OF_LARGE are left out
MIN_COUNTS = (1, 1, 1, 1, 1, 2)  # long n-grams that were seen once are for copying, and most of the model


def make_hybrid(
    network: RecurrentModel, corpus: Corpus, held_out: Callable[[LanguageModel], Tally | None], *, lines: bool
) -> Mixture | None:
    """The network and an n-gram model of corpus.training, whose order and weights are fitted on corpus.fitting.

    held_out gives the held-out figure of a model. None where there is too little to fit on. Of a very long text, the n-grams
    of its end are counted.
    """
    vocabulary = network.vocabulary
    sequences = text_sequences(vocabulary, corpus.fitting, lines=lines)
    if not sequences:
        return None
    orders = [order for order in ORDERS if order <= LONGEST_OF_LARGE or len(corpus.training) <= LARGE]
    parts = replace(corpus, training=corpus.training[-CHOOSING_TRAINING:], held_out=corpus.fitting)
    counts = best_order(parts, vocabulary, lines=lines, orders=orders, min_counts=MIN_COUNTS)
    about, tried = corpus_summary(corpus, lines), counts.summary["held_out_nats_per_character"]
    counts.summary = {**about, "min_counts": list(MIN_COUNTS), "fitting_nats_per_character": tried}
    hybrid = fit((network, counts), sequences, "log-linear", sparing=True)
    fitted = f"{len(corpus.fitting):,} characters of the text that neither learnt from"
    hybrid.summary = {**about, "fitted_on": [fitted], "versions": versions(("charrnn", "numpy"))}
    for model in (counts, hybrid):
        tally = held_out(model)
        model.summary["held_out"] = tally and held_out_summary(tally)
    return hybrid


def network_of(model: LanguageModel) -> RecurrentModel | None:
    """The network that a model is, or that is the only one in a mixture; None where there is none, or several."""
    parts = model.models if isinstance(model, Mixture) else [model]
    networks = [part for part in parts if isinstance(part, RecurrentModel)]
    return networks[0] if len(networks) == 1 else None
