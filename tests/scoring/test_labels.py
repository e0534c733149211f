"""Labelled lines: a classifier from a language model."""

import json

import numpy as np
import pytest

import charrnn
from charrnn.models.folder import save_model
from charrnn.models.ngram.model import NgramModel
from charrnn.scoring.labels import classify
from charrnn.text.vocabulary import Vocabulary
from tests.conftest import assert_one_clear_line, small_text


@pytest.fixture(scope="module")
def labelled():
    """Lines of words as they are, and with each word reversed."""
    lines = small_text(4000, seed=2).splitlines()
    reversed_lines = [" ".join(word[::-1] for word in line.rstrip(".").split()) + "." for line in lines]
    text = "".join(f"plain\t{a}\nturned\t{b}\n" for a, b in zip(lines, reversed_lines, strict=True))
    vocabulary = Vocabulary.build(np.array([ord(c) for c in text], np.uint32))
    return NgramModel.train(vocabulary.encode(text), vocabulary, order=9, lines=True)


def test_posteriors_follow_from_the_scores_of_the_joined_lines(labelled):
    (one,) = classify(labelled, ["a cat."], ["plain", "turned"])
    nats = [score.tally.nats for score in charrnn.score(labelled, ["plain\ta cat.", "turned\ta cat."])]
    expected = np.exp(-np.array(nats)) / np.exp(-np.array(nats)).sum()
    assert list(one.posterior.values()) == pytest.approx(expected.tolist(), rel=1e-6)
    assert (one.label, one.given) == ("plain", None)


def test_accuracy_against_given_labels(run, tmp_path, labelled):
    save_model(labelled, tmp_path / "m")
    data = b"plain\tthe small dog sees a house.\nturned\teht llams god sees a esuoh.\nturned\tthe red tree sleeps.\n"
    code, out, error = run("score", "-m", tmp_path / "m", "--labels", "plain,turned", stdin=data)
    assert code == 0
    rows = [line.split("\t") for line in out.splitlines()]
    assert [row[0] for row in rows] == ["plain", "turned", "plain"]
    assert all(0.5 < float(row[1]) <= 1 for row in rows)
    assert rows[0][2] == "the small dog sees a house."
    assert "2 of 3 given ones are right, 66.7%" in error
    record = run("score", "-m", tmp_path / "m", "--labels", "plain,turned", "--format", "jsonl", "--text", "a dog.")[1]
    assert json.loads(record)["given"] is None
    assert run("sample", "-m", tmp_path / "m", "--prime", "turned\t", "--seed", 1)[1].startswith("turned\t")


def test_a_model_without_labels_says_so(run, model_folder):
    assert_one_clear_line(run("score", "-m", model_folder, "--labels", "a,b", "--text", "x"), "seen no tabs", "--lines")
    assert run("score", "--labels", "a,b", "--rank", "x")[0] == 2


@pytest.mark.parametrize("labels", ["plain,turned,plain", "plain,", ""])
def test_labels_twice_or_empty(run, tmp_path, labelled, labels):
    save_model(labelled, tmp_path / "m")
    result = run("score", "-m", tmp_path / "m", "--labels", labels, "--text", "a dog.")
    assert_one_clear_line(result, "a label is empty or repeated")
