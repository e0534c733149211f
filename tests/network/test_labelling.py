"""Networks that label: against a plain loop, brute force and finite differences; padding; both directions of each layer."""

import itertools

import jax
import numpy as np
import pytest

from charrnn.network.cells import CELLS
from charrnn.network.crf import best_paths, log_likelihoods, marginals
from charrnn.network.labelling import LabellingConfig, label_scores, shares_of_places
from charrnn.network.loss import pick_targets
from charrnn.network.parameters import make_parameters
from charrnn.network.reader import ReaderConfig, read_whole
from charrnn.trees import map_tree
from tests import reference
from tests.gradients import assert_central_differences

TIME, SYMBOLS, EMBEDDING, HIDDEN, LABELS = 6, 7, 4, 3, 5
LENGTHS_B = np.array([6, 1, 4], np.int32)


def network(cell="lstm", layers=2, embedding=EMBEDDING, direction="both", **more):
    reader = ReaderConfig(SYMBOLS, cell, layers, HIDDEN, embedding, direction=direction)
    config, random = LabellingConfig(reader, LABELS, **more), np.random.default_rng(5)
    parameters = make_parameters(config.weights(), 1)
    return config, map_tree(lambda a: a + random.normal(0, 0.4, a.shape).astype(np.float32), parameters)


def draw_ids(seed=0):
    return np.random.default_rng(seed).integers(0, SYMBOLS, (TIME, len(LENGTHS_B))).astype(np.int32)


def labels_of_all(seed=1):
    return np.random.default_rng(seed).integers(0, LABELS, (TIME, len(LENGTHS_B))).astype(np.int32)


def plain_outputs(weights, config, ids):
    """outputs_TX of one text, one direction of one layer after the other, and the last of each."""
    signals = list(np.eye(SYMBOLS)[ids] @ weights["embedding"] if config.embedding else np.eye(SYMBOLS)[ids])
    for layer in weights["layers"]:
        read = {}
        for way in config.ways:
            state, hidden = reference.first_state(config.cell, HIDDEN), []
            for signal in signals if way == "forward" else signals[::-1]:
                state = reference.step(config.cell, layer[way], signal, state)
                hidden.append(state["hidden"])
            read[way] = hidden
        ends = np.concatenate([read[way][-1] for way in config.ways])
        aligned = [read[way] if way == "forward" else read[way][::-1] for way in config.ways]
        signals = [np.concatenate(parts) for parts in zip(*aligned, strict=True)]
    return np.array(signals), ends


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("layers", "embedding", "direction"), [(2, EMBEDDING, "both"), (1, 0, "both"), (2, 0, "forward")])
def test_a_reader_equals_the_plain_loop_whatever_stands_behind_the_texts(cell, layers, embedding, direction):
    config, parameters = network(cell, layers, embedding, direction)
    ids_TB, weights = draw_ids(), map_tree(np.float64, parameters["reader"])
    for compiled in (False, True):
        outputs, ends = read_whole(parameters["reader"], config.reader, ids_TB, LENGTHS_B, compiled=compiled)
        for row, length in enumerate(LENGTHS_B):
            wanted, last = plain_outputs(weights, config.reader, ids_TB[:length, row])
            np.testing.assert_allclose(outputs[:length, row], wanted, rtol=1e-4, atol=1e-5)
            np.testing.assert_allclose(ends[row], last, rtol=1e-4, atol=1e-5)


def test_a_deep_reader_sees_all_of_the_text_at_every_place():
    """Labels are not the input, so that this is no peeking; a language model of two directions keeps its stacks apart."""
    config, parameters = network()
    outputs, _ = read_whole(parameters["reader"], config.reader, draw_ids()[:, :1], LENGTHS_B[:1])
    for changed in range(TIME):
        ids_TB = draw_ids()[:, :1]
        ids_TB[changed] = (ids_TB[changed] + 1) % SYMBOLS
        others, _ = read_whole(parameters["reader"], config.reader, ids_TB, LENGTHS_B[:1])
        assert (np.abs(others - outputs).max(-1) > 1e-6).all()


@pytest.mark.parametrize("compiled", [False, True])
def test_the_label_of_a_text_comes_from_its_ends_or_from_all_its_places(compiled):
    config, parameters = network(pooling="attention")
    ids_TB = draw_ids()
    outputs_TBX, _ = read_whole(parameters["reader"], config.reader, ids_TB, LENGTHS_B)
    shares_TB = shares_of_places(parameters["pooling"], outputs_TBX, LENGTHS_B)
    scores_BL = label_scores(parameters, config, ids_TB, LENGTHS_B, compiled=compiled)
    for row, length in enumerate(LENGTHS_B):
        rated = np.tanh(outputs_TBX[:length, row] @ parameters["pooling"]["key"]) @ parameters["pooling"]["vector"][:, 0]
        shares = np.exp(rated) / np.exp(rated).sum()
        np.testing.assert_allclose(shares_TB[:, row], np.pad(shares, (0, TIME - length)), atol=1e-6)
        mean = shares @ outputs_TBX[:length, row]
        wanted = mean @ parameters["output"]["weight"] + parameters["output"]["bias"]
        np.testing.assert_allclose(scores_BL[row], wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("more", [{}, {"pooling": "attention"}, {"each": True}, {"each": True, "crf": True}], ids=str)
def test_the_gradient_equals_central_differences(more):
    config, parameters = network(layers=1, **more)
    labels_TB = labels_of_all()
    there_TB = np.arange(TIME)[:, None] < LENGTHS_B

    def nats(parameters, compiled):
        scores = label_scores(parameters, config, draw_ids(), LENGTHS_B, compiled=compiled)
        if config.crf and not compiled:
            rows = range(len(LENGTHS_B))
            return -sum(path_log_prob(scores[:n, b], parameters["transitions"], labels_TB[:n, b])
                        for b, n in zip(rows, LENGTHS_B, strict=True))  # fmt: skip
        if config.crf:
            return -log_likelihoods(scores, parameters["transitions"], labels_TB, LENGTHS_B).sum()
        if config.each:
            return -(pick_targets(scores, labels_TB, 0.0) * there_TB).sum()
        return -pick_targets(scores, labels_TB[0], 0.0).sum()

    gradient = jax.jit(jax.grad(lambda parameters: nats(parameters, True)))(parameters)
    with jax.enable_x64():
        assert_central_differences(lambda p: float(nats(p, False)), parameters, gradient, 1e-6, rel=2e-3, abs=2e-4)


def path_log_prob(scores_TL, transitions_LL, labels):
    """By the sum over all labellings."""

    def score(path):
        pairs = sum(transitions_LL[a, b] for a, b in itertools.pairwise(path))
        return sum(scores_TL[t, label] for t, label in enumerate(path)) + pairs

    paths = itertools.product(range(scores_TL.shape[1]), repeat=len(scores_TL))
    return score(list(labels)) - np.log(sum(np.exp(score(path)) for path in paths))


@pytest.fixture(scope="module")
def field():
    """Scores and transitions of a small field, and the probabilities of all labellings by brute force."""
    random = np.random.default_rng(2)
    scores_TL, transitions_LL = random.normal(0, 1.5, (4, 3)), random.normal(0, 1, (3, 3))
    every = list(itertools.product(range(3), repeat=4))
    return scores_TL, transitions_LL, {path: np.exp(path_log_prob(scores_TL, transitions_LL, path)) for path in every}


def test_the_likelihoods_of_a_random_field_are_those_of_brute_force(field):
    scores_TL, transitions_LL, probabilities = field
    labels_TB = np.array([[0, 2], [1, 2], [1, 0], [2, 0]])
    lengths_B = np.array([4, 2])
    found = log_likelihoods(np.stack([scores_TL] * 2, 1), transitions_LL, labels_TB, lengths_B)
    short = path_log_prob(scores_TL[:2], transitions_LL, labels_TB[:2, 1])
    np.testing.assert_allclose(found, [np.log(probabilities[0, 1, 1, 2]), short], rtol=1e-5)


def test_marginals_and_best_paths_of_a_random_field_are_those_of_brute_force(field):
    scores_TL, transitions_LL, probabilities = field
    shares_TL, normaliser = marginals(scores_TL, transitions_LL)
    for t, label in itertools.product(range(4), range(3)):
        wanted = sum(p for path, p in probabilities.items() if path[t] == label)
        assert shares_TL[t, label] == pytest.approx(wanted, rel=1e-9)
    best = sorted(probabilities, key=probabilities.__getitem__, reverse=True)
    for count in (1, 2, 7, 81, 100):
        found = best_paths(scores_TL, transitions_LL, count)
        assert [tuple(path) for path, _ in found] == best[:count]
        np.testing.assert_allclose(
            [np.exp(score - normaliser) for _, score in found], [probabilities[path] for path in best[:count]], rtol=1e-9
        )
    assert sum(probabilities.values()) == pytest.approx(1)
