"""How unknown words are spelt, so that a model of words says something of every character of a text.

The model gives the unknown symbol a probability; the spelling of the word that stands there has one beside it:

    p(spelling | unknown) = p(spelling) / (1 − Σ p(known words))

with p of an n-gram of characters (of order ORDER, each word from boundary to boundary) of the different words of a training
text, known or not. So the two multiply to the probability of the text, and bits per character compare with those of a model
of characters. Held-out words: learning from all different words takes 3 bits a word less of tiny-shakespeare than learning
from the unknown ones alone, and 6 of Python's documentation.

Shapes: B words, T characters of a word, its end counted.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from charrnn.models.language_model import Spelling, Tally
from charrnn.models.ngram.model import NgramModel
from charrnn.text.long_array import LongArray
from charrnn.text.symbols import BOUNDARY, UNKNOWN
from charrnn.text.vocabulary import Vocabulary, to_units
from charrnn.text.words import WordVocabulary, text_pieces

ORDER = 6
CELLS = 1 << 14  # characters of words that are spelt side by side


@lru_cache(maxsize=4)
def speller(vocabulary: WordVocabulary) -> tuple[NgramModel, float]:
    """The n-gram of the words of the training text, and the probability that it gives to unknown words in all."""
    known = vocabulary.symbols[1:]
    text = "\n".join([*known, *vocabulary.rare])
    characters = Vocabulary.build(to_units(text))
    model = NgramModel.train(characters.encode(text), characters, order=ORDER, lines=True)
    return model, 1 - sum(float(np.exp(part_B).sum()) for part_B in _log_probs(model, ["", *known]))


def spelling_nats(vocabulary: WordVocabulary, words: Sequence[str]) -> float:
    """The sum of −ln p of the spellings of these unknown words."""
    if not words:
        return 0.0
    model, unknown = speller(vocabulary)
    return len(words) * math.log(unknown) - sum(float(part_B.sum()) for part_B in _log_probs(model, words))


def _log_probs(model: NgramModel, words: Sequence[str]) -> Iterator[np.ndarray]:
    """ln p of the words, the longer first, in parts of so many that their arrays stay small."""
    left = sorted(words, key=len, reverse=True)
    while left:
        width = len(left[0]) + 2
        rows = max(1, CELLS // width)
        part, left = left[:rows], left[rows:]
        ids_BT = np.full((len(part), width), BOUNDARY, np.int32)
        for row, word in enumerate(part):
            ids_BT[row, 1 : len(word) + 1] = model.vocabulary.encode(word)
        _, log_probs_BT = model.target_log_probs(model.start(len(part)), ids_BT[:, :-1], ids_BT[:, 1:])
        counts_BT = np.arange(log_probs_BT.shape[1]) <= np.array(list(map(len, part)))[:, None]
        yield np.where(counts_BT, log_probs_BT, 0).sum(1)


def spelling_of(vocabulary: Vocabulary, text: str | LongArray, *, lines: bool) -> Spelling | None:
    """The spelling of the words of a text, as text_sequences takes it apart; None where its symbols are no words.

    With `lines`, each line has an end, the last one too; otherwise the first word is not predicted, and not counted.
    """
    if not isinstance(vocabulary, WordVocabulary):
        return None
    spelling, skipped, piece = Spelling(0, 0, 0.0), 0 if lines else 1, ""
    for piece in text_pieces(text):
        words = vocabulary.parts(piece)[skipped:]
        unknown = [word for word, number in zip(words, vocabulary.ids_of(words), strict=True) if number == UNKNOWN]
        spelling += Spelling(sum(map(len, words)), sum(map(len, unknown)), spelling_nats(vocabulary, unknown))
        skipped = 0
    return spelling if not lines or piece.endswith("\n") else spelling + Spelling(1, 0, 0.0)


def spelling_of_known(vocabulary: Vocabulary, ids: np.ndarray) -> Spelling | None:
    """The spelling of words that a model has written; None where its symbols are no words."""
    if not isinstance(vocabulary, WordVocabulary):
        return None
    return Spelling(sum(len(vocabulary.names[k]) for k in ids.tolist()), 0, 0.0)


def spelt(tally: Tally | None, vocabulary: Vocabulary, text: str | np.ndarray, *, lines: bool) -> Tally | None:
    """The tally of a text with the spelling of its words, where they are words."""
    return tally and replace(tally, spelling=spelling_of(vocabulary, text, lines=lines))
