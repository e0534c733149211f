"""The penalty on repeated stretches, held against a plain search in the text."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import charrnn
from charrnn.writing.repetition import FREE, WINDOW, RepetitionPenalty

VOCABULARY = 5


def stretch(text, symbol):
    """The length of the longest end of text + symbol that stands in the text and begins in its last WINDOW symbols."""
    text, after = list(text), [*text, symbol]
    for length in range(len(after) - 1, 0, -1):
        ends = range(max(length, len(text) - WINDOW + 1), len(text) + 1)
        if any(text[end - length : end] == after[-length:] for end in ends):
            return length
    return 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 2), max_size=40), st.integers(0, 40))
def test_the_factor_is_the_penalty_for_each_character_of_a_repeat_beyond_the_free_ones(text, primed):
    guide = RepetitionPenalty(1.5)
    memory = guide.start(2, np.array(text[:primed], np.int32), 100)
    for symbol in text[primed:]:
        memory = guide.follow(memory, np.array([symbol, 3], np.int32))
    changed_V = guide.guide(memory, np.zeros((2, VOCABULARY), np.float32))[0]
    for symbol in range(VOCABULARY):
        wanted = -max(stretch(text, symbol) - FREE, 0) * np.log(1.5)
        assert changed_V[symbol] == pytest.approx(wanted, rel=1e-5)


def test_the_window_is_as_long_as_it_says():
    guide = RepetitionPenalty(2.0)
    for gap, wanted in ((WINDOW - 8, 1), (WINDOW + 8, 0)):
        text = np.concatenate([[1, 2, 1, 1, 2, 2], np.full(gap, 3), [1, 2, 1, 1, 2]])
        memory = guide.start(1, np.zeros(0, np.int32), 1)
        for symbol in text:
            memory = guide.follow(memory, np.array([symbol], np.int32))
        assert guide.guide(memory, np.zeros((1, VOCABULARY)))[0, 2] == pytest.approx(-wanted * np.log(2))


def repeats(text, length=12):
    parts = [text[k : k + length] for k in range(len(text) - length + 1)]
    return len(parts) - len(set(parts))


def test_greedy_text_no_longer_runs_in_circles(run, model, model_folder):
    plain, penalised = (charrnn.sample(model, length=300, greedy=True, repetition_penalty=p) for p in (1.0, 2.0))
    assert repeats(plain) > 100
    assert repeats(penalised) < 20
    found = run("sample", "-m", model_folder, "--beam", 3, "--length", 200, "--repetition-penalty", 2)[1]
    assert repeats(found) < 20
    with pytest.raises(charrnn.CharrnnError, match=r"repetition_penalty=0\.5"):
        charrnn.sample(model, repetition_penalty=0.5)
