"""The text that something learns from, network or n-gram: its vocabulary, what to say of it, what a model notes of it."""

from collections.abc import Sequence
from importlib import metadata
from typing import Any

from charrnn.errors import CharrnnError
from charrnn.models.language_model import LanguageModel, Tally
from charrnn.scoring.log_probs import text_sequences, text_tally
from charrnn.text.corpus import Corpus, read_units
from charrnn.text.long_array import LongArray
from charrnn.text.symbols import BOUNDARY, UNKNOWN
from charrnn.text.vocabulary import Vocabulary
from charrnn.text.words import WordVocabulary
from charrnn.training.options import ReadingOptions
from charrnn.wording import counted, symbol_name, unit_name


def build_vocabulary(training: LongArray, options: ReadingOptions) -> Vocabulary:
    """The vocabulary of the units of a training text, by filled options.

    Raises CharrnnError where every character is rarer than --min-count.
    """
    assert options.level is not None
    assert options.min_count is not None
    if options.level == "word":
        assert options.tokens is not None
        size = options.vocabulary_size
        vocabulary: Vocabulary = WordVocabulary.of(training, tokens=options.tokens, min_count=options.min_count, size=size)
    else:
        vocabulary = Vocabulary.build(training, options.level, options.min_count)
    if vocabulary.size == BOUNDARY + 1:
        symbol = symbol_name(vocabulary.level)
        raise CharrnnError(f"--min-count {options.min_count}: no {symbol} is seen so often; give a smaller number")
    return vocabulary


def describe(corpus: Corpus, vocabulary: Vocabulary) -> list[str]:
    """Size of the text, and what a user should know of its characters."""
    training, held_out = len(corpus.training), len(corpus.held_out)
    symbol = symbol_name(vocabulary.level)
    fitting = f"{len(corpus.fitting):,} to fit weights on, " if len(corpus.fitting) else ""
    size = f"{counted(training, unit_name(vocabulary.level))} to learn from, {fitting}{held_out:,} held out"
    notes = [f"text: {size}, {vocabulary.size - 1:,} different{' words' if symbol == 'word' else ''}"]
    unknown_T = vocabulary.encode(corpus.held_out) == UNKNOWN
    unknown = int(unknown_T.sum())
    if unknown and symbol == "word":
        share = f"{unknown:,} of {counted(len(unknown_T), symbol)}, {unknown / len(unknown_T):.1%}"
        notes.append(f"held-out text has unknown words: {share}")
    elif unknown:
        notes.append(f"held-out text has {counted(unknown, symbol)} unknown in the text learnt from")
    if held_out < 2:
        notes.append("nothing is held out, for the text is too short: the last weights are kept, not the best")
    return notes


def corpus_summary(corpus: Corpus, lines: bool) -> dict[str, Any]:
    """What a model notes of its text, as JSON takes it."""
    return {
        "reading": "lines" if lines else "stream",
        "corpus": {
            "sources": list(corpus.sources),
            "training_characters": len(corpus.training),
            "held_out_characters": len(corpus.held_out),
        },
    }


def figure_of(model: LanguageModel, name: str, encoding: str) -> float:
    """Nats per symbol of a text file, read as the model's texts are. Raises CharrnnError where there is no text."""
    units = read_units([name], level=model.vocabulary.level, encoding=encoding)
    tally = text_tally(model, text_sequences(model.vocabulary, units, lines=model.lines))
    if tally is None:
        raise CharrnnError(f"{name}: there is no text in it")
    return tally.nats_per_symbol


def held_out_summary(tally: Tally) -> dict[str, Any]:
    """Held-out figures with and without unknown characters."""
    return tally.to_json() | {"known": tally.without_unknown().to_json()}


def versions(packages: Sequence[str]) -> dict[str, str]:
    """The versions of the packages that made a model."""
    return {name: metadata.version(name) for name in packages}
