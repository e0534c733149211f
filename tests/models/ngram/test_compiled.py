"""The n-gram model's compiled step gives what the model gives on numpy: with all rows, with few, with one alone.

Sizes: 3 rows, 40 steps, some 20 symbols.
"""

import jax
import numpy as np
import pytest

import charrnn
from charrnn.models.language_model import generate, generate_step_by_step, read_prime
from charrnn.models.mixture import Mixture
from charrnn.models.ngram import compiled
from charrnn.models.ngram.model import NgramModel
from charrnn.text.vocabulary import Vocabulary
from charrnn.writing.choice import Choice, Drawing
from charrnn.writing.draw import uniforms
from tests.conftest import small_text
from tests.models.test_mixture import ngram_of


def counted(order, *, min_count=1, **how):
    text = small_text(3000, seed=2)
    vocabulary = Vocabulary.build(np.array([ord(c) for c in text], np.uint32), min_count=min_count)
    return NgramModel.train(vocabulary.encode(text), vocabulary, order=order, **how)


def texts_for(model):
    """Text like that learnt from, and any symbols at all."""
    known = model.vocabulary.encode(small_text(100, seed=4))[:80].reshape(2, 40)
    return np.concatenate([known, np.random.default_rng(1).integers(0, model.vocabulary.size, (1, 40))]).astype(np.int32)


def assert_compiled_equals_numpy(model):
    ids_BT = texts_for(model)
    _, expected_BTV = model.advance(model.start(3), ids_BT)
    step, state = model.compiled_step(), model.start(3)
    read = jax.jit(step.read)
    for t, ids_B in enumerate(ids_BT.T):
        state, log_probs_BV = read(step.arrays, state, ids_B)
        np.testing.assert_allclose(log_probs_BV, expected_BTV[:, t], atol=1e-4)


@pytest.mark.parametrize(
    ("order", "how"),
    [(2, {}), (3, {"lines": True}), (6, {}), (9, {"min_counts": (1, 1, 2)}), (4, {"min_count": 30})],
)
@pytest.mark.parametrize(("fewest", "size"), [(0, 1 << 23), (2, 1 << 23), (0, 200), (8, 1)])
def test_every_distribution_is_that_of_numpy(monkeypatch, order, how, fewest, size):
    monkeypatch.setattr(compiled, "FEWEST_CHILDREN", fewest)
    monkeypatch.setattr(compiled, "ROWS_SIZE", size)
    assert_compiled_equals_numpy(counted(order, **how))


def test_contexts_that_much_follows_have_rows_as_far_as_there_is_room(monkeypatch):
    model = counted(5)
    monkeypatch.setattr(compiled, "FEWEST_CHILDREN", 3)
    children = np.diff(model.trie.starts_C.astype(np.int64))
    reader, arrays = compiled.reader(model)
    assert reader.width == 3
    assert len(arrays.rows_DV) == (children > 3).sum()
    monkeypatch.setattr(compiled, "ROWS_SIZE", 10 * model.vocabulary.size)
    assert 1 <= len(compiled.reader(model)[1].rows_DV) <= 10
    monkeypatch.setattr(compiled, "MOST_NODES", len(model.trie.symbols_N))
    assert compiled.reader(model) is None


@pytest.mark.parametrize("way", ["linear", "log-linear"])
def test_mixtures_of_different_vocabularies_too(model_folder, way):
    other = ngram_of(small_text(2000, seed=3).replace("c", "X"), 4)
    inner = Mixture((counted(3), other), (0.5, 0.5), way)
    assert_compiled_equals_numpy(Mixture((charrnn.load(model_folder), inner), (0.3, 0.7), way))


@pytest.mark.parametrize(
    "options", [{"temperature": 0.8}, {"pattern": "(the|a) .*"}, {"top_p": 0.9, "repetition_penalty": 1.2}]
)
def test_compiled_or_not_the_texts_are_the_same(model_folder, options):
    texts = []
    for characters in (0, 10**9):
        model = Mixture((charrnn.load(model_folder, compiled=characters > 0), counted(5)))
        model.prepare(characters)
        assert model.compiled == (characters > 0)
        texts.append(charrnn.sample(model, prime="the ", length=80, count=3, seed=5, **options))
    assert texts[0] == texts[1]


def test_numpy_goes_on_where_the_compiled_loop_has_ended():
    model, drawing = counted(5), Drawing(Choice(temperature=0.8))
    written = []
    for first in (generate, generate_step_by_step):
        model.compiled = True
        state, ids_B = read_prime(model, model.vocabulary.encode("the "), 2)
        state, memory, ids_BT = first(model, state, (), ids_B, uniforms(1, 2, 0, 9), drawing)
        written += [ids_BT, generate_step_by_step(model, state, memory, ids_BT[:, -1], uniforms(1, 2, 9, 9), drawing)[2]]
    np.testing.assert_array_equal(written[:2], written[2:])


def test_a_part_that_cannot_be_compiled_goes_step_by_step(monkeypatch, model_folder):
    monkeypatch.setattr(compiled, "MOST_NODES", 10)
    mixture = Mixture((charrnn.load(model_folder, compiled=True), counted(3)))
    assert mixture.compiled
    assert mixture.compiled_step() is None
    assert len(charrnn.sample(mixture, length=10, seed=1)) == 10
