"""Measures of answers, by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from charrnn.models.predictor import Answer
from charrnn.scoring import measures
from charrnn.text.examples import Labelled, Tagged


def test_of_labels_by_hand():
    given, found = "aaabbc", "aabbbb"
    examples = [Labelled("", label) for label in given]
    answers = [Answer(label, 0.9 if k else 0.3) for k, label in enumerate(found)]
    measured = measures.of_labels(examples, answers)
    assert measured["accuracy"] == pytest.approx(4 / 6)
    assert measured["labels"]["a"] == {
        "given": 3,
        "precision": 1.0,
        "recall": pytest.approx(2 / 3),
        "f1": pytest.approx(0.8),
    }
    assert measured["labels"]["b"]["f1"] == pytest.approx(2 * 0.5 * 1 / 1.5)
    assert measured["labels"]["c"] == {"given": 1, "precision": None, "recall": 0.0, "f1": 0.0}
    assert measured["macro_f1"] == pytest.approx((0.8 + 2 / 3 + 0) / 3)
    assert measured["confusion"] == {"a": {"a": 2, "b": 1}, "b": {"b": 2}, "c": {"b": 1}}
    # 0.3 was right: 0.7 off; five times 0.9, of which three were right: 0.3 off
    assert measured["calibration_error"] == pytest.approx((0.7 + abs(3 - 4.5)) / 6)


def test_of_no_labels():
    measured = measures.of_labels([], [])
    assert (measured["accuracy"], measured["macro_f1"], measured["calibration_error"]) == (None, None, None)


def test_probabilities_that_are_as_often_right_as_they_say_are_calibrated():
    right = np.array([True] * 7 + [False] * 3)
    assert measures.calibration_error(np.full(10, 0.7), right) == pytest.approx(0)


def test_of_tags_by_hand():
    examples = [Tagged("abcd", ("B-X", "I-X", "O", "B-Y")), Tagged("ab", ("O", "O"))]
    said = [("B-X", "I-X", "B-Y", "B-Y"), ("O", "O")]
    model = SimpleNamespace(labels=("O", "B-X", "I-X", "B-Y"))
    measured = measures.of_tags(examples, [Answer("", 1.0, labels) for labels in said], model)
    assert (measured["characters"], measured["accuracy"], measured["whole"]) == (6, pytest.approx(5 / 6), 0.5)
    spans = measured["spans"]
    assert (spans["given"], spans["precision"], spans["recall"], spans["f1"]) == (2, pytest.approx(2 / 3), 1.0, 0.8)
    assert spans["names"]["Y"] == {"precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3)}
