"""The cache of what was scored against its equations, counted anew for every character."""

import numpy as np
import pytest

import charrnn
from charrnn.scoring import cache
from charrnn.scoring.cache import Cache
from tests.conftest import small_text


def ids_of(text):
    return np.array([ord(c) - 9 for c in text], np.int32)


def slow_cache(text, before, character, symbols):
    """The cache's probability of a character, from all (context, character) pairs `text` so far; and the length used."""
    p, known = 1 / symbols, 0
    for k in range(min(len(before), cache.ORDER) + 1):
        ending = before[len(before) - k :]
        followed = [c for context, c in text if len(context) >= k and context[len(context) - k :] == ending]
        if not followed:
            break
        p = (followed.count(character) + len(set(followed)) * p) / (len(followed) + len(set(followed)))
        known = k
    return p, known


def test_it_does_what_the_equations_say(monkeypatch):
    monkeypatch.setattr(cache, "ORDER", 3)
    symbols, texts, read = 130, [small_text(60, seed=1), small_text(60, seed=2)], []
    shares, predicted = [0.4 * k for k in range(4)], [20.0] * 4
    one = Cache(symbols)
    for text in texts:
        ids = ids_of(text)
        of_model = np.random.default_rng(0).uniform(0.01, 0.9, len(ids) - 1).astype(np.float32)
        found = one.mixed(ids, np.log(of_model))
        for end, p in enumerate(of_model, start=1):
            before, character = ids[max(0, end - 3) : end].tolist(), int(ids[end])
            q, known = slow_cache(read, before, character, symbols)
            weight = shares[known] / predicted[known]
            both = (1 - weight) * p + weight * q
            assert found[end - 1] == pytest.approx(np.log(both), rel=1e-5)
            shares[known] += weight * q / both
            predicted[known] += 1
            read.append((before, character))


def test_probabilities_sum_to_one_and_do_not_know_what_comes():
    symbols, text = 110, small_text(150, seed=3)
    ids, uniform = ids_of(text), np.full(len(text) - 1, -np.log(110), np.float32)
    total = 0.0
    plain = Cache(symbols).mixed(ids, uniform)
    for last in range(symbols):
        changed = np.append(ids[:-1], np.int32(last))
        log_probs = Cache(symbols).mixed(changed, uniform)
        np.testing.assert_array_equal(log_probs[:-1], plain[:-1])
        total += np.exp(float(log_probs[-1]))
    assert total == pytest.approx(1, abs=1e-5)


def test_it_forgets_when_it_is_full(monkeypatch):
    ids = ids_of(small_text(400, seed=4))
    flat = np.full(len(ids) - 1, -4, np.float32)
    whole = Cache(130).mixed(ids, flat)
    monkeypatch.setattr(cache, "MOST", 300)
    small = Cache(130)
    assert (small.mixed(ids, flat) != whole).any()
    assert len(small._counts) <= 300 + cache.ORDER + 1


def test_dynamic_evaluation_has_it(model):
    """A strange word that comes again, at a rate at which no weight moves to speak of."""
    text = "zqxj zqxj zqxj"
    (plain,), (adapted,) = charrnn.score(model, [text]), charrnn.score(model, [text], adapt=1e-9)
    assert adapted.tally.nats < plain.tally.nats - 0.1
