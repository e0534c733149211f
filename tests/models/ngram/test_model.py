"""What the n-gram model holds to as a language model; its figures are tested in test_kneser_ney.py.

Sizes: 3 rows, 7 steps, 5 and more symbols.
"""

import math
import subprocess
import sys

import numpy as np
import pytest

from charrnn.errors import CharrnnError
from charrnn.models.folder import from_archive, open_model, save_model
from charrnn.models.ngram import model as ngram
from charrnn.models.ngram.model import NgramModel, choose_order, tally_from_boundary, tally_of
from charrnn.scoring.log_probs import text_sequences, text_tally
from charrnn.text.symbols import BOUNDARY, UNKNOWN
from charrnn.text.vocabulary import Vocabulary, to_units

TEXT = (
    "the cat sat on the mat\nthe rat sat on the cat\n\na fat cat ate the rat that sat on a mat\n"
    "at that the bat sat\nthe bat ate a rat and a cat\n"
)


def encoded(text=TEXT, min_count=1):
    vocabulary = Vocabulary.build(np.frombuffer(text.encode("utf-32-le"), np.uint32), min_count=min_count)
    return vocabulary, vocabulary.encode(text)


def read(model, ids):
    """The log-probabilities after each id of one row."""
    return model.advance(model.start(1), np.array([ids]))[1][0]


@pytest.fixture(scope="module")
def model():
    vocabulary, ids = encoded()
    return NgramModel.train(ids, vocabulary, order=4)


@pytest.fixture
def random_ids(model):
    return np.random.default_rng(1).integers(0, model.vocabulary.size, (3, 7))


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("rare", [1, 5])
@pytest.mark.parametrize("order", [2, 3, 6, 20])
def test_probabilities_sum_to_one_in_every_context(lines, rare, order):
    vocabulary, ids = encoded(min_count=rare)
    model = NgramModel.train(ids, vocabulary, order=order, lines=lines)
    unseen = np.random.default_rng(order).integers(0, vocabulary.size, 300)
    for text in ([BOUNDARY, *ids], unseen):
        log_probs = read(model, text).astype(np.float64)
        np.testing.assert_allclose(np.exp(log_probs).sum(-1), 1, atol=2e-6)  # float32 logarithms and probabilities


def test_unknown_has_just_its_probability(model):
    share = model.vocabulary.unknown_probability
    log_probs = read(model, [BOUNDARY, UNKNOWN, *model.vocabulary.encode("the"), UNKNOWN, 2])
    np.testing.assert_allclose(log_probs[:, UNKNOWN], math.log(share), rtol=1e-6)


def test_unknown_is_counted_where_rare_characters_stood_for_it():
    vocabulary, ids = encoded("xaxbxc\n" * 9 + "z", min_count=5)
    model = NgramModel.train(ids, vocabulary, order=3)
    log_probs = read(model, [BOUNDARY, UNKNOWN])
    assert log_probs[0, UNKNOWN] > log_probs[1, UNKNOWN]


def test_targets_alone_equal_the_whole_distribution(model, random_ids):
    following = np.random.default_rng(2).integers(0, model.vocabulary.size, (3, 7))
    shifted = np.concatenate([random_ids[:, 1:], following[:, :1]], 1)
    state, log_probs = model.advance(model.start(3), random_ids)
    for targets in (following, shifted):
        end, found = model.target_log_probs(model.start(3), random_ids, targets)
        np.testing.assert_allclose(found, np.take_along_axis(log_probs, targets[..., None], -1)[..., 0], atol=2e-6)
        np.testing.assert_array_equal(end.nodes_BK, state.nodes_BK)


@pytest.mark.parametrize("cuts", [(1, 4), (2, 3), (0, 1, 2, 3, 4, 5, 6)])
def test_chunks_equal_the_whole(model, random_ids, cuts):
    random_ids[0] = model.vocabulary.encode("the cat")
    _, whole = model.advance(model.start(3), random_ids)
    _, whole_targets = model.target_log_probs(model.start(3), random_ids, random_ids)
    state = target_state = model.start(3)
    for chunk, expected, expected_targets in zip(
        np.split(random_ids, cuts, 1), np.split(whole, cuts, 1), np.split(whole_targets, cuts, 1), strict=True
    ):
        state, log_probs = model.advance(state, chunk)
        target_state, targets = model.target_log_probs(target_state, chunk, chunk)
        np.testing.assert_array_equal(log_probs, expected)
        np.testing.assert_array_equal(targets, expected_targets)


def test_rows_do_not_feel_each_other(model, random_ids):
    _, together = model.advance(model.start(3), random_ids)
    for row, expected in zip(random_ids, together, strict=True):
        np.testing.assert_array_equal(read(model, row), expected)


def test_the_future_is_not_seen(model, random_ids):
    changed = random_ids.copy()
    changed[:, 4:] = 2
    _, one = model.advance(model.start(3), random_ids)
    _, other = model.advance(model.start(3), changed)
    np.testing.assert_array_equal(one[:, :4], other[:, :4])
    assert (one[:, 4:] != other[:, 4:]).any()


def test_long_inputs_are_cut_without_a_trace(model, random_ids, monkeypatch):
    _, expected = model.advance(model.start(3), random_ids)
    _, expected_targets = model.target_log_probs(model.start(3), random_ids, random_ids)
    monkeypatch.setattr(ngram, "CELLS", 26)
    np.testing.assert_array_equal(model.advance(model.start(3), random_ids)[1], expected)
    np.testing.assert_array_equal(model.target_log_probs(model.start(3), random_ids, random_ids)[1], expected_targets)


@pytest.mark.parametrize("lines", [False, True])
def test_a_held_out_figure_in_blocks_is_that_of_the_scores(lines, monkeypatch):
    vocabulary, ids = encoded()
    model = NgramModel.train(ids[:90], vocabulary, order=4, lines=lines)
    text = "the cat zat\n\non a mat"
    sequences = text_sequences(vocabulary, to_units(text), lines=lines)
    expected = text_tally(model, sequences)
    monkeypatch.setattr(ngram, "BLOCK", 5)
    ids = vocabulary.encode(text)
    found = tally_from_boundary(model, ids) if lines else tally_of(model, ids)
    assert (
        (found.characters, found.unknown) == (expected.characters, expected.unknown) == (len(text) + (1 if lines else -1), 1)
    )
    assert found.nats == pytest.approx(expected.nats, rel=1e-12)  # float64, summed in another order
    assert found.unknown_nats == pytest.approx(expected.unknown_nats, rel=1e-12)


@pytest.mark.parametrize("text", ["a", "ab", "aa", "\n", "\n\n", "a\n"])
@pytest.mark.parametrize("lines", [False, True])
def test_tiny_corpora_work(text, lines):
    vocabulary, ids = encoded(text)
    model = NgramModel.train(ids, vocabulary, order=8, lines=lines)
    log_probs = read(model, [BOUNDARY, *ids, UNKNOWN, *ids])
    np.testing.assert_allclose(np.exp(log_probs).sum(-1), 1, rtol=1e-5)
    assert 1 + log_probs[0, 1:].argmax() == ids[0]


@pytest.mark.parametrize("number", [300, 70_000])
def test_thousands_of_symbols(number, tmp_path):
    """More symbols than 8 bits and than 16 bits tell apart."""
    symbols = [chr(k) for k in range(0x10000, 0x10000 + number)]
    vocabulary, ids = encoded("".join(symbols) * 2)
    save_model(NgramModel.train(ids, vocabulary, order=3), tmp_path)
    log_probs = read(open_model(tmp_path), ids[:3])
    assert log_probs.argmax(-1).tolist() == ids[1:4].tolist()
    np.testing.assert_allclose(np.exp(log_probs.astype(np.float64)).sum(-1), 1, rtol=1e-5)


def test_lines_are_read_each_for_itself():
    vocabulary, ids = encoded("ab\nca\nab\ncb\nab\nca\n")
    by_lines = NgramModel.train(ids, vocabulary, order=4, lines=True)
    whole = NgramModel.train(ids, vocabulary, order=4, lines=False)
    one, other = (vocabulary.encode(text) for text in ("ab\n", "cb\n"))
    np.testing.assert_array_equal(read(by_lines, one)[-1], read(by_lines, other)[-1])
    np.testing.assert_array_equal(read(by_lines, [BOUNDARY])[-1], read(by_lines, other)[-1])
    assert (read(whole, one)[-1] != read(whole, other)[-1]).any()


def test_saved_and_loaded_is_the_same(model, random_ids, tmp_path):
    save_model(NgramModel.train(encoded()[1], model.vocabulary, order=4, summary={"files": ["a"]}), tmp_path)
    loaded = open_model(tmp_path)
    assert (loaded.vocabulary, loaded.order, loaded.lines) == (model.vocabulary, 4, False)
    assert loaded.summary == {"files": ["a"]}
    assert loaded.discounts == model.discounts
    _, log_probs = loaded.advance(loaded.start(3), random_ids)
    np.testing.assert_array_equal(log_probs, model.advance(model.start(3), random_ids)[1])


def test_loading_says_what_does_not_fit(model, tmp_path):
    arrays, description = model.to_archive()
    for broken in (
        {**arrays, "symbols_N": arrays["symbols_N"][1:]},
        {**arrays, "levels": arrays["levels"][:1]},
        {name: array for name, array in arrays.items() if name != "backoff_C"},
    ):
        with pytest.raises(CharrnnError, match="its contents do not fit together"):
            from_archive(broken, description, tmp_path)


def test_the_order_is_chosen_by_the_held_out_text():
    """A source that chooses between two symbols by the last two: order 3, and its entropy is known."""
    random = np.random.default_rng(3)
    chances = np.array([[0.9, 0.2], [0.3, 0.8]])
    source = [0, 1]
    for uniform in random.random(30_000):
        source.append(int(uniform < chances[source[-2], source[-1]]))
    vocabulary, ids = encoded("".join("ab"[bit] for bit in source))
    training, held_out = ids[:27_000], ids[27_000:]
    before, last = np.array(source[27_000 - 2 : -2]), np.array(source[27_000 - 1 : -1])
    p = np.where(np.array(source[27_000:]), chances[before, last], 1 - chances[before, last])
    model = choose_order(training, held_out, vocabulary, summary={"files": 1})
    tried = model.summary["held_out_nats_per_character"]
    assert model.order == 3
    assert model.summary["files"] == 1
    assert list(tried) == ["2", "3", "4"]
    assert tried["3"] == pytest.approx(-np.log(p).mean(), abs=0.003)  # 4 contexts, learnt from 27,000 characters
    assert tried["3"] == tally_from_boundary(model, held_out).nats_per_character


def test_the_chosen_model_is_the_one_trained_at_that_order():
    vocabulary, ids = encoded()
    chosen = choose_order(ids, vocabulary.encode("the cat ate the mat\na rat sat"), vocabulary, lines=True)
    trained = NgramModel.train(ids, vocabulary, order=chosen.order, lines=True)
    for array, wanted in zip(chosen.trie, trained.trie, strict=True):
        np.testing.assert_array_equal(array, wanted)


def test_held_out_text_is_counted_character_by_character():
    vocabulary, ids = encoded()
    text = vocabulary.encode("the cat\nxyz")
    stream = NgramModel.train(ids, vocabulary, order=3)
    lines = NgramModel.train(ids, vocabulary, order=3, lines=True)
    assert tally_from_boundary(stream, text).characters == 11
    assert tally_from_boundary(lines, text).characters == 12
    assert tally_from_boundary(stream, text).unknown == 3
    expected = -3 * math.log(vocabulary.unknown_probability)
    assert tally_from_boundary(stream, text).unknown_nats == pytest.approx(expected)
    assert tally_from_boundary(stream, text[:0]).characters == 0


def test_errors_say_how_to_mend():
    vocabulary, ids = encoded()
    for order in (1, 21):
        with pytest.raises(CharrnnError, match=f"order {order}: an n-gram model has an order from 2 to 20"):
            NgramModel.train(ids, vocabulary, order=order)
    with pytest.raises(CharrnnError, match="the training text is empty"):
        NgramModel.train(ids[:0], vocabulary, order=3)
    with pytest.raises(CharrnnError, match="2 characters of the training text are not in the vocabulary"):
        NgramModel.train(vocabulary.encode("a?b?"), vocabulary, order=3)
    for min_counts in ((2, 2), (1, 3, 2)):
        with pytest.raises(CharrnnError, match="begin with 1 and never fall"):
            NgramModel.train(ids, vocabulary, order=3, min_counts=min_counts)
    with pytest.raises(CharrnnError, match="the held-out text is empty"):
        choose_order(ids, ids[:0], vocabulary)
    with pytest.raises(CharrnnError, match="order none"):
        choose_order(ids, ids, vocabulary, orders=[])


def test_jax_is_not_needed():
    code = "import sys, charrnn.models.ngram.model, charrnn.models.ngram.arpa; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
