"""Scores: sums of characters, order, windows, pieces, unknown characters."""

import itertools
import math

import numpy as np
import pytest

import charrnn
from charrnn.models.language_model import Tally
from charrnn.scoring import log_probs as scoring
from charrnn.text.symbols import BOUNDARY

SENTENCES = ["the cat sees a dog.", "", "a", "zzz é", "the old house " * 40, "red"]


def plain_log_probs(model, text):
    """One character after the other through advance(), nothing batched, padded or cut."""
    state, total = model.start(1), []
    ids = [BOUNDARY, *model.vocabulary.encode(text).tolist(), BOUNDARY]
    for before, after in itertools.pairwise(ids):
        state, log_probs_BTV = model.advance(state, np.array([[before]], np.int32))
        total.append(float(log_probs_BTV[0, 0, after]))
    return total


@pytest.mark.parametrize("compiled", [False, True])
def test_a_sentence_scores_the_sum_of_its_characters_whoever_its_neighbours(model_folder, compiled):
    model = charrnn.load(model_folder, compiled=compiled)
    for score, text in zip(charrnn.score(model, SENTENCES), SENTENCES, strict=True):
        wanted = plain_log_probs(model, text)
        assert score.text == text
        np.testing.assert_allclose(score.log_probs, wanted, rtol=1e-4, atol=1e-5)
        assert score.tally.nats == pytest.approx(-math.fsum(wanted), rel=1e-5)
        assert score.tally.characters == len(text) + 1


def test_numpy_and_jax_agree(model_folder):
    on_numpy, compiled = (charrnn.load(model_folder, compiled=way) for way in (False, True))
    for a, b in zip(charrnn.score(on_numpy, SENTENCES), charrnn.score(compiled, SENTENCES), strict=True):
        np.testing.assert_allclose(a.log_probs, b.log_probs, rtol=0, atol=1e-5)


def test_unknown_characters_are_counted_and_can_be_left_out(model):
    (score,) = charrnn.score(model, ["the é ü"])
    tally = score.tally
    assert tally.unknown == 2
    unknown = -2 * math.log(model.vocabulary.unknown_probability)
    assert tally.unknown_nats == pytest.approx(unknown, rel=1e-6)
    assert tally.without_unknown().characters == 6
    assert tally.without_unknown().nats == pytest.approx(tally.nats - unknown, rel=1e-6)


def test_a_stream_carries_its_state_and_predicts_all_but_the_first_character(model, corpus_file):
    ids = model.vocabulary.encode(corpus_file.read_text()[:700])
    log_probs = scoring.stream_log_probs(model, ids)
    _, whole_BTV = model.advance(model.start(1), ids[None, :-1])
    np.testing.assert_allclose(log_probs, np.take_along_axis(whole_BTV[0], ids[1:, None], 1)[:, 0], rtol=1e-4, atol=1e-5)


def test_pieces_of_a_stream_agree_with_the_whole(model, corpus_file, monkeypatch):
    """The run-up brings the state to within 1e-4 of what the whole text before would."""
    monkeypatch.setattr(scoring, "OVERLAP", 128)
    ids = model.vocabulary.encode(corpus_file.read_text())
    whole, pieces = scoring.stream_log_probs(model, ids), scoring.stream_log_probs(model, ids, pieces=5)
    assert len(whole) == len(pieces) == len(ids) - 1
    np.testing.assert_allclose(pieces, whole, atol=1e-4)


def test_the_held_out_figure_of_training_is_that_of_the_stream(model, corpus_file):
    text = corpus_file.read_text()
    held_out = model.vocabulary.encode(text[int(len(text) * 0.9) :])
    figure = scoring.stream_tally(model, held_out).nats_per_character
    assert figure == pytest.approx(model.summary["held_out"]["nats_per_character"], abs=1e-4)


def test_windows_are_short_where_the_vocabulary_is_large():
    """A model of 6,000 symbols must not be asked for (64, 256, 6000) numbers at once."""

    class Recorder:
        vocabulary = type("V", (), {"size": 6000})()

        def start(self, rows):
            return None

        def target_log_probs(self, state, ids_BT, targets_BT):
            assert ids_BT.size * 6000 <= 64 * 16 * 6000
            return None, np.zeros(ids_BT.shape, np.float32)

    sequences = [np.ones(n, np.int32) for n in (300, 2, 40)] * 30
    assert [len(s) for s in scoring.sequence_log_probs(Recorder(), sequences)] == [299, 1, 39] * 30


def test_tallies_add_and_divide_once():
    tally = Tally(3.0, 2) + Tally(1.0, 6)
    assert (tally.nats, tally.characters, tally.nats_per_character) == (4.0, 8, 0.5)
    assert tally.bits_per_character == pytest.approx(0.5 / math.log(2))
    assert tally.perplexity == pytest.approx(math.exp(0.5))
    assert math.isnan(Tally().nats_per_character)


def test_one_string_is_one_sentence(model):
    (one,) = charrnn.score(model, "the cat")
    assert one.text == "the cat"
    assert one.tally == charrnn.score(model, ["the cat"])[0].tally
