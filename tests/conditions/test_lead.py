"""Strings that a text must hold come where they fit, not where the text has to end."""

import numpy as np
import pytest

import charrnn
from charrnn.conditions.lead import HORIZON, Lead, lead_to
from charrnn.models.ngram.model import NgramModel
from charrnn.text.vocabulary import Vocabulary
from charrnn.writing.beam import beam_search
from charrnn.writing.choice import Drawing
from charrnn.writing.draw import draw
from charrnn.writing.options import SampleOptions
from charrnn.writing.steering import drawing_for
from tests.conftest import small_text


@pytest.fixture(scope="module")
def counts():
    text = small_text(3000)
    vocabulary = Vocabulary.build(np.array([ord(c) for c in text], np.uint32))
    return NgramModel.train(vocabulary.encode(text), vocabulary, order=5)


def gains(lead, text):
    """What each symbol of the text gains."""
    memory, found = lead.start(1, np.zeros(0, np.int32), 99), []
    for symbol in text:
        found.append(lead.guide(memory, np.zeros((1, lead.symbols), np.float32))[0, symbol])
        memory = lead.follow(memory, np.array([symbol], np.int32))
    return found


def test_the_gains_are_those_of_the_chance_to_complete_the_string():
    p, q = 0.25, 0.1  # of the string 2 3, symbol by symbol
    lead = Lead((2, 3), (-np.log(p), -np.log(q)), 5)
    ever = 1 - np.exp(-HORIZON * p * q)
    h = [p * q + (1 - p * q) * ever, q + (1 - q) * ever, 1.0]
    wanted = {
        (4,): [1],
        (2, 4): [h[1] / h[0], h[0] / h[1]],
        (2, 2, 3): [h[1] / h[0], 1, h[2] / h[1]],
        (2, 3, 4): [h[1] / h[0], h[2] / h[1], 1],
    }
    for text, factors in wanted.items():
        np.testing.assert_allclose(gains(lead, text), np.log(factors), atol=1e-5)


@pytest.mark.parametrize("text", ["tree", "aa", "a small house under the old tree and then the red dog sleeps " * 3])
def test_every_text_that_holds_the_string_gains_the_same_in_all(model, text):
    lead, encode = lead_to(model, text), model.vocabulary.encode
    before = ("", "the ", text[:2] + "the ", text[0] * 7)
    first, *others = (sum(gains(lead, encode(part + text + " cat"))) for part in before)
    assert first > 0
    assert np.isfinite(first)
    for other in others:
        assert other == pytest.approx(first, rel=1e-4)


def test_a_string_comes_at_a_place_where_it_fits(counts):
    def texts(guides):
        drawing = drawing_for(counts, SampleOptions(length=200, must="dog dog"))
        drawing = Drawing(drawing.choice, drawing.guides[:guides])
        found = [""] * 40
        for row, piece in draw(counts, prime=np.zeros(0, np.int32), length=200, count=40, drawing=drawing, seed=2):
            found[row] += counts.vocabulary.decode(piece)
        assert all("dog dog" in text for text in found)
        return [text.index("dog dog") for text in found], sum(" dog dog" in f" {text}".replace("\n", " ") for text in found)

    (squeezed, apart), (led, apart_led) = (texts(guides) for guides in (1, 2))
    assert np.median(squeezed) == 193  # as late as can be, and within words
    assert apart_led >= 2 * apart
    assert np.median(led) < 150


def test_numpy_and_jax_are_led_to_the_same(model_folder):
    how = {"must": ["tree", "old"], "length": 90, "count": 5, "seed": 0}
    one, other = (charrnn.sample(charrnn.load(model_folder, compiled=way), **how) for way in (True, False))
    assert one == other


def test_beam_search_is_led_but_ranks_texts_of_different_lengths_by_the_models_own_probabilities():
    text = "ab\nab\nabababababab\nabc\n" * 4
    vocabulary = Vocabulary.build(np.array([ord(c) for c in text], np.uint32))
    model = NgramModel.train(vocabulary.encode(text), vocabulary, order=3, lines=True)
    drawing = drawing_for(model, SampleOptions(length=12, must="ba", repetition_penalty=3.0))
    found = beam_search(model, prime=vocabulary.encode(""), length=12, beam=6, end_at_boundary=True, drawing=drawing)
    assert len({one.characters for one in found}) > 1
    for one in found:
        ids = np.concatenate([[1], one.ids, [1] * (one.characters - len(one.ids))]).astype(np.int32)[None]
        own = model.target_log_probs(model.start(1), ids[:, :-1], ids[:, 1:])[1].sum(dtype=np.float64)
        assert one.log_prob == pytest.approx(own, abs=1e-3)
        assert "ba" in model.vocabulary.decode(one.ids)
    ranks = [one.log_prob / one.characters for one in found]
    assert ranks == sorted(ranks, reverse=True)
