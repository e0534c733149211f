"""Encoder, decoder and attention: against plain loops and finite differences, numpy and JAX, whole and symbol by symbol."""

import itertools
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from charrnn.errors import CharrnnError
from charrnn.network.attention import SCORES
from charrnn.network.parameters import make_parameters, shapes_of
from charrnn.network.reader import ReaderConfig
from charrnn.network.rewriting import RewritingConfig, begun, decode, encode, log_probs_of, spread_out, target_log_probs
from charrnn.trees import map_tree
from tests import reference
from tests.gradients import assert_central_differences

SYMBOLS, HIDDEN, EMBEDDING, SOURCE, TARGET = 7, 5, 4, 6, 3
LENGTHS, TARGET_LENGTHS = np.array([6, 2]), np.array([2, 3])
WAYS = [*((kind, False) for kind in ("none", *SCORES)), ("general", True), ("additive", True)]


def network(attention="general", copy=False, cell="lstm", layers=1, **more):
    config = RewritingConfig(
        ReaderConfig(SYMBOLS, cell, layers, HIDDEN, **{"embedding": EMBEDDING, **more}), attention, copy
    )
    random = np.random.default_rng(5)
    parameters = make_parameters(config.weights(), 1)
    return config, map_tree(lambda a: a + random.normal(0, 0.4, a.shape).astype(np.float32), parameters)


def draw_ids():
    random = np.random.default_rng(0)
    sources_SB, targets_TB = (random.integers(2, SYMBOLS, (size, 2)).astype(np.int32) for size in (SOURCE, TARGET))
    sources_SB[2:, 1] = targets_TB[2:, 0] = 0  # padding
    return sources_SB, targets_TB


def log_probs(parameters, config, sources_SB, targets_TB, lengths_B=LENGTHS, **how):
    """What the decoder says, the sources, and log_probs_TBV."""
    source, state = encode(parameters, config, sources_SB, lengths_B, **how)
    _, written = decode(parameters, config, source, state, begun(targets_TB), **how)
    return written, source, log_probs_of(written, source)


def run_over(cell, weights, inputs, state):
    outputs = []
    for x in inputs:
        state = reference.step(cell, weights, x, state)
        outputs.append(state["hidden"])
    return outputs


def plain_log_probs(parameters, config, source, target):
    """log_probs_TV of one pair without padding, one symbol and state after the other; with attention its shares too."""
    reader, hidden = config.reader, config.reader.hidden
    zero = reference.first_state(reader.cell, hidden)
    vectors = parameters["reader"]["embedding"] if reader.embedding else np.eye(reader.vocabulary_size)
    states = [vectors[k] for k in source]
    for ways in parameters["reader"]["layers"]:
        forward = run_over(reader.cell, ways["forward"], states, zero)
        halves, ends = [forward], [forward[-1]]
        if reader.direction == "both":
            backward = run_over(reader.cell, ways["backward"], states[::-1], zero)
            halves, ends = [forward, backward[::-1]], [forward[-1], backward[-1]]
        states = [np.concatenate(both) for both in zip(*halves, strict=True)]
    bridge = np.tanh(np.concatenate(ends) @ parameters["bridge"]["weight"] + parameters["bridge"]["bias"])
    outputs = [vectors[k] for k in [1, *target[:-1]]]
    parts = iter(bridge[k : k + hidden] for k in range(0, len(bridge), hidden))
    for weights in parameters["decoder"]["layers"]:
        outputs = run_over(reader.cell, weights, outputs, {part: next(parts) for part in zero})
    found, all_shares = [], []
    weights = parameters.get("attention", {})
    for h in outputs:
        if config.attention != "none":
            score = {
                "additive": lambda s, h=h: weights["vector"][:, 0] @ np.tanh(h @ weights["query"] + s @ weights["key"]),
                "dot": lambda s, h=h: h @ s.reshape(-1, hidden).sum(0),
                "general": lambda s, h=h: s @ weights["key"] @ h,
            }[config.attention]
            shares = np.exp([score(s) for s in states])
            shares /= shares.sum()
            context = sum(share * s for share, s in zip(shares, states, strict=True))
            h = np.tanh(h @ weights["hidden"] + context @ weights["context"] + weights["bias"])
            all_shares.append(shares)
        scores = h @ parameters["output"]["weight"] + parameters["output"]["bias"]
        p = np.exp(scores) / np.exp(scores).sum()
        if config.copy:
            gate = reference.logistic(h @ parameters["gate"]["weight"][:, 0] + parameters["gate"]["bias"][0])
            p = gate * p
            for share, symbol in zip(shares, source, strict=True):
                p[symbol] += (1 - gate) * share
        found.append(np.log(p))
    return np.array(found), np.array(all_shares)


@pytest.mark.parametrize(
    ("attention", "copy", "cell", "layers", "more"),
    [
        *((attention, copy, "lstm", 1, {}) for attention, copy in WAYS),
        ("dot", True, "gru", 2, {"embedding": 0}),
        ("none", False, "mingru", 2, {"direction": "forward"}),
    ],
)
def test_it_equals_the_plain_reference_on_numpy_and_jax(attention, copy, cell, layers, more):
    config, parameters = network(attention, copy, cell, layers, **more)
    sources_SB, targets_TB = draw_ids()
    run = partial(log_probs, config=config, sources_SB=sources_SB, targets_TB=targets_TB)
    for found in (run(parameters), jax.jit(partial(run, compiled=True))(parameters)):
        written, _, log_probs_TBV = found
        for row, (length, target_length) in enumerate(zip(LENGTHS, TARGET_LENGTHS, strict=True)):
            pair = sources_SB[:length, row], targets_TB[:target_length, row]
            wanted_TV, shares_TS = plain_log_probs(map_tree(np.float64, parameters), config, *pair)
            np.testing.assert_allclose(log_probs_TBV[:target_length, row], wanted_TV, rtol=1e-4, atol=1e-5)
            if attention != "none":
                shares = written.shares_BTS[row, :target_length, :length]
                np.testing.assert_allclose(shares, shares_TS, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("attention", "copy"), WAYS)
def test_probabilities_and_shares_sum_to_one_and_padding_has_none(attention, copy):
    config, parameters = network(attention, copy)
    written, _, log_probs_TBV = log_probs(parameters, config, *draw_ids())
    np.testing.assert_allclose(np.exp(log_probs_TBV).sum(-1), 1, rtol=1e-5)
    if attention != "none":
        np.testing.assert_allclose(written.shares_BTS.sum(-1), 1, rtol=1e-5)
        assert (written.shares_BTS[1, :, 2:] == 0).all()


@pytest.mark.parametrize(("attention", "copy", "compiled"), [*((*way, False) for way in WAYS), ("general", True, True)])
def test_what_stands_behind_a_source_changes_nothing(attention, copy, compiled):
    config, parameters = network(attention, copy, "gru", 2)
    sources_SB, targets_TB = draw_ids()
    before = log_probs(parameters, config, sources_SB, targets_TB, compiled=compiled)[-1]
    sources_SB[2:, 1] = 3
    after = log_probs(parameters, config, sources_SB, targets_TB, compiled=compiled)[-1]
    np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize(("attention", "copy"), WAYS)
def test_gradient_equals_central_differences(attention, copy):
    """The compiled float32 gradient against differences of the reference in float64, ε = 1e-6."""
    config, parameters = network(attention, copy)
    sources_SB, targets_TB = draw_ids()
    there_TB = np.arange(TARGET)[:, None] < TARGET_LENGTHS

    def nats(parameters):
        source, state = encode(parameters, config, sources_SB, LENGTHS, compiled=True)
        _, written = decode(parameters, config, source, state, begun(jnp.asarray(targets_TB)), compiled=True)
        return -(target_log_probs(written, source, jnp.asarray(targets_TB)) * there_TB).sum()

    def reference_nats(parameters):
        total = 0.0
        for row, (length, target_length) in enumerate(zip(LENGTHS, TARGET_LENGTHS, strict=True)):
            target = targets_TB[:target_length, row]
            found, _ = plain_log_probs(parameters, config, sources_SB[:length, row], target)
            total -= found[np.arange(target_length), target].sum()
        return total

    value, gradient = jax.jit(jax.value_and_grad(nats))(parameters)
    assert value == pytest.approx(reference_nats(map_tree(np.float64, parameters)), rel=1e-5)
    assert_central_differences(reference_nats, parameters, gradient, 1e-6, abs=1e-5, rel=1e-4)


@pytest.mark.parametrize(("attention", "copy"), WAYS)
def test_symbol_by_symbol_and_several_hypotheses_equal_the_whole(attention, copy):
    config, parameters = network(attention, copy, layers=2)
    sources_SB, targets_TB = draw_ids()
    _, _, whole_TBV = log_probs(parameters, config, sources_SB, targets_TB)
    source, state = encode(parameters, config, sources_SB, LENGTHS)
    source, state = spread_out(source, 3), map_tree(lambda part: part.repeat(3, axis=0), state)
    for t, ids_B in enumerate(begun(targets_TB)):
        state, written = decode(parameters, config, source, state, ids_B[None].repeat(3, axis=1))
        np.testing.assert_allclose(log_probs_of(written, source)[0], whole_TBV[t].repeat(3, axis=0), rtol=1e-4, atol=1e-5)


def test_every_part_has_dropout_of_its_own():
    """Of 2 layers: the reader's embedding, its layers and its ends, then the decoder's embedding and its layers."""
    config, parameters = network(layers=2, dropout=0.1)
    dropped = []

    def drop(array_TBX, rate, place):
        dropped.append((place, rate))
        return array_TBX

    log_probs(parameters, config, *draw_ids(), drop=drop)
    assert [rate for _, rate in dropped] == [0.1] * len(dropped)
    places = [place for place, _ in itertools.groupby(place for place, _ in dropped)]  # both directions read one embedding
    assert places == sorted(set(places)) == list(range(7))


def test_shapes_are_those_of_fresh_parameters():
    for attention, copy in WAYS:
        config, parameters = network(attention, copy, "gru", 2)
        shapes = [
            map_tree(lambda array: (array.shape, array.dtype), tree) for tree in (shapes_of(config.weights()), parameters)
        ]
        assert shapes[0] == shapes[1]
        assert ("attention" in parameters, "gate" in parameters) == (attention != "none", copy)


def test_wrong_configurations():
    reader = ReaderConfig(SYMBOLS)
    with pytest.raises(CharrnnError, match="attention 'self' is not known; choose one of none, additive, dot, general"):
        RewritingConfig(reader, "self")
    with pytest.raises(CharrnnError, match="copying takes what attention looks at; choose an attention"):
        RewritingConfig(reader, "none", copy=True)
