"""Attention: against a plain loop and finite differences, no peeking, chunks, steps, exact resume."""

import itertools

import jax
import numpy as np
import pytest

import charrnn
from charrnn.errors import CharrnnError
from charrnn.models.recurrent import RecurrentModel
from charrnn.network import attention
from charrnn.network.attention import SCORES
from charrnn.network.config import NetworkConfig
from charrnn.network.forward import apply, zero_state
from charrnn.network.parameters import init_parameters, parameter_shapes
from charrnn.text.vocabulary import Vocabulary
from charrnn.training.options import TrainOptions
from charrnn.training.start import resume, start
from charrnn.trees import map_tree
from tests import reference
from tests.conftest import SMALL, arrays_of, steps_of
from tests.gradients import assert_gradient_of_nats

ROWS, TIME, SYMBOLS, HIDDEN, WINDOW = 3, 8, 7, 6, 4


def network(kind, cell="lstm", layers=1):
    config = NetworkConfig(SYMBOLS, cell, layers, HIDDEN, 0, attention=kind, attention_window=WINDOW)
    random = np.random.default_rng(5)
    return config, map_tree(lambda a: a + random.normal(0, 0.4, a.shape).astype(np.float32), init_parameters(config, 1))


def draw_ids(seed=0):
    return np.random.default_rng(seed).integers(0, SYMBOLS, (TIME, ROWS)).astype(np.int32)


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(attention, "BLOCK", 3)  # so that short texts take several, the last of them shorter


@pytest.mark.parametrize("kind", SCORES)
@pytest.mark.parametrize(("cell", "layers"), [("lstm", 1), ("gru", 2), ("mingru", 2)])
def test_attention_equals_the_plain_reference(kind, cell, layers, small_blocks):
    config, parameters = network(kind, cell, layers)
    wanted = reference.logits(map_tree(np.float64, parameters), config, draw_ids())
    _, on_host = apply(parameters, config, draw_ids(), zero_state(config, ROWS))
    np.testing.assert_allclose(on_host, wanted, rtol=1e-4, atol=1e-5)
    _, compiled = apply(parameters, config, draw_ids(), zero_state(config, ROWS), compiled=True)
    np.testing.assert_allclose(compiled, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", SCORES)
def test_gradient_equals_central_differences(kind, small_blocks):
    """The compiled float32 gradient against differences of the reference in float64, ε = 1e-6."""
    config, parameters = network(kind)
    assert_gradient_of_nats(config, parameters, draw_ids(), draw_ids(1), 1e-6, abs=3e-6)


@pytest.mark.parametrize("kind", SCORES)
def test_nothing_later_and_nothing_beyond_the_window_is_seen(kind, small_blocks):
    config, parameters = network(kind)
    layer, window = config.output_layers["attention"], zero_state(config, ROWS)[-1]
    hidden_TBH = np.random.default_rng(1).normal(size=(TIME, ROWS, HIDDEN)).astype(np.float32)
    changed_TBH = hidden_TBH.copy()
    changed_TBH[2, 1] += 1
    before, after = (
        layer.read(parameters["attention"], states, window, np.matmul)[1] for states in (hidden_TBH, changed_TBH)
    )
    moved = (before != after).any(-1)
    wanted = np.zeros((TIME, ROWS), bool)
    wanted[2 : 2 + WINDOW + 1, 1] = True  # itself and the next W, in its own row
    np.testing.assert_array_equal(moved, wanted)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("kind", SCORES)
def test_pieces_and_single_steps_equal_the_whole(kind, compiled, small_blocks):
    config, parameters = network(kind, layers=2)
    how = {"compiled": True} if compiled else {}
    whole_state, whole = apply(parameters, config, draw_ids(), zero_state(config, ROWS), **how)
    for cuts in ((0, 1, 3, 7, 8), range(TIME + 1)):
        state, parts = zero_state(config, ROWS), []
        for begin, end in itertools.pairwise(cuts):
            state, part = apply(parameters, config, draw_ids()[begin:end], state, **how)
            parts.append(part)
        np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-5, atol=1e-6)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), state, whole_state)


@pytest.mark.parametrize(("kind", "cell"), [*((kind, "lstm") for kind in SCORES), ("dot", "mingru")])
def test_sampling_step_by_step_is_what_scoring_says_on_numpy_and_on_jax(kind, cell):
    config, parameters = network(kind, cell)
    models = [RecurrentModel(config, Vocabulary("\nabcde"), parameters, compiled=way) for way in (False, True)]
    texts = [charrnn.sample(model, prime="ab", length=80, greedy=True) for model in models]
    assert texts[0] == texts[1]
    ids = np.concatenate([[1], models[0].vocabulary.encode(texts[0])])[None]
    _, log_probs_BTV = models[1].advance(models[1].start(1), ids)
    log_probs_BTV = np.where(np.arange(SYMBOLS) == 0, -np.inf, log_probs_BTV)
    np.testing.assert_array_equal(log_probs_BTV[0, 2:-1].argmax(-1), ids[0, 3:])


@pytest.mark.parametrize("direction", ["forward", "both"])
def test_shapes_are_those_of_fresh_parameters(direction):
    for kind in SCORES:
        config = NetworkConfig(SYMBOLS, "gru", 2, HIDDEN, 5, direction=direction, attention=kind)
        shapes = [map_tree(lambda array: (array.shape, array.dtype), make) for make in
                  (parameter_shapes(config), init_parameters(config, 1))]  # fmt: skip
        assert shapes[0] == shapes[1]


@pytest.mark.parametrize("more", [{"attention": "general"}, {"attention": "dot", "cell": "mingru"}])
def test_a_resumed_run_is_bit_for_bit_the_uninterrupted_one(tmp_path, corpus_file, more):
    options = TrainOptions(steps=8, evaluate_every=8, attention_window=7, direction="both", **(SMALL | more))
    steps_of(start([str(corpus_file)], tmp_path / "whole", options))
    steps_of(start([str(corpus_file)], tmp_path / "parts", options), stop_at=3)
    steps_of(resume(tmp_path / "parts", [], TrainOptions()))
    whole, parts = arrays_of(tmp_path / "whole"), arrays_of(tmp_path / "parts")
    assert whole["carry.1.0"].shape == (len(whole["carry.0.0"]), 7, 16)
    for key in whole:
        np.testing.assert_array_equal(whole[key], parts[key], err_msg=key)
    assert len(charrnn.sample(charrnn.load(tmp_path / "whole"), length=5)) == 5


def test_wrong_attention():
    with pytest.raises(CharrnnError, match="attention 'self' is not known; choose one of none, additive, dot, general"):
        NetworkConfig(SYMBOLS, attention="self")
    with pytest.raises(CharrnnError, match="--attention-window 0: must be at least 1"):
        TrainOptions(attention_window=0)
