"""The deep output layer: against the plain reference and finite differences, in pieces, in both directions, resumed."""

import itertools

import jax
import numpy as np
import pytest

import charrnn
from charrnn.models.recurrent import RecurrentModel
from charrnn.network.config import NetworkConfig
from charrnn.network.deep import Before, Deep
from charrnn.network.forward import apply, zero_state
from charrnn.network.parameters import init_parameters
from charrnn.text.vocabulary import Vocabulary
from charrnn.training.options import TrainOptions
from charrnn.training.plan import make_plan
from charrnn.training.start import resume, start
from charrnn.trees import map_tree
from tests import reference
from tests.conftest import SMALL, arrays_of, steps_of
from tests.gradients import assert_gradient_of_nats

ROWS, TIME, SYMBOLS, EMBEDDING, HIDDEN = 3, 8, 7, 4, 6


def network(cell="lstm", layers=1, embedding=0, **more):
    config = NetworkConfig(SYMBOLS, cell, layers, HIDDEN, embedding, output="deep", **more)
    random = np.random.default_rng(5)
    return config, map_tree(lambda a: a + random.normal(0, 0.4, a.shape).astype(np.float32), init_parameters(config, 1))


def draw_ids(seed=0):
    return np.random.default_rng(seed).integers(0, SYMBOLS, (TIME, ROWS)).astype(np.int32)


@pytest.mark.parametrize(
    ("cell", "layers", "more"),
    [("lstm", 1, {}), ("gru", 2, {}), ("mingru", 2, {}), ("lstm", 1, {"attention": "dot", "attention_window": 3})],
)
def test_it_equals_the_plain_reference(cell, layers, more):
    config, parameters = network(cell, layers, EMBEDDING, **more)
    wanted = reference.logits(map_tree(np.float64, parameters), config, draw_ids())
    for compiled in (False, True):
        _, logits = apply(parameters, config, draw_ids(), zero_state(config, ROWS), compiled=compiled)
        np.testing.assert_allclose(logits, wanted, rtol=1e-4, atol=1e-5)


def test_the_gradient_equals_central_differences():
    """The compiled float32 gradient against differences of the reference in float64, ε = 1e-6."""
    config, parameters = network(layers=2)
    assert_gradient_of_nats(config, parameters, draw_ids(), draw_ids(1), 1e-6, abs=3e-6)


@pytest.mark.parametrize("compiled", [False, True])
def test_pieces_and_single_steps_equal_the_whole(compiled):
    config, parameters = network(layers=2)
    whole_state, whole = apply(parameters, config, draw_ids(), zero_state(config, ROWS), compiled=compiled)
    for cuts in ((0, 1, 3, 7, 8), range(TIME + 1)):
        state, parts = zero_state(config, ROWS), []
        for begin, end in itertools.pairwise(cuts):
            state, part = apply(parameters, config, draw_ids()[begin:end], state, compiled=compiled)
            parts.append(part)
        np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-5, atol=1e-6)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), state, whole_state)


def test_it_sees_the_state_and_the_one_before_and_no_other():
    layer = Deep(HIDDEN)
    random = np.random.default_rng(1)
    weights = {name: random.normal(size=weight.shape) for name, weight in layer.parameters().items()}
    hidden_TBH = random.normal(size=(TIME, ROWS, HIDDEN))
    changed_TBH = hidden_TBH.copy()
    changed_TBH[2, 1] += 1
    state = Before(np.zeros((ROWS, HIDDEN)))
    one, other = (layer.read(weights, states, state, np.matmul)[1] for states in (hidden_TBH, changed_TBH))
    wanted = np.zeros((TIME, ROWS), bool)
    wanted[2:4, 1] = True
    np.testing.assert_array_equal((one != other).any(-1), wanted)


def test_it_starts_as_the_tanh_of_the_state():
    layer = Deep(HIDDEN)
    weights = init_parameters(NetworkConfig(SYMBOLS, hidden=HIDDEN, output="deep"), 1)["deep"]
    hidden_TBH = np.random.default_rng(1).normal(size=(TIME, ROWS, HIDDEN)).astype(np.float32)
    _, outputs_TBH = layer.read(weights, hidden_TBH, Before(np.ones((ROWS, HIDDEN), np.float32)), np.matmul)
    np.testing.assert_allclose(outputs_TBH, np.tanh(hidden_TBH), rtol=1e-6)


def test_numpy_and_jax_write_and_score_alike():
    config, parameters = network(direction="both", embedding=EMBEDDING)
    vocabulary = Vocabulary("\nabcde")
    models = [RecurrentModel(config, vocabulary, parameters, compiled=way) for way in (False, True)]
    assert charrnn.sample(models[0], length=90, seed=2) == charrnn.sample(models[1], length=90, seed=2)
    one, other = (charrnn.score(model, ["abcd" * 40], pseudo=True)[0].log_probs for model in models)
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("more", [{}, {"lines": True, "direction": "both"}])
def test_a_resumed_run_is_bit_for_bit_the_uninterrupted_one(tmp_path, corpus_file, more):
    options = TrainOptions(steps=9, evaluate_every=6, output="deep", **SMALL, **more)
    steps_of(start([str(corpus_file)], tmp_path / "whole", options))
    steps_of(start([str(corpus_file)], tmp_path / "parts", options), stop_at=4)
    steps_of(resume(tmp_path / "parts", [], TrainOptions()))
    whole, parts = arrays_of(tmp_path / "whole"), arrays_of(tmp_path / "parts")
    assert whole.keys() == parts.keys()
    for key in whole:
        np.testing.assert_array_equal(whole[key], parts[key], err_msg=key)


def test_it_is_there_unless_attention_is_which_has_a_layer_of_its_own():
    def output(**said):
        options = TrainOptions(steps=10, hidden=8, precision="float32", **said)
        return make_plan(options, characters=1000, symbols=65, gigaflops={}.__getitem__).network.output

    assert output() == "deep"
    assert output(attention="dot") == "plain"
    assert output(attention="dot", output="deep") == "deep"
    assert output(output="plain") == "plain"
