"""Networks over trees, held against a plain recursion over nested tuples in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from charrnn.errors import CharrnnError
from charrnn.network.composition import COMPOSITIONS, TreeConfig, compose, compose_in_steps, label_scores_of
from charrnn.network.parameters import make_parameters
from charrnn.network.reader import ReaderConfig
from charrnn.text.bracketed import parse_bracketed
from charrnn.training.tree_batches import Room, placed, steps_and_width
from tests.gradients import assert_central_differences
from tests.reference import logistic

LINES = ["(a (a x) (b (a y) (c (b x) (a z) (a y))))", "(a y)", "(a (b (a z)))", "(a (b (a x) (a y)) (b (a z) (a x)) (b y))"]
VECTORS = {"x": 0, "y": 1, "z": 2}
HIDDEN, CHILDREN, LABELS = 5, 3, 4


def config_of(cell):
    """With a reader of one direction whose outputs are as wide as the hidden state."""
    return TreeConfig(ReaderConfig(7, cell, 1, HIDDEN, 3, direction="forward"), LABELS, CHILDREN, 2)


def weights_of(config, seed=3):
    parameters = make_parameters(config.weights(), seed)
    return jax.tree.map(
        lambda array: array + np.random.default_rng(seed).normal(0, 0.3, array.shape).astype("f"), parameters
    )


def vectors(seed=0):
    return np.random.default_rng(seed).normal(size=(len(VECTORS), HIDDEN)).astype(np.float32)


def recursion(cell, weights, tree, x_UX, node=0):
    """What is kept of a node, h and c, and of all below it, in the order of their brackets."""
    below = [recursion(cell, weights, tree, x_UX, child) for child in tree.children[node]]
    if below:
        part, states = weights["node"], [one[0] for one in below]
        total = part["bias"].astype(np.float64)
        for k, state in enumerate(states):
            total = total + state[0] @ part["weight"][k * HIDDEN : (k + 1) * HIDDEN]
    else:
        part, states = weights["leaf"], []
        total = x_UX[VECTORS[tree.words[node]]] @ part["weight"].astype(np.float64) + part["bias"]
    if cell == "elman":
        own = (np.tanh(total),)
    else:
        gates = np.split(total, len(total) // HIDDEN)
        memory = logistic(gates[0]) * np.tanh(gates[-1])
        for k, (_, before) in enumerate(states):
            memory = memory + logistic(gates[2 + k]) * before
        own = (logistic(gates[1]) * np.tanh(memory), memory)
    return [own, *(one for part in below for one in part)]


def reference_states(cell, weights, lines, x_UX):
    trees = map(parse_bracketed, lines)
    return [np.array([np.concatenate(one) for one in recursion(cell, weights, tree, x_UX)]) for tree in trees]


def together(lines):
    """What compose() takes of several trees."""
    trees, words, children, levels = [parse_bracketed(line) for line in lines], [], [], []
    for tree in trees:
        start = len(words)
        words += [VECTORS.get(word, -1) for word in tree.words]
        children += [[start + c for c in those] + [-1] * (CHILDREN - len(those)) for those in tree.children]
        levels += tree.levels
    return np.array(words), np.array(children), np.array(levels)


def in_steps(lines, width=None):
    """What compose_in_steps() takes, and of each tree the places of its nodes, from 0."""
    trees = [parse_bracketed(line) for line in lines]
    steps, chosen = steps_and_width(trees)
    width = width or chosen
    steps = 8 if width == 1 else steps
    leaves = 1 + max(sum(word is not None for word in tree.words) for tree in trees)
    room = Room(0, 0, leaves, steps, width)
    words_FB = np.zeros((leaves, len(trees)), np.int32)
    children = np.zeros((steps * width, len(trees), CHILDREN), np.int32)
    places = []
    for row, tree in enumerate(trees):
        places_N, children_NK = placed(tree, room, CHILDREN)
        here = [VECTORS[word] for word in tree.words if word]
        words_FB[: len(here), row] = here
        inner = places_N > leaves
        children[places_N[inner] - 1 - leaves, row] = children_NK[inner]
        places.append(places_N - 1)
    return words_FB, children.reshape(steps, width, len(trees), CHILDREN), places


@pytest.mark.parametrize("cell", COMPOSITIONS)
def test_numpy_is_the_plain_recursion(cell):
    config, x_UX = config_of(cell), vectors()
    weights = weights_of(config)
    states = compose(weights, config, x_UX, *together(LINES))
    expected = np.concatenate(reference_states(cell, weights, LINES, x_UX))
    np.testing.assert_allclose(states, expected, atol=2e-6)  # float32 against float64
    scores = label_scores_of(weights, config, states)
    hidden = expected[:, :HIDDEN]
    np.testing.assert_allclose(scores, hidden @ weights["output"]["weight"] + weights["output"]["bias"], atol=2e-6)


@pytest.mark.parametrize("width", [None, 1, 2])
@pytest.mark.parametrize("cell", COMPOSITIONS)
def test_the_compiled_steps_are_the_plain_recursion_and_padding_touches_nothing(cell, width):
    config, x_UX = config_of(cell), vectors()
    weights = weights_of(config)
    words_FB, children, places = in_steps(LINES, width)
    states = jax.jit(lambda x: compose_in_steps(weights, config, x, children))(x_UX[words_FB])
    for row, expected in enumerate(reference_states(cell, weights, LINES, x_UX)):
        np.testing.assert_allclose(states[places[row], row], expected, atol=2e-6)
    alone, other, where = in_steps(LINES[:1])
    other_states = compose_in_steps(weights, config, jnp.array(x_UX[alone]), other)
    np.testing.assert_allclose(other_states[where[0], 0], states[places[0], 0], atol=1e-6)


@pytest.mark.parametrize("cell", COMPOSITIONS)
def test_the_gradient_is_that_of_differences(cell):
    config, x_UX = config_of(cell), vectors()
    weights = {name: part for name, part in weights_of(config).items() if name in ("leaf", "node")}
    words_FB, children, places = in_steps(LINES)
    random = np.random.default_rng(1)
    pull = [random.normal(size=(len(own), config.kept)) for own in places]

    def compiled(parameters):
        states = compose_in_steps(parameters["weights"], config, parameters["x"][words_FB], children)
        return sum((states[own, row] * pull[row]).sum() for row, own in enumerate(places))

    def plain(parameters):
        states = reference_states(cell, parameters["weights"], LINES, parameters["x"])
        return sum((own * each).sum() for own, each in zip(states, pull, strict=True))

    parameters = {"weights": weights, "x": x_UX}
    gradient = jax.jit(jax.grad(compiled))(parameters)
    assert_central_differences(plain, parameters, gradient, 1e-5, rel=1e-3, abs=1e-4)


def test_steps_have_room_for_every_level_and_are_about_as_many_as_the_nodes_ask_for():
    def chain(levels):
        return parse_bracketed("(a " * levels + "(a x)" + ")" * levels)

    def full(levels):
        line = "(a x)"
        for _ in range(levels):
            line = f"(a {line} {line})"
        return parse_bracketed(line)

    assert steps_and_width([chain(9)]) == (9, 1)
    assert steps_and_width([parse_bracketed("(a x)")]) == (1, 1)
    assert steps_and_width([full(5)]) == (9, 4)  # levels of 16, 8, 4, 2 and 1 nodes take 4 + 2 + 1 + 1 + 1 steps
    steps, width = steps_and_width([full(5), chain(20)])
    assert steps >= 20
    assert steps * width <= 3 * 31


def test_cells_without_a_form_for_trees_are_refused():
    with pytest.raises(CharrnnError, match="cell 'gru' has no form for trees; choose one of elman, lstm"):
        config_of("gru")
    assert config_of("lstm").kept == 2 * HIDDEN
    assert config_of("elman").kept == HIDDEN
