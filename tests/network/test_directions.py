"""Two directions: gradients, no leak, padding, and that training and inference mean the same."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import charrnn
from charrnn.models.recurrent import RecurrentModel
from charrnn.network.cells import CELLS
from charrnn.network.config import NetworkConfig
from charrnn.network.directions import reverse
from charrnn.network.forward import zero_state
from charrnn.network.parameters import init_parameters
from charrnn.scoring import pseudo
from charrnn.scoring.log_probs import sequence_log_probs
from charrnn.scoring.pseudo import pseudo_sentences, pseudo_sequences
from charrnn.text.vocabulary import Vocabulary
from charrnn.training.objective import objective
from charrnn.training.options import TrainOptions
from charrnn.training.start import start
from charrnn.trees import map_tree
from tests import reference
from tests.gradients import assert_central_differences

ROWS, TIME, SYMBOLS, EMBEDDING, HIDDEN = 3, 6, 7, 4, 5
LENGTHS = (6, 2, 5)
FORMS = [("lstm", 1, EMBEDDING), ("gru", 2, 0), ("elman", 2, EMBEDDING), ("mingru", 2, 0)]


def network(cell="lstm", layers=1, embedding=EMBEDDING):
    config = NetworkConfig(SYMBOLS, cell, layers, HIDDEN, embedding, direction="both")
    random = np.random.default_rng(5)
    return config, map_tree(lambda a: a + random.normal(0, 0.3, a.shape).astype(np.float32), init_parameters(config, 1))


def draw_rows():
    """Rows x_0 … x_L of different lengths."""
    random = np.random.default_rng(2)
    return [random.integers(1, SYMBOLS, length + 1).astype(np.int32) for length in LENGTHS]


def as_batch(rows):
    inputs_TB, targets_TB = np.zeros((2, TIME, len(rows)), np.int32)
    mask_TB = np.zeros((TIME, len(rows)), np.float32)
    for b, row in enumerate(rows):
        length = len(row) - 1
        inputs_TB[:length, b], targets_TB[:length, b], mask_TB[:length, b] = row[:-1], row[1:], 1
    return inputs_TB, targets_TB, mask_TB


def objective_of(parameters, config, rows):
    carry = zero_state(config, len(rows))
    return objective(parameters, config, 0.0, carry, as_batch(rows), lambda array, rate, place: array)


@pytest.mark.parametrize(("cell", "layers", "embedding"), FORMS)
def test_objective_and_its_gradient_equal_the_plain_reference(cell, layers, embedding):
    """The compiled float32 gradient against central differences of the reference in float64, ε = 1e-6."""
    config, parameters = network(cell, layers, embedding)
    rows = draw_rows()
    value, gradient = jax.jit(jax.value_and_grad(lambda p: objective_of(p, config, rows)[0]))(parameters)

    def wanted(parameters):
        return reference.nats_of_two_directions(parameters, config, rows)

    assert value == pytest.approx(wanted(map_tree(np.float64, parameters)), rel=1e-5)
    assert_central_differences(wanted, parameters, gradient, 1e-6, abs=2e-5, rel=1e-4)


def model_of(config, parameters, **how):
    return RecurrentModel(config, Vocabulary("\nabcde"), parameters, **how)


def test_training_means_what_scoring_means():
    """The objective is the sum of the scores left to right, right to left, and given all others."""
    config, parameters = network("gru", 2)
    rows = draw_rows()
    total, forward, _ = objective_of(parameters, config, rows)
    model = model_of(config, parameters)
    to_right = -sum(scores.sum() for scores in sequence_log_probs(model, rows))
    to_left = -sum(scores.sum() for scores in sequence_log_probs(model.backward, [row[::-1] for row in rows]))
    joint = -sum(log_probs.sum() for _, log_probs, _, _ in pseudo_sequences(model, rows))
    assert forward == pytest.approx(to_right, rel=1e-5)
    assert total == pytest.approx(to_right + to_left + joint, rel=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_no_character_is_seen_by_its_own_prediction(cell):
    """Replacing character t by each symbol in turn, its pseudo-likelihoods are one distribution: they sum to 1.

    Were the character seen, each would be predicted by a distribution of its own.
    """
    config, parameters = network(cell, 2)
    model = model_of(config, parameters)
    row = draw_rows()[0]
    for t in range(1, len(row) - 1):
        rows = [np.where(np.arange(len(row)) == t, symbol, row).astype(np.int32) for symbol in range(SYMBOLS)]
        log_probs = np.array([found[1] for found in pseudo_sequences(model, rows)])
        assert np.exp(log_probs[:, t - 1]).sum() == pytest.approx(1, abs=1e-5)
        others = np.delete(log_probs, t - 1, axis=1)
        assert (np.ptp(others, axis=0) > 1e-6).all()  # every other prediction sees it


def test_rows_are_turned_by_their_own_length():
    array_TBX = np.arange(24).reshape(4, 3, 2)
    lengths_B = np.array([4, 0, 3])
    turned = reverse(array_TBX, lengths_B)
    np.testing.assert_array_equal(turned[:, 0], array_TBX[::-1, 0])
    np.testing.assert_array_equal(turned[:, 1], array_TBX[:, 1])
    np.testing.assert_array_equal(turned[:, 2], array_TBX[[2, 1, 0, 3], 2])
    np.testing.assert_array_equal(reverse(jnp.asarray(turned), jnp.asarray(lengths_B)), array_TBX)


def test_numpy_and_jax_give_one_pseudo_likelihood(both_folder):
    texts = ["the cat sees a dog.", "", "a", "zzz é", "the old house " * 20]
    on_numpy, compiled = (charrnn.load(both_folder, compiled=way) for way in (False, True))
    for a, b in zip(pseudo_sentences(on_numpy, texts), pseudo_sentences(compiled, texts), strict=True):
        np.testing.assert_allclose(a.log_probs, b.log_probs, atol=1e-4)
        assert len(a.log_probs) == len(a.text)


def test_long_texts_are_read_in_pieces(both_folder, monkeypatch):
    """A run-up of 512 characters on either side brings both states to within 1e-4 of what the whole text would."""
    model = charrnn.load(both_folder)
    text = "the small red house and then a dog sleeps under the old tree " * 25
    (whole,) = pseudo_sentences(model, [text])
    monkeypatch.setattr(pseudo, "PIECE", 100)
    (pieces,) = pseudo_sentences(model, [text])
    np.testing.assert_allclose(pieces.log_probs, whole.log_probs, atol=1e-4)
    np.testing.assert_array_equal(pieces.likeliest, whole.likeliest)


def test_both_sides_know_more_and_find_typing_errors(both_folder):
    model = charrnn.load(both_folder)
    good, bad = pseudo_sentences(model, ["the cat likes a small dog.", "the cat likrs a small dog."])
    assert good.tally.nats < charrnn.score(model, [good.text])[0].tally.nats
    assert bad.gains.argmax() == bad.text.index("r")
    assert model.vocabulary.decode(bad.likeliest[[bad.gains.argmax()]]) == "e"


def test_a_forward_model_says_what_it_lacks(model):
    with pytest.raises(charrnn.CharrnnError, match="left to right only; train one with `charrnn train --direction both`"):
        pseudo_sentences(model, ["the"])


def test_the_forward_stack_samples_and_starts_other_runs(both_folder, corpus_file, tmp_path):
    model = charrnn.load(both_folder)
    texts = [charrnn.sample(charrnn.load(both_folder, compiled=way), length=40, seed=2) for way in (False, True)]
    assert texts[0] == texts[1] != ""
    session = start([str(corpus_file)], tmp_path / "m", TrainOptions(steps=2, lines=True, init_from=both_folder))
    assert session.run.task.network.direction == "both"
    np.testing.assert_array_equal(session.state.parameters["joint"]["backward"], model.parameters["joint"]["backward"])


def test_an_unknown_direction():
    with pytest.raises(charrnn.CharrnnError, match="direction 'up' is not known; choose one of forward, both"):
        NetworkConfig(SYMBOLS, direction="up")
