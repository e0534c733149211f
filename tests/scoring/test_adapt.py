"""Dynamic evaluation: its equations, what its predictions may know, pieces, and mixtures."""

import jax
import numpy as np
import pytest

import charrnn
from charrnn.models.mixture import Mixture
from charrnn.models.ngram.model import NgramModel
from charrnn.network import dynamic
from charrnn.network.forward import apply
from charrnn.network.output import log_softmax
from charrnn.scoring import adapt
from charrnn.scoring.adapt import adapted_log_probs, unmoved
from charrnn.text.symbols import UNKNOWN
from tests.conftest import small_text

RATE = 1e-3


@pytest.fixture(autouse=True)
def short_stretches(monkeypatch):
    monkeypatch.setattr(adapt, "STRETCH", 4)
    monkeypatch.setattr(adapt, "PIECE", 16)


def adapted(model, text, rate=RATE):
    """The network's weights after the text, and its log-probabilities."""
    return adapted_log_probs(model, unmoved(model), model.vocabulary.encode(text), rate)


def step_by_step(model, ids, rate):
    """The equations as they stand: plain autodiff of the network run step by step, the update in numpy and float64."""

    @jax.jit
    def nats(parameters, state, ids_T1, targets_T):
        after, logits_TBV = apply(parameters, model.config, ids_T1, state)
        log_probs_TV = log_softmax(logits_TBV, model.vocabulary.unknown_probability)[:, 0]
        log_probs_T = log_probs_TV[np.arange(len(targets_T)), targets_T]
        return -log_probs_T.sum(), (after, log_probs_T)

    trained = jax.tree.leaves(model.parameters)
    form = jax.tree.structure(model.parameters)
    weights, totals, state, parts = list(trained), [0.0] * len(trained), model.start(1), []
    for step, begin in enumerate(range(0, len(ids) - 1, 4), start=1):
        read = ids[begin : begin + 5]
        parameters = jax.tree.unflatten(form, [np.float32(w) for w in weights])
        gradient, (state, log_probs_T) = jax.grad(nats, has_aux=True)(parameters, state, read[:-1, None], read[1:])
        parts.append(log_probs_T)
        slopes = [np.float64(slope) for slope in jax.tree.leaves(gradient)]
        totals = [total + slope**2 for total, slope in zip(totals, slopes, strict=True)]
        rms = [np.sqrt(total / step) for total in totals]
        mean = np.concatenate([part.ravel() for part in rms]).mean()
        for k, (slope, v, start) in enumerate(zip(slopes, rms, trained, strict=True)):
            back = np.minimum(dynamic.DECAY * v / mean, dynamic.MOST_DECAY) * (start - weights[k])
            weights[k] = weights[k] - rate * slope / (v + dynamic.EPSILON * mean) + back
    return weights, np.concatenate(parts)


def test_it_does_what_the_equations_say(model):
    text = "the small dog likes the old house.\nthe cat é sees a"  # the last stretch is short, and a character unknown
    weights, log_probs = adapted(model, text, 3e-3)
    wanted, wanted_log_probs = step_by_step(model, model.vocabulary.encode(text), 3e-3)
    np.testing.assert_allclose(log_probs, wanted_log_probs, atol=1e-4)
    for one, other in zip(jax.tree.leaves(weights.parameters), wanted, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_nothing_is_predicted_by_weights_that_have_seen_it(model):
    text = small_text(200, seed=3)
    ids = model.vocabulary.encode(text)
    _, log_probs = adapted(model, text)
    plain = model.target_log_probs(model.start(1), ids[None, :-1], ids[None, 1:])[1][0]
    np.testing.assert_allclose(log_probs[:4], plain[:4], atol=1e-5)
    assert (log_probs[4:] != plain[4:]).all()
    for changed in (3, 4, 5, 40, 41):
        other = ids.copy()
        other[changed] = other[changed] % (model.vocabulary.size - 1) + 1
        after = adapted_log_probs(model, unmoved(model), other, RATE)[1]
        np.testing.assert_array_equal(after[: changed - 1], log_probs[: changed - 1])
        assert after[changed - 1] != log_probs[changed - 1]


def test_pieces_are_as_the_whole_and_the_same_text_gives_the_same_bits(model, monkeypatch):
    text = small_text(300, seed=4)
    weights, log_probs = adapted(model, text)
    for one, other in zip(jax.tree.leaves((weights, log_probs)), jax.tree.leaves(adapted(model, text)), strict=True):
        np.testing.assert_array_equal(one, other)
    monkeypatch.setattr(adapt, "PIECE", 512)
    np.testing.assert_allclose(log_probs, adapted(model, text)[1], atol=1e-5)


def test_weights_go_on_from_text_to_text_and_what_follows_is_better_predicted(model):
    text = "a tree a tree. " * 10
    weights, first = adapted(model, text)
    _, second = adapted_log_probs(model, weights, model.vocabulary.encode(text), RATE)
    assert second.mean() > first.mean() + 0.2
    np.testing.assert_array_equal(adapted(model, text)[1], first)  # the model itself has not moved


def test_unknown_characters_alone_move_nothing(model):
    ids = np.full(20, UNKNOWN, np.int32)
    weights, log_probs = adapted_log_probs(model, unmoved(model), ids, RATE)
    for one, other in zip(jax.tree.leaves(weights.parameters), jax.tree.leaves(model.parameters), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_allclose(log_probs, np.log(model.vocabulary.unknown_probability), rtol=1e-6)


def test_of_two_directions_the_forward_stack_follows_the_text(both_folder):
    model = charrnn.load(both_folder)
    ids = model.vocabulary.encode(small_text(10, seed=6))
    weights, log_probs = adapted_log_probs(model, unmoved(model), ids, RATE)
    plain = model.target_log_probs(model.start(1), ids[None, :-1], ids[None, 1:])[1][0]
    assert set(weights.parameters) == set(model.parameters) - {"backward", "joint"}
    np.testing.assert_allclose(log_probs[:4], plain[:4], atol=1e-5)


@pytest.mark.parametrize("way", ["linear", "log-linear"])
def test_a_mixture_adapts_its_networks(model, way):
    text = small_text(4000, seed=5)
    ngram = NgramModel.train(model.vocabulary.encode(text), model.vocabulary, order=4)
    mixture, nested = Mixture((model, ngram), (0.7, 0.3), way), Mixture((ngram, Mixture((model, ngram))))
    ids = mixture.vocabulary.encode("a tree a tree. " * 3)
    (weights, of_ngram), log_probs = adapted_log_probs(mixture, unmoved(mixture), ids, RATE)
    own, own_log_probs = adapted_log_probs(model, unmoved(model), ids, RATE)
    assert of_ngram is None
    for one, other in zip(jax.tree.leaves(weights.parameters), jax.tree.leaves(own.parameters), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    if way == "linear":
        counted = ngram.target_log_probs(ngram.start(1), ids[None, :-1], ids[None, 1:])[1][0]
        np.testing.assert_allclose(log_probs, np.log(0.7 * np.exp(own_log_probs) + 0.3 * np.exp(counted)), atol=1e-5)
    assert adapted_log_probs(nested, unmoved(nested), ids, RATE)[1].mean() > -5
