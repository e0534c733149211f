"""Characters, words and lines with their figures, and texts that are read before others."""

import itertools

import numpy as np
import pytest

import charrnn
from charrnn.models.ngram.model import NgramModel
from charrnn.scoring.log_probs import LARGEST_ARRAY, sequence_figures, sequence_log_probs
from charrnn.text.symbols import BOUNDARY
from charrnn.text.vocabulary import Vocabulary
from tests.conftest import small_text

TEXTS = ["the cat sees a dog.", "", "   ", "  the  cat ", "a", "zzé the é", "the old house " * 30]


@pytest.fixture(scope="module")
def of_bytes():
    data = np.frombuffer(small_text(3000, seed=6).replace("dog", "dög").encode(), np.uint8)
    vocabulary = Vocabulary.build(data, "byte")
    return NgramModel.train(vocabulary.encode(data), vocabulary, order=5)


def test_a_word_is_its_characters_and_the_white_space_or_end_after_it(model):
    (score,) = charrnn.score(model, "  the  cat, ", unit="word")
    assert [(one.text, one.start, one.end) for one in score.units] == [("the", 3, 5), ("cat,", 8, 11)]
    nats = [-score.log_probs[:7].sum(dtype=float), -score.log_probs[7:].sum(dtype=float)]
    assert [one.nats for one in score.units] == pytest.approx(nats)


def test_a_words_probability_is_that_of_the_texts_that_begin_with_it_and_its_end(model):
    """p("cat " | "the ") by way of two scores of beginnings, as one would define it."""
    (score,) = charrnn.score(model, "the cat sees", unit="word")
    nats = [float(-sequence_log_probs(model, [np.array([BOUNDARY, *model.vocabulary.encode(text)], np.int32)])[0].sum())
            for text in ("the ", "the cat ")]  # fmt: skip
    assert score.units[1].nats == pytest.approx(nats[1] - nats[0], rel=1e-4)


@pytest.mark.parametrize("unit", ["char", "word", "line"])
@pytest.mark.parametrize("which", ["model", "of_bytes"])
def test_the_units_of_a_sentence_sum_to_its_score(request, which, unit):
    model = request.getfixturevalue(which)
    for plain, score in zip(charrnn.score(model, TEXTS), charrnn.score(model, TEXTS, unit=unit, entropy=True), strict=True):
        assert sum(one.nats for one in score.units) == pytest.approx(plain.tally.nats, rel=1e-5)
        assert sum(one.unknown for one in score.units) == plain.tally.unknown
        assert all(one.start <= one.end for one in score.units)
        data = plain.text.encode() + b"\n" if which == "of_bytes" else plain.text + "\n"
        for one in score.units:
            text = one.text.encode("utf-8", "surrogateescape") if which == "of_bytes" else one.text
            assert data[one.start - 1 : one.end] == text


def test_blank_lines_have_their_end_alone(model):
    for unit in ("word", "line"):
        found = [[(one.text, one.start) for one in score.units] for score in charrnn.score(model, ["", "   "], unit=unit)]
        assert found == [[("\n", 1)], [("\n", 4)]]


def test_entropies_and_ranks_are_those_of_the_distributions(model):
    text = "the cat é"
    (score,) = charrnn.score(model, text, unit="char", entropy=True)
    ids = [BOUNDARY, *model.vocabulary.encode(text).tolist(), BOUNDARY]
    state = model.start(1)
    for one, (before, after) in zip(score.units, itertools.pairwise(ids), strict=True):
        state, log_probs_BTV = model.advance(state, np.array([[before]], np.int32))
        log_probs_V = log_probs_BTV[0, 0].astype(float)
        assert one.entropy == pytest.approx(-(np.exp(log_probs_V) * log_probs_V).sum(), rel=1e-4)
        assert one.rank == 1 + sorted(-log_probs_V).index(-log_probs_V[after])
    (words,) = charrnn.score(model, text, unit="word", entropy=True)
    assert [one.rank for one in words.units] == [None] * 3
    assert words.units[0].entropy == pytest.approx(sum(one.entropy for one in score.units[:4]))


def test_what_is_not_asked_for_is_not_computed(model, monkeypatch):
    monkeypatch.setattr("charrnn.scoring.units.sequence_figures", None)
    (score,) = charrnn.score(model, "the cat", unit="char")
    assert {(one.entropy, one.rank) for one in score.units} == {(None, None)}


def test_distributions_come_in_arrays_of_bounded_size():
    class Recorder:
        vocabulary = type("V", (), {"size": 6000})()

        def start(self, rows):
            return None

        def advance(self, state, ids_BT):
            assert ids_BT.size * 6000 <= LARGEST_ARRAY
            return None, np.zeros((*ids_BT.shape, 6000), np.float32)

    found = sequence_figures(Recorder(), [np.ones(n, np.int32) for n in (40, 2)] * 5)
    assert [len(one.ranks) for one in found] == [39, 1] * 5


@pytest.mark.parametrize("folder", ["model_folder", "lines_folder"])
def test_a_context_is_read_and_not_scored(request, folder, tmp_path):
    model = charrnn.load(request.getfixturevalue(folder))
    (tmp_path / "before").write_text("the small \n")
    for context, before in (("the small ", "the small "), (tmp_path / "before", "the small ")):
        for text in ("cat sees", "red dog and a tree"):
            (whole,) = charrnn.score(model, before + text)
            one, other = charrnn.score(model, [text, "a"], context=context)
            np.testing.assert_allclose(one.log_probs, whole.log_probs[len(before) :], rtol=1e-4, atol=1e-5)
            assert one.text == text
            np.testing.assert_allclose(other.log_probs, charrnn.score(model, "a", context=context)[0].log_probs, atol=1e-5)
            (units,) = charrnn.score(model, text, context=context, unit="word", entropy=True)
            assert sum(each.nats for each in units.units) == pytest.approx(one.tally.nats, rel=1e-5)
    assert charrnn.score(model, "cat", context="")[0].tally == charrnn.score(model, "cat")[0].tally


@pytest.mark.parametrize(
    "wrong", [{"entropy": True}, {"unit": "word", "spans": True}, {"context": "a", "adapt": 0.1}, {"unit": "syllable"}]
)
def test_what_does_not_go_together(model, wrong):
    with pytest.raises(charrnn.CharrnnError):
        charrnn.score(model, "a", **wrong)
