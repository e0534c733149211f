"""Whole networks: against a plain numpy reference and finite differences; no peeking, rows apart."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from charrnn.errors import CharrnnError
from charrnn.network.cells import CELLS
from charrnn.network.config import NetworkConfig
from charrnn.network.dropout import dropout
from charrnn.network.forward import apply, zero_state
from charrnn.network.loss import pick_targets
from charrnn.network.output import log_softmax
from charrnn.network.parameters import fold_embedding, init_parameters, parameter_shapes
from charrnn.trees import map_tree
from tests import reference
from tests.gradients import assert_gradient_of_nats

ROWS, TIME, SYMBOLS, EMBEDDING, HIDDEN = 3, 5, 7, 4, 6
FORMS = list(itertools.product(CELLS, (1, 2), (0, EMBEDDING)))


def network(cell="lstm", layers=1, embedding=EMBEDDING, **more):
    config = NetworkConfig(SYMBOLS, cell, layers, HIDDEN, embedding, **more)
    random = np.random.default_rng(5)
    # initial biases are zero and output weights small; moved away from there, every mistake shows
    parameters = map_tree(lambda a: a + random.normal(0, 0.3, a.shape).astype(np.float32), init_parameters(config, 1))
    return config, parameters


def draw_ids(seed=0, rows=ROWS):
    return np.random.default_rng(seed).integers(0, SYMBOLS, (TIME, rows)).astype(np.int32)


@pytest.mark.parametrize(("cell", "layers", "embedding"), FORMS)
def test_network_equals_the_plain_reference(cell, layers, embedding):
    config, parameters = network(cell, layers, embedding)
    ids_TB = draw_ids()
    wanted = reference.logits(map_tree(np.float64, parameters), config, ids_TB)
    _, on_host = apply(parameters, config, ids_TB, zero_state(config, ROWS))
    np.testing.assert_allclose(on_host, wanted, rtol=1e-4, atol=1e-5)
    _, compiled = apply(parameters, config, ids_TB, zero_state(config, ROWS), compiled=True)
    np.testing.assert_allclose(compiled, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("cell", "layers", "embedding"), FORMS)
def test_gradient_equals_central_differences(cell, layers, embedding):
    """The compiled gradient of the mean nats, float32, against differences of the reference in float64.

    ε = 1e-7, small enough not to step over the kink of a ReLU.
    """
    config, parameters = network(cell, layers, embedding)
    assert_gradient_of_nats(config, parameters, draw_ids(), draw_ids(1), 1e-7, abs=3e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_no_prediction_sees_its_own_or_later_characters(cell):
    config, parameters = network(cell, 2)
    ids_TB = draw_ids()
    changed_TB = ids_TB.copy()
    changed_TB[3] = (changed_TB[3] + 1) % SYMBOLS
    _, before = apply(parameters, config, ids_TB, zero_state(config, ROWS))
    _, after = apply(parameters, config, changed_TB, zero_state(config, ROWS))
    np.testing.assert_array_equal(before[:3], after[:3])
    assert (before[3:] != after[3:]).all()


@pytest.mark.parametrize("cell", CELLS)
def test_rows_do_not_feel_each_other(cell):
    config, parameters = network(cell, 2)
    ids_TB = draw_ids()
    changed_TB = ids_TB.copy()
    changed_TB[:, 1] = (changed_TB[:, 1] + 1) % SYMBOLS
    _, before = apply(parameters, config, ids_TB, zero_state(config, ROWS))
    _, after = apply(parameters, config, changed_TB, zero_state(config, ROWS))
    np.testing.assert_array_equal(before[:, [0, 2]], after[:, [0, 2]])


def test_folding_the_embedding_changes_nothing():
    config, parameters = network(layers=2)
    folded_parameters, folded_config = fold_embedding(parameters, config)
    assert folded_config.embedding == 0
    _, wanted = apply(parameters, config, draw_ids(), zero_state(config, ROWS))
    _, got = apply(folded_parameters, folded_config, draw_ids(), zero_state(config, ROWS))
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("unknown_probability", [0.0, 0.01])
def test_picked_log_probabilities_and_their_gradient_are_those_of_log_softmax(unknown_probability):
    random = np.random.default_rng(0)
    logits = jnp.asarray(random.normal(0, 3, (4, 5, SYMBOLS)), jnp.float32)
    targets = random.integers(0, SYMBOLS, (4, 5))
    weights = random.normal(size=(4, 5)).astype(np.float32)

    def plain(logits):
        picked = jnp.take_along_axis(log_softmax(logits, unknown_probability), targets[..., None], -1)[..., 0]
        return (picked * weights).sum()

    got = jax.value_and_grad(lambda x: (pick_targets(x, targets, unknown_probability) * weights).sum())(logits)
    wanted = jax.value_and_grad(plain)(logits)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), got, wanted)


def test_probabilities_sum_to_one_with_and_without_an_unseen_unknown_symbol():
    logits = np.random.default_rng(0).normal(0, 5, (2, 3, SYMBOLS)).astype(np.float32)
    plain, with_unknown = log_softmax(logits, 0.0), log_softmax(logits, 0.01)
    np.testing.assert_allclose(np.exp(plain).sum(-1), 1, atol=1e-6)
    np.testing.assert_allclose(np.exp(with_unknown).sum(-1), 1, atol=1e-6)
    np.testing.assert_allclose(np.exp(with_unknown[..., 0]), 0.01, rtol=1e-6)
    # among the others the ratios stay
    np.testing.assert_allclose(np.diff(plain[..., 1:]), np.diff(with_unknown[..., 1:]), atol=2e-5)


def test_gradients_are_finite_with_an_unseen_unknown_symbol():
    logits = np.random.default_rng(0).normal(size=(2, 3, SYMBOLS)).astype(np.float32)
    targets = np.ones((2, 3), np.int32)
    gradient = jax.grad(lambda x: pick_targets(x, targets, 0.01).sum())(logits)
    assert np.isfinite(gradient).all()
    assert (gradient[..., 0] == 0).all()


def test_initial_recurrent_matrices_are_orthogonal_gate_by_gate():
    config, _ = network("gru", 2)
    for layer in init_parameters(config, 3)["layers"]:
        for gate in np.split(layer["recurrent"], 3, axis=1):
            np.testing.assert_allclose(gate @ gate.T, np.eye(HIDDEN), atol=1e-6)


def test_initial_forget_bias_is_one_and_relu_starts_from_a_scaled_identity():
    bias = init_parameters(NetworkConfig(SYMBOLS, "lstm", 1, HIDDEN), 1)["layers"][0]["bias"]
    np.testing.assert_array_equal(bias, np.repeat([0, 1, 0, 0], HIDDEN))
    recurrent = init_parameters(NetworkConfig(SYMBOLS, "elman-relu", 1, HIDDEN), 1)["layers"][0]["recurrent"]
    np.testing.assert_array_equal(recurrent, 0.5 * np.eye(HIDDEN))


@pytest.mark.parametrize("direction", ["forward", "both"])
def test_a_network_that_knows_the_counts_first_predicts_symbols_as_often_as_they_occur(direction):
    counts = np.array([0, 9, 90, 900, 3, 1, 500])[:SYMBOLS]
    parameters = init_parameters(NetworkConfig(SYMBOLS, hidden=HIDDEN, direction=direction), 1, counts)
    softmaxes = [parameters["output"]]
    if direction == "both":
        softmaxes += [parameters["backward"]["output"], parameters["joint"]]
    for softmax in softmaxes:
        np.testing.assert_allclose(np.exp(softmax["bias"]), (counts + 1) / (counts.sum() + SYMBOLS), rtol=1e-6)


@pytest.mark.parametrize(("cell", "layers", "embedding"), FORMS)
def test_parameter_shapes_are_those_of_fresh_parameters(cell, layers, embedding):
    config = NetworkConfig(SYMBOLS, cell, layers, HIDDEN, embedding)
    describe = lambda tree: map_tree(lambda array: (array.shape, array.dtype), tree)  # noqa: E731
    assert describe(parameter_shapes(config)) == describe(init_parameters(config, 1))


def test_dropout_drops_its_share_and_keeps_the_mean():
    key = np.array([3, 4], np.uint32)
    dropped = np.asarray(dropout(jnp.ones((50, 20, 30)), 0.3, key=key))
    kept = dropped != 0
    assert kept.mean() == pytest.approx(0.7, abs=0.01)  # 30,000 draws: standard error 0.003
    np.testing.assert_allclose(dropped[kept], 1 / 0.7, rtol=1e-6)
    for axes in ((0, 1), (0, 2), (1, 2)):  # no row, time or feature stands out
        assert np.ptp(kept.mean(axes)) < 0.12


def test_a_rate_next_to_one_drops_all_but_one_in_four_billion():
    assert not np.asarray(dropout(jnp.ones((3, 4, 5)), 0.99999999999, key=np.array([3, 4], np.uint32))).any()


def test_dropout_differs_by_key_and_not_by_how_rows_are_shared_out():
    ones = jnp.ones((6, 8, 5))
    key = np.array([3, 4], np.uint32)
    whole = dropout(ones, 0.5, key=key)
    parts = [dropout(ones[:, :4], 0.5, key=key), dropout(ones[:, 4:], 0.5, key=key, first_row=4)]
    np.testing.assert_array_equal(whole, jnp.concatenate(parts, axis=1))
    assert (whole != dropout(ones, 0.5, key=np.array([3, 5], np.uint32))).any()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"hidden": 0}, "hidden is 0; it must be at least 1"),
        ({"layers": 0}, "layers is 0; it must be at least 1"),
        ({"cell": "qrnn"}, "cell 'qrnn' is not known; choose one of elman"),
        ({"dropout": 1.0}, "dropout is 1.0; it must be at least 0 and below 1"),
    ],
)
def test_a_wrong_configuration_says_what_is_wrong(wrong, message):
    with pytest.raises(CharrnnError, match=message):
        NetworkConfig(SYMBOLS, **wrong)
