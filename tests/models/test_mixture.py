"""Several models as one: the sums by hand, vocabularies that differ, fitted weights, and the command line.

Sizes: 2 models, 3 rows, 5 steps, 16 symbols and more.
"""

import json

import numpy as np
import pytest

import charrnn
from charrnn.errors import CharrnnError
from charrnn.models.folder import save_model
from charrnn.models.mixture import WAYS, Mixture
from charrnn.models.ngram.model import NgramModel
from charrnn.scoring.fit_mixture import fit
from charrnn.text.vocabulary import Vocabulary
from tests.conftest import assert_one_clear_line, small_text


def ngram_of(text, order, **how):
    vocabulary = Vocabulary.build(np.array([ord(c) for c in text], np.uint32))
    return NgramModel.train(vocabulary.encode(text), vocabulary, order=order, **how)


@pytest.fixture(scope="module")
def two(model_folder):
    """A network, and an n-gram model that knows X, lacks c, and numbers its symbols otherwise."""
    return charrnn.load(model_folder), ngram_of(small_text(2000, seed=3).replace("c", "X"), 4)


@pytest.fixture
def ids_BT(two):
    return np.random.default_rng(1).integers(0, Mixture(two).vocabulary.size, (3, 5)).astype(np.int32)


def probs_of(model, vocabulary, ids_BT):
    """p_BTV of a model for the symbols of a larger vocabulary, in plain loops."""
    symbols = ["?", *vocabulary.symbols]
    text = [[symbols[i] for i in row] for row in ids_BT]
    own = {symbol: 1 + k for k, symbol in enumerate(model.vocabulary.symbols)}
    read = np.array([[own.get(symbol, 0) for symbol in row] for row in text])
    p_BTV = np.exp(model.advance(model.start(3), read)[1])
    lacking = [symbol for symbol in symbols if symbol not in own]
    columns = [p_BTV[..., own[s]] if s in own else p_BTV[..., 0] / len(lacking) for s in symbols]
    return np.stack(columns, -1)


def test_sum_and_product_by_hand(two, ids_BT):
    sum_, product = (Mixture(two, (0.3, 0.7), way) for way in WAYS)
    assert {"X", "c"} <= set(sum_.vocabulary.symbols)
    p, q = (probs_of(model, sum_.vocabulary, ids_BT) for model in two)
    np.testing.assert_allclose(np.exp(sum_.advance(sum_.start(3), ids_BT)[1]), 0.3 * p + 0.7 * q, rtol=1e-5)
    both = p**0.3 * q**0.7
    expected = both / both.sum(-1, keepdims=True)
    np.testing.assert_allclose(np.exp(product.advance(product.start(3), ids_BT)[1]), expected, rtol=1e-5)


@pytest.mark.parametrize("way", WAYS)
def test_it_answers_as_a_language_model(two, ids_BT, way):
    mixture = Mixture(two, (0.25, 0.75), way)
    _, whole = mixture.advance(mixture.start(3), ids_BT)
    np.testing.assert_allclose(np.exp(whole.astype(np.float64)).sum(-1), 1, rtol=1e-5)
    state, first = mixture.advance(mixture.start(3), ids_BT[:, :2])
    _, second = mixture.advance(state, ids_BT[:, 2:])
    np.testing.assert_allclose(np.concatenate([first, second], 1), whole, atol=1e-5)
    targets = np.roll(ids_BT, 1, axis=0)
    _, found = mixture.target_log_probs(mixture.start(3), ids_BT, targets)
    np.testing.assert_allclose(found, np.take_along_axis(whole, targets[..., None], 2)[..., 0], atol=1e-5)
    changed = ids_BT.copy()
    changed[:, 4] = 2
    np.testing.assert_array_equal(mixture.advance(mixture.start(3), changed)[1][:, :4], whole[:, :4])
    assert len(charrnn.sample(mixture, prime="the ", length=20, seed=1)) == 24


@pytest.mark.parametrize("way", WAYS)
def test_all_weight_on_one_is_that_one(two, ids_BT, way):
    alone = probs_of(two[1], Mixture(two).vocabulary, ids_BT)
    mixture = Mixture(two, (0, 1), way)
    np.testing.assert_allclose(np.exp(mixture.advance(mixture.start(3), ids_BT)[1]), alone, rtol=1e-5)


@pytest.mark.parametrize("way", WAYS)
def test_fitted_weights_are_the_best(tmp_path, two, way):
    """No other weights give the text a higher probability, and both models alone a lower one."""
    text = small_text(1500, seed=8)
    (tmp_path / "text").write_text(text)
    fitted = charrnn.mix(two, mix=way, fit_on=tmp_path / "text")
    ids_BT = fitted.vocabulary.encode(text)[None]

    def nats(weights):
        mixture = Mixture(two, weights, way)
        return -mixture.target_log_probs(mixture.start(1), ids_BT[:, :-1], ids_BT[:, 1:])[1].mean()

    best = nats(fitted.weights_M)
    others = [(0, 1), (1, 0), (0.5, 0.5)]
    for step in (-0.05, 0.05):
        moved = fitted.weights_M + np.array([step, -step if way == "linear" else 0])
        others.append(tuple(moved) if (moved >= 0).all() else (0.4, 0.6))
    assert all(nats(weights) > best - 1e-6 for weights in others)
    if way == "linear":
        assert fitted.weights_M.sum() == pytest.approx(1)


def test_sparing_weights_mix_only_what_helps_for_certain(two):
    """On much text they are nearly the best; a few characters are no reason to mix."""
    network, counts = two
    ids = Mixture(two).vocabulary.encode(small_text(3000, seed=8))
    free, sparing = (fit(two, [ids], "log-linear", sparing=way).weights_M for way in (False, True))
    np.testing.assert_allclose(sparing, free, atol=0.05)
    for models in (two, (counts, network)):
        assert sorted(fit(models, [ids[:2]], "log-linear", sparing=True).weights_M) == [0, 1]


def test_models_that_know_different_things_mixed_beat_both(tmp_path, two):
    """Mikolov's result in kind; the weights are fitted on other text than is scored."""
    models = (two[0], ngram_of("one two three four five six seven.\n" * 20, 5))
    (tmp_path / "fit").write_text(small_text(500, seed=21) + "four two seven.\n" * 20)
    lines = [*small_text(500, seed=22).splitlines(), *["three four one six."] * 20]

    def nats(model):
        return sum(score.tally.nats for score in charrnn.score(model, lines))

    assert nats(charrnn.mix(models, mix="linear", fit_on=tmp_path / "fit")) < 0.8 * min(map(nats, models))


@pytest.mark.parametrize(
    ("weights", "way", "part"),
    [
        ((0.5, 0.6), "linear", "--weight 0.5 0.6: they sum to 1.1; in a linear mixture they must sum to 1"),
        ((-1, 2), "log-linear", "weights are from 0 to 1,000"),
        ((0.5, 1e308), "log-linear", "weights are from 0 to 1,000"),
        ((float("nan"), 1), "log-linear", "weights are from 0 to 1,000"),
        ((1,), "linear", "1 for 2 models"),
        ((), "geometric", "--mix geometric: choose one of linear, log-linear"),
    ],
)
def test_weights_that_cannot_be(two, weights, way, part):
    with pytest.raises(CharrnnError, match=part):
        Mixture(two, weights, way)


def test_vocabularies_that_do_not_meet(two):
    with pytest.raises(CharrnnError, match="no character in common"):
        Mixture((two[0], ngram_of("日本\n日本\n", 2)))
    units = np.frombuffer(b"ab", np.uint8)
    vocabulary = Vocabulary.build(units, "byte")
    with pytest.raises(CharrnnError, match="models of chars and of bytes"):
        Mixture((two[0], NgramModel.train(vocabulary.encode(units), vocabulary, order=2)))


def test_the_command_line_takes_mixtures(run, tmp_path, model_folder, two):
    save_model(two[1], tmp_path / "n")
    both = ["-m", model_folder, "-m", tmp_path / "n"]
    record = json.loads(run("score", *both, "--text", "the cat", "--format", "jsonl")[1])
    wanted = charrnn.score(Mixture(two), ["the cat"])[0].tally.nats
    assert -record["logprob"] * np.log(10) == pytest.approx(wanted, rel=1e-5)
    weighed = run("score", *both, "--weight", 0, "--weight", 1, "--text", "the dog")[1]
    assert weighed == run("score", "-m", tmp_path / "n", "--text", "the dog")[1]
    (tmp_path / "fit").write_text(small_text(1000, seed=9))
    code, out, error = run("sample", *both, "--fit-on", tmp_path / "fit", "--mix", "linear", "--length", 10, "--seed", 1)
    assert (code, len(out)) == (0, 11)
    assert "weights fitted on" in error
    assert_one_clear_line(run("score", *both, "--weight", 1, "--weight", 1, "--mix", "linear", "--text", "a"), "sum to 2")
    for wrong in (["--weight", 1, *both], ["--weight", 1], [*both, "--weight", 1, "--weight", 1, "--fit-on", "x"]):
        assert run("score", *wrong, "--text", "a")[0] == 2


def test_the_text_to_fit_on_is_read_in_the_encoding_given(run, tmp_path, model_folder, two):
    save_model(two[1], tmp_path / "n")
    (tmp_path / "fit").write_bytes(b"the caf\xe9\n" * 50)
    fitting = ["score", "-m", model_folder, "-m", tmp_path / "n", "--fit-on", tmp_path / "fit", "--text", "a"]
    assert_one_clear_line(run(*fitting), "byte 7 is not UTF-8")
    assert run(*fitting, "--encoding", "latin-1")[0] == 0
