"""Gradients back through time, against products of Jacobians written out and against small differences."""

import jax
import numpy as np
import pytest

import charrnn
from charrnn.errors import CharrnnError
from charrnn.inspection.gradients import Reach, owes, reach, untrained
from charrnn.inspection.states import network_in, states_at
from charrnn.models.recurrent import RecurrentModel
from charrnn.network.cells import CELLS
from charrnn.network.config import NetworkConfig
from charrnn.network.parameters import init_parameters
from charrnn.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary("\nabcdefg", unknown_probability=0.01)
IDS = np.random.default_rng(0).integers(2, VOCABULARY.size, 40).astype(np.int32)
BACK = 6


def network(cell="elman", **more):
    config = NetworkConfig(VOCABULARY.size, cell=cell, hidden=7, embedding=5, **more)
    return RecurrentModel(config, VOCABULARY, init_parameters(config, 3))


def test_it_is_the_product_of_the_jacobians():
    """For h_t = tanh(… + U h_{t−1}): ∂L/∂h_{t−1} = U diag(1 − h_t²) ∂L/∂h_t, rows being states."""
    model = network()
    ids = IDS[: BACK + 2]
    hidden = states_at(model, ids, np.arange(len(ids)))[0].hidden
    logits = hidden[-1] @ model.parameters["output"]["weight"] + model.parameters["output"]["bias"]
    known = np.exp(logits - logits.max()) * (np.arange(len(logits)) != 0)
    error = known / known.sum() - np.eye(len(logits))[ids[-1]]
    gradient = model.parameters["output"]["weight"] @ error
    norms = []
    for k in range(1, BACK + 1):
        gradient = model.parameters["layers"][0]["recurrent"] @ ((1 - hidden[-k] ** 2) * gradient)
        norms.append(np.linalg.norm(gradient))
    found = reach(model, ids, back=BACK, places=1)
    np.testing.assert_allclose(found.median_K, norms, rtol=1e-4)
    np.testing.assert_allclose(found.low_K, found.high_K)


@pytest.mark.parametrize("more", [{}, {"layers": 2}, {"output": "deep"}, {"attention": "dot", "attention_window": 3}])
@pytest.mark.parametrize("cell", CELLS)
def test_what_is_read_counts_as_small_differences_say(cell, more):
    """Moving what the first cell makes of one character by a little moves the loss by the gradient times that."""
    model, k = network(cell, **more), 2
    found = owes(model, IDS[:12], back=BACK)
    assert found.shape == (11, BACK + 1)
    assert np.isnan(found[0, 1:]).all()
    assert np.isfinite(found[BACK:]).all()
    place = 9

    def loss(table):
        moved = RecurrentModel(model.config, VOCABULARY, model.parameters)
        parameters, config = moved._folded
        layers = [parameters["layers"][0] | {"input": table}, *parameters["layers"][1:]]
        moved.__dict__["_folded"] = (parameters | {"layers": layers}, config)
        ids = IDS[:12].copy()
        ids[place - k] = 0  # the unknown symbol stands for that one character alone
        state = moved.start(1)
        _, log_probs = moved.advance(state, ids[None, : place + 1])
        return -float(log_probs[0, -1, IDS[place + 1]])

    table = np.array(model._folded[0]["layers"][0]["input"], np.float64)
    table[0] = table[IDS[place - k]]
    step = 1e-3
    slopes = []
    for unit in np.eye(table.shape[1]):
        up, down = table.copy(), table.copy()
        up[0] += step * unit
        down[0] -= step * unit
        slopes.append((loss(up) - loss(down)) / (2 * step))
    assert np.linalg.norm(slopes) == pytest.approx(found[place, k], rel=2e-2, abs=1e-5)


def test_of_lines_nothing_reaches_over_their_beginning(lines_folder):
    model = charrnn.load(lines_folder)
    ids = model.vocabulary.encode("the cat\nsees a dog")
    found = owes(model, ids, back=10)
    place = 12  # in the second line, whose beginning is 5 characters before
    assert (found[place, :6] > 0).all()
    assert (found[place, 6:] == 0).all()


def test_the_end_of_memory_is_where_a_hundredth_is_left():
    decay = 0.5 ** np.arange(20)
    assert Reach(decay, decay, decay).characters == 8
    assert Reach(decay[:5], decay, decay).characters is None


def test_a_short_text_and_a_model_without_states_are_errors(tmp_path, corpus_file, model):
    with pytest.raises(CharrnnError, match="202 are needed"):
        reach(model, IDS, back=200, places=4)
    counts = charrnn.ngram(corpus_file, tmp_path / "counts", order="3")
    with pytest.raises(CharrnnError, match="counts: is no recurrent network"):
        network_in(counts, "counts")
    mixture = charrnn.mix([model, counts])
    assert network_in(mixture, "both") is mixture.models[0]


def test_before_training_it_is_the_same_network(tmp_path, corpus_file):
    still = {"hidden": 8, "steps": 1, "learning_rate": 1e-30, "weight_decay": 0.0, "seed": 5}
    model = charrnn.train(corpus_file, tmp_path / "m", **still)
    before, after = untrained(model).parameters, model.parameters
    for fresh, kept in zip(jax.tree.leaves(before), jax.tree.leaves(after), strict=True):
        np.testing.assert_allclose(fresh, kept, atol=1e-6)


def test_the_gain_of_the_recurrent_matrix_decides_between_vanishing_and_exploding():
    """Of an untrained Elman network, whose recurrent matrix is orthogonal."""
    vocabulary = Vocabulary("\nabcdefg")
    config = NetworkConfig(vocabulary.size, "elman", 1, 64, 8)
    model = RecurrentModel(config, vocabulary, init_parameters(config, 1))
    ids = np.random.default_rng(0).integers(2, vocabulary.size, 200).astype(np.int32)
    found = [reach(untrained(model, gain), ids, back=40, places=8) for gain in (1.0, 1.5, 3.0)]
    vanishing, level, exploding = (one.median_K[-1] / one.median_K[0] for one in found)
    assert vanishing < 0.01 < level < 100 < exploding
    assert [one.explodes for one in found] == [False, False, True]
    assert found[0].characters is not None
