"""Scores of texts, in the way that is asked for, as the texts come."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from charrnn.errors import CharrnnError
from charrnn.models.language_model import LanguageModel, Tally
from charrnn.scoring.adapt import Weights, adapted_log_probs, check_adaptable, unmoved
from charrnn.scoring.cache import Cache
from charrnn.scoring.labels import Labelled, classify
from charrnn.scoring.log_probs import SentenceScore, score_sentences, sentence_ids, stream_tally, tally_of
from charrnn.scoring.options import ScoreOptions
from charrnn.scoring.pseudo import PseudoScore, pseudo_sentences, pseudo_stream_tally, with_typos
from charrnn.scoring.spans import surprising_span
from charrnn.text.corpus import read_units
from charrnn.text.lines import line_groups, size_of


@dataclass(frozen=True)
class FileScore:
    """A file that was read as one continuous text, and its tally."""

    name: str
    tally: Tally


Score = SentenceScore | PseudoScore | Labelled | FileScore


def score(
    model: LanguageModel, texts: Sequence[str], files: Sequence[str], options: ScoreOptions
) -> Iterator[Iterable[Score]]:
    """The scores of the texts, then of the lines of the files, in groups of what is there at once.

    With options.labels each is a Labelled, with options.pseudo a PseudoScore, otherwise a SentenceScore; with
    options.stream each file is one FileScore. Raises CharrnnError for what a model cannot do.
    """
    if options.adapt is not None:
        check_adaptable(model)
    if options.stream and texts:
        raise CharrnnError("--stream reads files as one text; --text is for sentences")
    if options.stream:
        return _file_scores(model, files, options)
    groups = _groups(model, texts, files, options.encoding)
    if options.labels is not None:
        labels = options.labels.split(",")
        return (classify(model, group, labels) for group in groups)
    if options.adapt is not None:
        return _adapted(model, groups, options)
    return (_scored(model, group, options) for group in _announced(model, groups, files))


def total(groups: Iterable[Iterable[Score]]) -> tuple[Tally, int]:
    """The tally of all scores, and how many there are."""
    tallies = [score.tally for group in groups for score in group if not isinstance(score, Labelled)]
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


def _scored(model: LanguageModel, group: Sequence[str], options: ScoreOptions) -> Iterable[SentenceScore | PseudoScore]:
    if options.pseudo:
        scores = pseudo_sentences(model, group)
        return (with_typos(model, one) for one in scores) if options.typos else scores
    sentences = score_sentences(model, group)
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
        yield [SentenceScore(text, ids, cache.mixed(ids, log_probs))]
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
        ids = model.vocabulary.encode(read_units([name], level=model.vocabulary.level, encoding=options.encoding))
        if options.pseudo:
            tally = pseudo_stream_tally(model, ids)
        elif options.adapt is None:
            model.prepare(len(ids))
            tally = stream_tally(model, ids)
        else:
            weights, log_probs = adapted_log_probs(model, weights, ids, options.adapt)
            tally = tally_of(ids[1:], cache.mixed(ids, log_probs))
            if options.adapt_reset:
                weights, cache = _fresh(model)
        yield [FileScore(name, tally)]
