"""Writing: filters, seeds, stops, and the two ways of running."""

import jax.numpy as jnp
import numpy as np
import pytest

import charrnn
from charrnn.text.symbols import BOUNDARY
from charrnn.writing.choice import Choice
from charrnn.writing.draw import draw, uniforms

PROBS = np.array([[0.3, 0.05, 0.35, 0.2, 0.1]])  # the first is the unknown symbol, never drawn


def frequencies(choice, draws=20000):
    """How often each symbol is drawn, from evenly spread uniforms."""
    uniforms_B = (np.arange(draws) + 0.5) / draws
    ids_B = choice(np.repeat(np.log(PROBS), draws, axis=0), uniforms_B)
    return np.bincount(ids_B, minlength=5) / draws


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [
        (Choice(), [0, 0.05 / 0.7, 0.5, 0.2 / 0.7, 0.1 / 0.7]),
        (Choice(temperature=0.5), np.array([0, 0.05**2, 0.35**2, 0.2**2, 0.1**2]) / (0.05**2 + 0.35**2 + 0.2**2 + 0.1**2)),
        (Choice(top_k=2), [0, 0, 0.35 / 0.55, 0.2 / 0.55, 0]),
        (Choice(top_p=0.49), [0, 0, 1, 0, 0]),
        (Choice(top_p=0.51), [0, 0, 0.35 / 0.55, 0.2 / 0.55, 0]),
        (Choice(top_k=9, top_p=1.0), [0, 0.05 / 0.7, 0.5, 0.2 / 0.7, 0.1 / 0.7]),
        (Choice(greedy=True), [0, 0, 1, 0, 0]),
        # of 1/14, 1/2, 2/7 and 1/7 the entropy is 1.17 nats: nearest to it are 2/7 (1.25), 1/2 (0.69) and 1/7 (1.95)
        (Choice(typical=0.2), [0, 0, 0, 1, 0]),
        (Choice(typical=0.3), [0, 0, 0.35 / 0.55, 0.2 / 0.55, 0]),
        (Choice(typical=0.8), [0, 0, 0.35 / 0.65, 0.2 / 0.65, 0.1 / 0.65]),
        (Choice(typical=0.2, top_k=3, min_p=0.9), [0, 0, 0, 1, 0]),
        (Choice(temperature=0.5, typical=0.6), [0, 0, 1, 0, 0]),
    ],
)
def test_symbols_are_drawn_as_often_as_they_should_be(choice, wanted):
    np.testing.assert_allclose(frequencies(choice), wanted, atol=1e-4)


# four likely symbols, all alike, and three unlikely ones, all alike; the first is never drawn
TIED = np.array([[0.05, 0.05, 0.2, 0.05, 0.2, 0.2, 0.05, 0.2]])


@pytest.mark.parametrize("on", [np, jnp], ids=["numpy", "jax"])
@pytest.mark.parametrize(
    ("choice", "kept"),
    [
        (Choice(top_k=1), [2]),
        (Choice(top_k=3), [2, 4, 5]),
        (Choice(top_k=5), [1, 2, 4, 5, 7]),
        (Choice(top_k=7), [1, 2, 3, 4, 5, 6, 7]),
        (Choice(top_p=0.4), [2, 4]),  # 0.2 / 0.95 each
        (Choice(top_p=0.45), [2, 4, 5]),
        (Choice(top_p=0.88), [1, 2, 4, 5, 7]),
        (Choice(top_p=0.6, top_k=2), [2, 4]),
        (Choice(typical=0.4), [2, 4]),  # entropy 1.78 nats; 1.56 is nearer to it than 2.94
        (Choice(typical=0.88), [1, 2, 4, 5, 7]),
        (Choice(min_p=0.5), [2, 4, 5, 7]),  # keeps by value
    ],
)
def test_of_symbols_as_likely_as_each_other_those_of_smaller_ids_are_kept(choice, kept, on):
    log_probs_BV = on.log(on.asarray(np.repeat(TIED, 1000, axis=0), dtype=np.float32))
    uniforms_B = on.asarray((np.arange(1000) + 0.5) / 1000, dtype=np.float32)
    assert sorted(set(np.asarray(choice(log_probs_BV, uniforms_B)).tolist())) == kept


@pytest.mark.parametrize("uniform", [0.0, np.float32(1) - np.float32(2**-24)])
def test_the_ends_of_the_unit_interval_draw_possible_symbols(uniform):
    drawn = Choice(top_k=3)(np.log(PROBS).astype(np.float32), np.array([uniform], np.float32))
    assert drawn[0] in (2, 3, 4)


def text_of(model, **how):
    return charrnn.sample(model, **({"length": 200, "seed": 5} | how))


@pytest.mark.parametrize(
    "how",
    [{}, {"temperature": 0.6, "top_k": 7, "top_p": 0.9}, {"greedy": True}, {"typical": 0.7}, {"repetition_penalty": 1.5}],
)
def test_numpy_and_jax_write_the_same_text_from_the_same_draws(model_folder, how):
    on_numpy, compiled = (charrnn.load(model_folder, compiled=way) for way in (False, True))
    assert text_of(on_numpy, **how) == text_of(compiled, **how)


def test_same_seed_same_text_whatever_the_count(model):
    assert text_of(model) == text_of(model)
    assert text_of(model) != text_of(model, seed=6)
    three = text_of(model, count=3)
    assert three[0] == text_of(model)
    assert three[:2] == text_of(model, count=2)
    assert len(set(three)) == 3


def test_a_greedy_text_takes_the_likeliest_character_each_time(model):
    text = text_of(model, prime="the ", greedy=True, length=20)
    ids = np.concatenate([[BOUNDARY], model.vocabulary.encode(text)])
    _, log_probs_BTV = model.advance(model.start(1), ids[None])
    log_probs_BTV[..., 0] = -np.inf
    np.testing.assert_array_equal(log_probs_BTV[0, 4:-1].argmax(-1), ids[5:])


@pytest.mark.parametrize("length", [0, 1, 63, 64, 65])
def test_length_is_exact_and_the_primer_comes_first(model, length):
    text = text_of(model, prime="the cat", length=length)
    assert text.startswith("the cat")
    assert len(text) == 7 + length


def test_stop_ends_the_text_before_it_wherever_it_falls(model):
    whole = text_of(model, length=300)
    for begin in (3, 62, 63, 64, 65, 130):  # across the chunks in which text is drawn
        stop = whole[begin : begin + 3]
        assert text_of(model, length=300, stop=[stop]) == whole[: whole.index(stop)]


def test_pieces_come_in_order_of_the_rows_and_each_row_ends_with_an_empty_one(model):
    pieces = list(draw(model, prime=model.vocabulary.encode("a"), length=150, count=3, seed=1))
    assert [row for row, _ in pieces] == sorted(row for row, _ in pieces)
    assert [len(piece) for row, piece in pieces if row == 0][-1] == 0
    assert len([1 for _, piece in pieces if len(piece) == 0]) == 3


def test_a_model_of_lines_writes_lines(lines_folder):
    texts = text_of(charrnn.load(lines_folder), count=20, length=1000)
    assert len(texts) == 20
    assert not any("\n" in text for text in texts)
    assert len(set(texts)) > 10


def test_a_primer_with_unknown_characters_names_them(model):
    with pytest.raises(charrnn.CharrnnError, match=r"'é' 'Q'; try unknown=.skip."):
        text_of(model, prime="é the Q")
    skipped = text_of(model, prime="é the Q", unknown="skip", length=5)
    assert skipped == text_of(model, prime=" the ", length=5)  # what the model has read
    assert text_of(model, prime="é the", unknown="symbol", length=5).startswith("é the")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"temperature": 0.0}, "--temperature 0.0: must be above 0"),
        ({"top_k": -1}, "--top-k -1"),
        ({"top_p": 1.5}, "--top-p 1.5"),
        ({"typical": 0.0}, "--typical 0.0"),
    ],
)
def test_numbers_out_of_range_are_refused(wrong, message):
    with pytest.raises(charrnn.CharrnnError, match=message):
        Choice(**wrong)


@pytest.mark.parametrize("wrong", [{"length": -1}, {"count": 0}, {"count": -2}, {"stop": [""]}])
def test_lengths_counts_and_stops_that_cannot_be(model, wrong):
    with pytest.raises(charrnn.CharrnnError):
        charrnn.sample(model, **wrong)


def test_a_row_draws_the_same_numbers_however_many_rows_there_are():
    np.testing.assert_array_equal(uniforms(3, 5, 64, 8)[:, :2], uniforms(3, 2, 64, 8))
    assert (uniforms(3, 2, 0, 8) != uniforms(3, 2, 64, 8)).all()
