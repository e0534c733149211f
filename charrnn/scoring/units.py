"""The figures of a sentence's characters, words, or of itself as a whole.

A word is what stands between white space, and its figure counts the white space, or the end of the sentence, that follows
it: p(characters of the word, then its end | all before). So the words' probabilities multiply to that of the sentence, and
no part of one word's belongs to another (Pimentel and Meister 2024; Oh and Schuler 2024). White space before the first
word counts to that word; where there is no word, the end of the sentence stands for one.

Of a model of words, its words are the units, and the end of the sentence is one of its own. The figure of an unknown word
includes its spelling.

Shapes: T characters of a sentence, its end counted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from charrnn.models.language_model import LanguageModel
from charrnn.scoring.log_probs import Context, Figures, SentenceScore, sentence_ids, sequence_figures, sequence_log_probs
from charrnn.scoring.spelling import spelling_nats
from charrnn.text.symbols import BOUNDARY, UNKNOWN
from charrnn.text.vocabulary import NEWLINE, from_units, to_units, utf8_widths
from charrnn.text.words import WordVocabulary


@dataclass(frozen=True)
class Unit:
    """A character, word or sentence: its text (of a sentence's end, a newline) and its first and last character, from 1.

    nats: its surprisal, −ln p. entropy: of a character, that of its prediction, in nats; of a longer unit their sum, whose
    mean over the model's own texts is the entropy of the unit. rank: of a character, 1 where it is the likeliest. Both are
    None where they were not asked for. unknown: how many of its characters the model does not know.
    """

    text: str
    start: int
    end: int
    nats: float
    entropy: float | None
    rank: int | None
    unknown: int


def score_units(
    model: LanguageModel, sentences: Sequence[str], unit: str, *, entropy: bool = False, context: Context | None = None
) -> list[SentenceScore]:
    """As log_probs.score_sentences, each score with its units: "char", "word" or "line".

    entropy: entropies and ranks are wanted, which take whole distributions.
    """
    state, before = context or (None, BOUNDARY)
    encoded = [sentence_ids(model.vocabulary, text, before) for text in sentences]
    if entropy:
        figures: Sequence[Figures | None] = sequence_figures(model, encoded, state)
        log_probs = [each.log_probs for each in figures if each]
    else:
        figures, log_probs = [None] * len(encoded), sequence_log_probs(model, encoded, state)
    scores = [SentenceScore(*triple) for triple in zip(sentences, encoded, log_probs, strict=True)]
    level = model.vocabulary.level
    if isinstance(model.vocabulary, WordVocabulary):
        return [
            replace(score, units=tuple(_units_of_words(score, its, unit, model.vocabulary)))
            for score, its in zip(scores, figures, strict=True)
        ]
    return [replace(score, units=tuple(_units(score, its, unit, level))) for score, its in zip(scores, figures, strict=True)]


def _units(score: SentenceScore, figures: Figures | None, unit: str, level: str) -> Iterator[Unit]:
    symbols, targets_T = np.append(to_units(score.text, level), NEWLINE), score.ids[1:]
    counted = 0  # up to where symbols belong to earlier units
    for start, end, stop in _bounds(score.text, unit, level):
        part = slice(counted, stop)
        yield Unit(
            text=from_units(symbols[start:end], level),
            start=start + 1,
            end=end,
            nats=-float(score.log_probs[part].sum(dtype=np.float64)),
            entropy=float(figures.entropies[part].sum()) if figures else None,
            rank=int(figures.ranks[start]) if figures and unit == "char" else None,
            unknown=int((targets_T[part] == UNKNOWN).sum()),
        )
        counted = stop


def _units_of_words(score: SentenceScore, figures: Figures | None, unit: str, vocabulary: WordVocabulary) -> Iterator[Unit]:
    words = [*vocabulary.parts(score.text), "\n"]
    unknown_T = score.ids[1:] == UNKNOWN
    nats_T = -score.log_probs.astype(np.float64)
    nats_T[unknown_T] += [spelling_nats(vocabulary, [words[k]]) for k in np.flatnonzero(unknown_T)]
    if unit == "line":
        entropy = float(figures.entropies.sum()) if figures else None
        yield Unit(score.text, 1, len(score.text), float(nats_T.sum()), entropy, None, int(unknown_T.sum()))
        return
    begin = 0
    for k, word in enumerate(words):
        blanks = len(word) - len(word.lstrip()) if word.strip() else 0  # before it
        yield Unit(
            text=word.strip() or word,
            start=begin + blanks + 1,
            end=begin + len(word.rstrip() or word),
            nats=float(nats_T[k]),
            entropy=float(figures.entropies[k]) if figures else None,
            rank=int(figures.ranks[k]) if figures else None,
            unknown=int(unknown_T[k]),
        )
        begin += len(word)


def _bounds(text: str, unit: str, level: str) -> list[tuple[int, int, int]]:
    """Of each unit: where it begins and ends (no white space around it), and up to where it is counted."""
    blank_T = np.array([character.isspace() for character in text] + [True])
    if level == "byte":
        blank_T = np.repeat(blank_T, utf8_widths(text + "\n"))
    count = len(blank_T)
    if unit == "char":
        return [(k, k + 1, k + 1) for k in range(count)]
    if blank_T.all():
        return [(count - 1, count, count)]
    if unit == "line":
        return [(0, count - 1, count)]
    edges = np.flatnonzero(np.diff(blank_T, prepend=True))
    starts, ends = edges[::2].tolist(), edges[1::2].tolist()
    return list(zip(starts, ends, [*starts[1:], count], strict=True))
