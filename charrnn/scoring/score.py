"""Scores of texts, in the way that is asked for, as the texts come."""

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from charrnn.errors import CharrnnError
from charrnn.models.language_model import LanguageModel, Tally
from charrnn.options import flag
from charrnn.scoring.adapt import Weights, adapted_log_probs, check_adaptable, unmoved
from charrnn.scoring.cache import Cache
from charrnn.scoring.labels import Labelled, classify
from charrnn.scoring.log_probs import (
    Context,
    SentenceScore,
    long_tally,
    read_context,
    score_sentences,
    sentence_ids,
    tally_of,
)
from charrnn.scoring.options import ScoreOptions
from charrnn.scoring.pairs import PairScore, score_pairs
from charrnn.scoring.pseudo import PseudoScore, pseudo_sentences, pseudo_stream_tally, with_typos
from charrnn.scoring.spans import surprising_span
from charrnn.scoring.spelling import spelling_of
from charrnn.scoring.units import score_units
from charrnn.text.lines import line_groups, size_of
from charrnn.text.pairs import pair_groups
from charrnn.text.sources import read_text
from charrnn.text.store import read_long
from charrnn.text.words import need_characters


@dataclass(frozen=True)
class FileScore:
    """A file that was read as one continuous text, and its tally."""

    name: str
    tally: Tally


Score = SentenceScore | PseudoScore | Labelled | FileScore | PairScore


def score(
    model: LanguageModel, texts: Sequence[str], files: Sequence[str], options: ScoreOptions
) -> Iterator[Iterable[Score]]:
    """The scores of the texts, then of the lines of the files, in groups of what is there at once.

    With options.labels each is a Labelled, with options.pseudo a PseudoScore, otherwise a SentenceScore; with
    options.stream each file is one FileScore, and with options.pairs each pair of that file is one PairScore. Raises
    CharrnnError for what a model cannot do.
    """
    if options.pairs and (texts or files):
        raise CharrnnError("--pairs names the file to read; leave out other files and texts")
    if options.adapt is not None:
        check_adaptable(model)
    for name in ("spans", "labels", "pseudo"):
        if getattr(options, name):
            need_characters(model.vocabulary, flag(name))
    if options.unit == "char":
        need_characters(model.vocabulary, "--unit char")
    if options.stream and texts:
        raise CharrnnError("--stream reads files as one text; --text is for sentences")
    if options.stream:
        return _file_scores(model, files, options)
    groups = _groups(model, texts, files, options.encoding)
    if options.pairs:
        lines = line_groups(options.pairs, level=model.vocabulary.level, encoding=options.encoding)
        context = _context(model, options)
        return (
            score_pairs(lambda texts: _scored(model, texts, options, context), pairs)
            for pairs in pair_groups(_announced(model, lines, [options.pairs]), options.pairs)
        )
    if options.labels is not None:
        labels = options.labels.split(",")
        return (classify(model, group, labels) for group in groups)
    if options.adapt is not None:
        return _adapted(model, groups, options)
    context = _context(model, options)
    return (_scored(model, group, options, context) for group in _announced(model, groups, files))


def context_text(model: LanguageModel, options: ScoreOptions) -> str:
    """The text that is read before each other one: of a file but for its last newline; where there is no such file, what
    was said; without any, none."""
    said = options.context
    if said is None or not os.path.isfile(said):
        return said or ""
    return read_text(said, level=model.vocabulary.level, encoding=options.encoding).removesuffix("\n")


def _context(model: LanguageModel, options: ScoreOptions) -> Context | None:
    text = context_text(model, options)
    return read_context(model, text) if text else None


def total(groups: Iterable[Iterable[Score]]) -> tuple[Tally, int]:
    """The tally of all scores, and how many there are."""
    tallies = [score.tally for group in groups for score in group if not isinstance(score, Labelled | PairScore)]
    return sum(tallies, Tally()), len(tallies)


def _groups(model: LanguageModel, texts: Sequence[str], files: Sequence[str], encoding: str) -> Iterator[Sequence[str]]:
    if texts:
        yield texts
    for name in files:
        yield from line_groups(name, level=model.vocabulary.level, encoding=encoding)


def _announced(model: LanguageModel, groups: Iterable[Sequence[str]], files: Sequence[str]) -> Iterator[Sequence[str]]:
    """The groups; the model is told before each how much has come, so that it may prepare for long work."""
    model.prepare(sum(map(size_of, files)))
    seen = 0
    for group in groups:
        seen += sum(map(len, group))
        model.prepare(seen)
        yield group


def _scored(
    model: LanguageModel, group: Sequence[str], options: ScoreOptions, context: Context | None
) -> Iterable[SentenceScore | PseudoScore]:
    if options.pseudo:
        scores = pseudo_sentences(model, group)
        return (with_typos(model, one) for one in scores) if options.typos else scores
    if options.unit:
        return score_units(model, group, options.unit, entropy=options.entropy, context=context)
    sentences = score_sentences(model, group, context)
    return (replace(one, span=surprising_span(model, one.text)) for one in sentences) if options.spans else sentences


def _adapted(
    model: LanguageModel, groups: Iterable[Sequence[str]], options: ScoreOptions
) -> Iterator[Iterable[SentenceScore]]:
    """Scores by dynamic evaluation; with options.adapt_reset each line meets the model as it was trained."""
    assert options.adapt is not None
    weights, cache = _fresh(model)
    for text in itertools.chain.from_iterable(groups):
        ids = sentence_ids(model.vocabulary, text)
        weights, log_probs = adapted_log_probs(model, weights, ids, options.adapt)
        spelling = spelling_of(model.vocabulary, text, lines=True)
        yield [SentenceScore(text, ids, cache.mixed(ids, log_probs), spelling=spelling)]
        if options.adapt_reset:
            weights, cache = _fresh(model)


def _fresh(model: LanguageModel) -> tuple[Weights, Cache]:
    """What dynamic evaluation carries from text to text: the weights, as they were trained, and an empty cache."""
    return unmoved(model), Cache(model.vocabulary.size)


def _file_scores(model: LanguageModel, files: Sequence[str], options: ScoreOptions) -> Iterator[Sequence[FileScore]]:
    """Each file read as one text from its own fresh state; in dynamic evaluation weights and cache are carried on."""
    if options.adapt is not None:
        weights, cache = _fresh(model)
    for name in files:
        units = read_long([name], level=model.vocabulary.level, encoding=options.encoding)
        text = model.vocabulary.encode(units)
        if options.pseudo:
            tally = pseudo_stream_tally(model, text[:])
        elif options.adapt is None:
            model.prepare(len(text))
            tally = long_tally(model, text)
        else:
            ids = text[:]
            weights, log_probs = adapted_log_probs(model, weights, ids, options.adapt)
            tally = tally_of(ids[1:], cache.mixed(ids, log_probs))
            if options.adapt_reset:
                weights, cache = _fresh(model)
        yield [FileScore(name, replace(tally, spelling=spelling_of(model.vocabulary, units, lines=False)))]
