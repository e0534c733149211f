"""What unknown words take: perplexity of words by hand, and bits per character that are a probability of the text."""

import itertools
import math

import numpy as np
import pytest

from charrnn.models.language_model import Spelling, Tally
from charrnn.models.mixture import Mixture
from charrnn.models.ngram.model import NgramModel
from charrnn.scoring.log_probs import score_sentences, stream_tally, text_sequences, text_tally
from charrnn.scoring.spelling import speller, spelling_nats, spelling_of, spelt
from charrnn.text.symbols import BOUNDARY, UNKNOWN
from charrnn.text.vocabulary import Vocabulary, to_units
from charrnn.text.words import WordVocabulary

TEXT = "a b\na c\na b\nd b\n"


def trained(text=TEXT, *, order=2, lines=True, **more):
    vocabulary = WordVocabulary.of(text, **more)
    return NgramModel.train(vocabulary.encode(text), vocabulary, order=order, lines=lines, precision=np.float64)


def test_probabilities_of_words_by_hand():
    # Symbols: unknown (" c" and "d", seen once), newline, " b", "a". Bigrams: ^a 3, ^? 1, a b 2, a ? 1, ? b 1, b $ 3, ? $ 1.
    # No count of counts allows the formula's discounts, so they are 0.5, 1, 1.5; unigrams count what stands before them.
    model = trained(min_count=2)
    assert model.vocabulary.symbols == ("\n", " b", "a")
    end, b, a, other = 2, 2, 1, 2  # different symbols before each, of 7
    total = end + b + a + other
    discounts = {1: 0.5, 2: 1.0}
    freed = sum(discounts[n] for n in (end, b, a, other)) / total
    p_b = (b - 1.0) / total + freed / 4
    p_end = (end - 1.0) / total + freed / 4
    p_unknown = (other - 1.0) / total + freed / 4
    # after "a": " b" twice, unknown once
    after_a = (1.0 + 0.5) / 3
    p_b_after_a = (2 - 1.0) / 3 + after_a * p_b
    p_unknown_after_a = (1 - 0.5) / 3 + after_a * p_unknown
    # after "^": "a" three times, unknown once
    after_start = (1.5 + 0.5) / 4
    p_a = (3 - 1.5) / 4 + after_start * ((a - 0.5) / total + freed / 4)
    # after " b": the end three times
    p_end_after_b = (3 - 1.5) / 3 + 1.5 / 3 * p_end
    p_end_after_unknown = (1 - 0.5) / 2 + (0.5 + 0.5) / 2 * p_end
    known, unknown = score_sentences(model, ["a b", "a x"])
    assert np.exp(known.log_probs) == pytest.approx([p_a, p_b_after_a, p_end_after_b])
    assert np.exp(unknown.log_probs) == pytest.approx([p_a, p_unknown_after_a, p_end_after_unknown])
    assert known.tally.perplexity == pytest.approx((p_a * p_b_after_a * p_end_after_b) ** (-1 / 3))
    assert (unknown.tally.characters, unknown.tally.unknown) == (3, 1)
    assert unknown.tally.without_unknown().perplexity == pytest.approx((p_a * p_end_after_unknown) ** (-1 / 2))
    assert known.tally.spelling == Spelling(4, 0, 0.0)
    spelling = spelling_nats(model.vocabulary, [" x"])
    assert unknown.tally.spelling == Spelling(4, 2, pytest.approx(spelling))
    assert unknown.tally.nats_per_character == pytest.approx((unknown.tally.nats + spelling) / 4)


def test_the_spellings_of_unknown_words_sum_to_one():
    vocabulary = WordVocabulary.of("ab ba aab b", tokens=r" ?\w+", min_count=1, size=2)
    characters = [symbol for symbol in speller(vocabulary)[0].vocabulary.symbols if symbol != "\n"]
    assert characters == [" ", "a", "b"]
    words = ["".join(letters) for length in range(1, 8) for letters in itertools.product([*characters, "?"], repeat=length)]
    unknown = [word for word in words if word not in vocabulary.symbols]
    assert len(words) - len(unknown) == 2
    sums = {
        most: sum(math.exp(-spelling_nats(vocabulary, [word])) for word in unknown if len(word) <= most) for most in (5, 7)
    }
    assert sums[5] < sums[7] < 1  # ? is any unknown character; longer words have the rest
    assert sums[7] > 0.9
    one_by_one = sum(spelling_nats(vocabulary, [word]) for word in unknown[:40])
    assert spelling_nats(vocabulary, unknown[:40]) == pytest.approx(one_by_one)


def test_an_unknown_word_is_a_known_one_or_spelt_but_not_both():
    model = trained("ab ba ab\nba ab ab\n", tokens=r"\w+", size=2)
    assert UNKNOWN in model.vocabulary.encode("ab c")
    score = score_sentences(model, ["ab c"])[0]
    assert score.tally.nats_per_character * 5 == pytest.approx(score.tally.nats + score.tally.spelling.nats)
    assert score.tally.to_json()["bits_per_character"] == pytest.approx(score.tally.bits_per_character)
    assert score.tally.perplexity == pytest.approx(math.exp(score.tally.nats / 4))


@pytest.mark.parametrize("lines", [False, True])
def test_spelling_counts_the_characters_that_are_predicted(lines):
    model = trained(lines=lines, min_count=2)
    for text in ("a b\nzz a", "a b\nzz a\n", "a"):
        units = to_units(text)
        tally = spelt(
            text_tally(model, text_sequences(model.vocabulary, units, lines=lines)), model.vocabulary, units, lines=lines
        )
        if tally is None:
            assert text == "a"
            continue
        ends = 0 if text.endswith("\n") else 1
        assert tally.spelling.characters == (len(text) + ends if lines else len(text) - 1)
        assert tally.spelling.unknown_characters == sum(map(len, model.vocabulary.unknown_in(text)[: tally.unknown]))


def test_tallies_of_words_add():
    one, other = Tally(2.0, 1, 0.5, 1, Spelling(3, 2, 1.0)), Tally(1.0, 2, 0.0, 0, Spelling(4, 0, 0.0))
    both = Tally() + one + other
    assert both == Tally(3.0, 3, 0.5, 1, Spelling(7, 2, 1.0))
    assert both.nats_per_character == pytest.approx(4 / 7)
    assert both.without_unknown() == Tally(2.5, 2, spelling=Spelling(5, 0, 0.0))
    assert Tally(3.0, 2).nats_per_character == Tally(3.0, 2).nats_per_symbol == 1.5


def test_characters_have_no_spelling():
    vocabulary = Vocabulary.build(to_units("abc"))
    assert spelling_of(vocabulary, "abc?", lines=True) is None


def test_a_mixture_of_models_of_words():
    one, other = trained(min_count=2), trained(TEXT + "e b\ne b\n", order=3, min_count=2)
    mixture = Mixture([one, other], [0.4, 0.6], "linear")
    assert mixture.vocabulary.symbols == ("\n", " b", "a", "e")
    text = "a b\ne x\n"
    ids = mixture.vocabulary.encode(text)
    assert ids.tolist() == [3, 2, BOUNDARY, 4, UNKNOWN, BOUNDARY]
    _, log_probs = mixture.advance(mixture.start(1), ids[None])
    np.testing.assert_allclose(np.exp(log_probs.astype(np.float64)).sum(-1), 1, atol=1e-5)
    assert stream_tally(mixture, ids).unknown == 1
    assert score_sentences(mixture, ["e x"])[0].tally.spelling.unknown_characters == 2
