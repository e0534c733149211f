"""An n-gram model from files and options: read, counted, its order and pruning chosen, put in a model folder."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from charrnn.errors import CharrnnError
from charrnn.files import check_output
from charrnn.machine.memory import free_memory_bytes, give_back_freed_memory
from charrnn.models.kept_text import check_keepable
from charrnn.models.language_model import Tally
from charrnn.models.lock import check_folder, locked
from charrnn.models.ngram.columns import Workspace
from charrnn.models.ngram.counts import MAX_ORDER, MIN_ORDER
from charrnn.models.ngram.model import NgramModel, choose_order, tally_from_boundary, tally_of
from charrnn.scoring.spelling import spelt
from charrnn.text.corpus import Corpus, read_corpus
from charrnn.text.long_array import compact
from charrnn.text.vocabulary import Vocabulary
from charrnn.training.options import LEAST_MEMORY, NgramOptions
from charrnn.training.reading import build_vocabulary, corpus_summary, describe, held_out_summary, versions
from charrnn.training.saving import archive_of, new_run, save_first

ORDERS = range(MIN_ORDER, MAX_ORDER + 1)
# What is tried where nothing is said: all that was seen; without what was seen once, from an order on.
PRUNINGS = ((1,), *((1,) * kept + (2,) for kept in (6, 5, 4)))
CHOOSING_CHARACTERS = 1_000_000  # of the held-out part, by which order and pruning are chosen
# Of a longer text, order and pruning are chosen on its last N characters, and up to this order: beyond it a model of
# gigabytes of text takes gigabytes itself.
CHOOSING_TRAINING = 20_000_000
LONGEST_OF_LARGE = 7
PROGRAM = 60_000_000  # bytes of memory that Python, numpy and the reading of texts take


def train_ngram(
    paths: Sequence[str], folder: Path, options: NgramOptions, *, saving: Callable[[], None] = lambda: None
) -> tuple[NgramModel, list[str]]:
    """The model of the text of the paths, saved in the folder, and what there is to say of text and choice.

    saving() is called before the first file is written.
    Raises CharrnnError where the folder holds a model (unless options.overwrite), is in use or cannot be written, the text
    is unusable, an order or pruning cannot be, the model has no room in memory, or what is counted none on the disk.
    """
    begun = time.perf_counter()
    options = options.filled()
    options.check_level()
    if options.arpa:
        check_output(Path(options.arpa), options.overwrite, "--arpa")
    with locked(folder):
        check_folder(folder, options.overwrite)
        corpus = read_corpus(**options.reading(paths))
        if options.keep_text:
            check_keepable(corpus.training)
        vocabulary = build_vocabulary(corpus.training, options)
        notes = describe(corpus, vocabulary)
        give_back_freed_memory()  # large arrays of all sizes come and go
        memory = (options.memory_bytes or default_memory()) - PROGRAM
        with Workspace(memory, folder) as workspace:
            orders, prunings = options.orders or ORDERS, options.prunings or PRUNINGS
            model, pruning = _best(
                corpus, vocabulary, lines=options.lines, orders=orders, prunings=prunings, workspace=workspace
            )
        tally = held_out_tally(model, corpus)
        model.summary = {
            **corpus_summary(corpus, options.lines),
            "min_counts": list(pruning),
            **model.summary,
            "seconds": time.perf_counter() - begun,
            "versions": versions(("charrnn", "numpy")),
            "held_out": tally and held_out_summary(tally),
        }
        saving()
        save_first(archive_of(model, new_run()), folder, corpus.training if options.keep_text else None)
    return model, notes


def default_memory() -> float:
    """Half of the memory that is free, in bytes; no limit where the system does not tell."""
    free = free_memory_bytes()
    return math.inf if free is None else max(free / 2, LEAST_MEMORY)


def held_out_tally(model: NgramModel, corpus: Corpus) -> Tally | None:
    """The figure that `charrnn score` gives for the held-out part; None where nothing is held out."""
    ids = compact(model.vocabulary.encode(corpus.held_out), model.vocabulary.size)
    if len(ids) < (1 if model.lines else 2):
        return None
    tally = tally_from_boundary(model, ids) if model.lines else tally_of(model, ids)
    return spelt(tally, model.vocabulary, corpus.held_out, lines=model.lines)


def best_order(
    corpus: Corpus, vocabulary: Vocabulary, *, lines: bool, orders: Sequence[int] = ORDERS, **options
) -> NgramModel:
    """The model of the order that predicts the held-out part best (in large texts, its beginning).

    `options` are those of NgramModel.train.
    """
    training = compact(vocabulary.encode(corpus.training), vocabulary.size)
    if len(orders) == 1:
        return NgramModel.train(training, vocabulary, order=orders[0], lines=lines, **options)
    held_out = compact(vocabulary.encode(corpus.held_out[:CHOOSING_CHARACTERS]), vocabulary.size)
    return choose_order(training, held_out, vocabulary, orders=orders, lines=lines, **options)


def _best(
    corpus: Corpus,
    vocabulary: Vocabulary,
    *,
    lines: bool,
    orders: Sequence[int],
    prunings: Sequence[tuple[int, ...]],
    workspace: Workspace,
) -> tuple[NgramModel, tuple[int, ...]]:
    """The model, and its pruning: what predicts the held-out part best of the orders and prunings that may be."""
    if len(corpus.training) > CHOOSING_TRAINING and len(orders) * len(prunings) > 1:
        part = replace(corpus, training=corpus.training[-CHOOSING_TRAINING:])
        orders = [order for order in orders if order <= LONGEST_OF_LARGE] or orders[:1]
        chosen, pruning = _best(part, vocabulary, lines=lines, orders=orders, prunings=prunings, workspace=workspace)
        orders, prunings = [chosen.order], [pruning]
        del chosen, part  # the whole text needs their memory
    if len(prunings) > 1 and not len(corpus.held_out):
        raise CharrnnError("nothing is held out to choose by; say --order and --min-counts, or hold out with --valid")
    part = replace(corpus, held_out=corpus.held_out[:CHOOSING_CHARACTERS])
    tried: list[tuple[float, NgramModel, tuple[int, ...]]] = []
    for pruning in prunings:
        model = best_order(corpus, vocabulary, lines=lines, orders=orders, min_counts=pruning, workspace=workspace)
        if len(prunings) == 1:
            return model, pruning
        tally = held_out_tally(model, part)
        tried.append((tally.nats_per_character if tally else 0.0, model, pruning))
        tried = [min(tried, key=lambda one: one[0])]  # one model is held at a time beside the one being made
    return tried[0][1:]
