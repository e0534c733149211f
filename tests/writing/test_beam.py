"""Texts that are searched for, chosen among or kept to certain characters."""

import itertools

import numpy as np
import pytest

import charrnn
from charrnn.errors import CharrnnError
from charrnn.models.ngram.model import NgramModel
from charrnn.text.symbols import BOUNDARY
from charrnn.text.vocabulary import Vocabulary
from charrnn.writing.beam import beam_search
from charrnn.writing.choice import Choice, banned_symbols
from tests.conftest import assert_one_clear_line


def log_prob(model, prime, text):
    ids = np.concatenate([[BOUNDARY], prime, text]).astype(np.int32)
    return model.target_log_probs(model.start(1), ids[None, :-1], ids[None, 1:])[1][0, len(prime) :].sum(dtype=np.float64)


def ngram_of(text, **how):
    vocabulary = Vocabulary.build(np.array([ord(c) for c in text], np.uint32))
    return NgramModel.train(vocabulary.encode(text), vocabulary, order=3, **how)


def test_a_wide_beam_finds_the_likeliest_text_of_all():
    model = ngram_of("abcacbbacab" * 3 + "cccc")
    texts = list(itertools.product(range(1, 5), repeat=4))
    best = max(texts, key=lambda text: log_prob(model, np.array([2]), np.array(text)))
    found = beam_search(model, prime=np.array([2]), length=4, beam=400)[0]
    assert tuple(found.ids) == best
    assert found.log_prob == pytest.approx(log_prob(model, np.array([2]), np.array(best)), abs=1e-4)


def test_a_beam_of_one_is_greedy_and_wider_ones_find_likelier_texts(model):
    gains = []
    for word in ("the", "a", "red", "old", "cat", "dog", "tree", "and", "sees", "then"):
        prime = model.vocabulary.encode(word)
        greedy = model.vocabulary.encode(charrnn.sample(model, prime=word, length=30, greedy=True))[len(word) :]
        one, eight = (beam_search(model, prime=prime, length=30, beam=beam)[0] for beam in (1, 8))
        np.testing.assert_array_equal(one.ids, greedy)
        assert eight.log_prob == pytest.approx(log_prob(model, prime, eight.ids), abs=1e-3)
        gains.append(eight.log_prob - one.log_prob)
    assert min(gains) > -1e-3  # where greedy happens to find the likeliest, the beam does too
    assert sum(gains) > 5


def test_lines_end_and_are_ranked_by_normalised_length():
    model = ngram_of("ab\nab\nabababababab\n" * 4, lines=True)
    short, mean = (
        beam_search(model, prime=np.zeros(0, np.int32), length=12, beam=6, end_at_boundary=True, normalization=power)
        for power in (0, 1)
    )
    for found in (*short, *mean):
        ids = np.append(found.ids, BOUNDARY) if found.characters > len(found.ids) else found.ids
        assert found.log_prob == pytest.approx(log_prob(model, np.zeros(0, np.int32), ids), abs=1e-4)
    assert short[0].log_prob == max(found.log_prob for found in (*short, *mean))
    assert len(short[0].ids) < len(mean[0].ids)


def test_banned_characters_are_never_written_and_allowed_ones_only(run, model_folder):
    for how in (["--seed", 1], ["--greedy"], ["--beam", 3], ["--best-of", 3]):
        out = run("sample", "-m", model_folder, "--ban", "et", "--length", 60, *how)[1]
        assert len(out) == 61
        assert not set(out) & set("et")
    out = run("sample", "-m", model_folder, "--allow", "cat ", "--length", 60, "--seed", 1)[1]
    assert set(out) <= set("cat \n")
    assert_one_clear_line(run("sample", "-m", model_folder, "--allow", "日"), "leave no character")
    with pytest.raises(CharrnnError, match="leave no character"):
        banned_symbols(charrnn.load(model_folder).vocabulary, "a", "a")


def test_min_p_keeps_what_is_near_the_likeliest():
    probs = np.array([[0.3, 0.05, 0.35, 0.2, 0.1]])
    uniforms_B = (np.arange(20000) + 0.5) / 20000
    ids_B = Choice(min_p=0.5)(np.repeat(np.log(probs), 20000, axis=0), uniforms_B)
    np.testing.assert_allclose(np.bincount(ids_B, minlength=5) / 20000, [0, 0, 0.35 / 0.55, 0.2 / 0.55, 0], atol=1e-4)
    with pytest.raises(CharrnnError, match="--min-p 2"):
        Choice(min_p=2)


def test_the_best_of_many_are_the_likeliest_of_those_drawn(run, model_folder, model):
    drawn = run("sample", "-m", model_folder, "--count", 6, "--length", 20, "--seed", 4, "--ban", "newline\n")[
        1
    ].splitlines()
    best = run(
        "sample", "-m", model_folder, "--best-of", 6, "--count", 2, "--length", 20, "--seed", 4, "--ban", "newline\n"
    )[1]
    empty = np.zeros(0, np.int32)
    ranked = sorted(drawn, key=lambda text: -log_prob(model, empty, model.vocabulary.encode(text)))
    assert best.splitlines() == ranked[:2]


@pytest.mark.parametrize(
    "wrong",
    [
        ["--beam", 2, "--greedy"],
        ["--beam", 2, "--count", 3],
        ["--beam", 2, "--temperature", 0.5],
        ["--beam", 2, "--top-k", 3],
        ["--beam", 2, "--min-p", 0.1],
        ["--length-normalization", 0],
        ["--best-of", 2, "--count", 3],
    ],
)
def test_options_that_do_not_go_together(run, wrong):
    assert run("sample", *wrong)[0] == 2
