"""The task of rewriting: it learns, resumes bit for bit, and says what is wrong with lines and options."""

import itertools
import json
from functools import partial

import jax
import numpy as np
import pytest

import charrnn
from charrnn.errors import CharrnnError
from charrnn.models.folder import LOG
from charrnn.text.examples import Pair
from charrnn.training.options import TrainOptions
from charrnn.training.rewriting import Rewrite
from charrnn.training.start import resume, start
from tests.conftest import assert_one_clear_line, assert_same_run, steps_of

SMALL = {"task": "rewrite", "hidden": 24, "embedding": 8, "dropout": 0.0}


@pytest.fixture(scope="module")
def reversals(tmp_path_factory):
    """Words of two to five of four letters, and each reversed: half of all that there are."""
    words = ["".join(letters) for size in (2, 3, 4, 5) for letters in itertools.product("abcd", repeat=size)]
    chosen = np.random.default_rng(1).permutation(words)
    folder = tmp_path_factory.mktemp("reversals")
    for name, part in (("learnt", chosen[::2]), ("unseen", chosen[1::8])):
        (folder / name).write_text("".join(f"{word}\t{word[::-1]}\n" for word in part.tolist()))
    return folder


@pytest.fixture(scope="module")
def folder(reversals, tmp_path_factory):
    """A model of the reversals."""
    folder = tmp_path_factory.mktemp("models") / "reverse"
    charrnn.train(reversals / "learnt", folder, **SMALL, steps=500, evaluate_every=250, learning_rate=0.02)
    return folder


def test_words_not_learnt_from_are_reversed(reversals, folder):
    measures = charrnn.predict(folder, gold=str(reversals / "unseen"))
    assert measures["texts"] == 170
    assert measures["exact"] >= 0.99
    assert measures["character_error_rate"] <= 0.003
    (found,) = charrnn.predict(folder, "dab", count=2)
    assert (found.text, found.answers[0].text) == ("dab", "bad")
    assert found.answers[0].probability > 0.9 > found.answers[1].probability
    shares_TS = charrnn.load(folder).shares("dab", "bad")
    assert shares_TS[:3].argmax(1).tolist() == [2, 1, 0]


def test_what_the_model_says_of_itself(tmp_path, folder, run):
    facts = charrnn.info(folder)
    held_out = facts["held_out"]
    assert facts["longest"] == {"source": 5, "target": 5}
    assert held_out["texts"] == facts["examples"]["held_out"] == 68
    assert held_out["longer"] == {"texts": 0, "exact": None, "character_error_rate": None}
    lines = [json.loads(line) for line in (folder / LOG).read_text().splitlines()]
    assert min(line["held_out_nats_per_character"] for line in lines) == held_out["nats_per_character"]
    shown = run("info", "-m", folder)[1]
    assert "attention   additive" in shown
    assert "longest     of what was learnt from: 5 characters in, 5 out" in shown
    assert "held-out    right: 68 of 68 texts" in shown
    assert run("info", "-m", folder, "--html", tmp_path / "page.html")[0] == 0
    assert "bits per character" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize("devices", [1, 4])
def test_a_resumed_run_is_bit_for_bit_the_uninterrupted_one(tmp_path, monkeypatch, devices):
    """Of pairs of one length, which is compiled once."""
    monkeypatch.setattr("charrnn.training.run.devices_for", lambda rows, hidden: devices)
    options = TrainOptions(**SMALL | {"dropout": 0.2, "copy": True, "batch_size": 5}, steps=12, evaluate_every=6)
    pairs = tmp_path / "pairs"
    pairs.write_text("".join(f"{a}{b}\t{b}{a}\n" for a in "abcde" for b in "fghij"))
    paths = [str(pairs)]
    steps_of(start(paths, tmp_path / "whole", options))
    steps_of(start(paths, tmp_path / "parts", options), stop_at=8)
    steps_of(resume(tmp_path / "parts", [], TrainOptions()))
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


@pytest.fixture
def task(tmp_path):
    """Of pairs whose lengths all differ, 2 rows a batch."""
    path = tmp_path / "pairs"
    path.write_text("a\tbcd\nabc\tx\nabcd\t\nab\tabcdef\nb\tc\n")
    options = TrainOptions(**SMALL, batch_size=2, valid=str(path), epochs=1.0, copy=True)
    return Rewrite.read([str(path)], options).planned()[0]


def test_batches_have_every_pair_once_with_its_end(task):
    found = []
    for step in range(task.batches.steps_per_epoch):
        batch = task.batches(step)
        assert len(batch.sources_BS) == len(batch.targets_BT) == 2
        for source, size, target, target_size in zip(*batch, strict=True):
            assert (source[size:] == 0).all()
            assert (target[target_size:] == 0).all()
            if size:
                assert target[target_size - 1] == 1
                parts = source[:size], target[: target_size - 1]
                found.append(Pair(*(task.vocabulary.decode(part) for part in parts)))
    assert sorted(found, key=repr) == sorted(task.examples.training, key=repr)
    assert task.longest == (4, 6)


def test_the_objective_is_what_the_model_says_and_missing_rows_count_nothing(task):
    parameters = task.parameters()
    objective = jax.jit(partial(task.objective, drop=lambda array, rate, place: array))
    total = count = 0
    for step in range(task.batches.steps_per_epoch):
        outcome = objective(parameters, (), task.batches(step))
        total, count = total + float(outcome.total), count + int(outcome.predictions)
    nats, symbols = task.model(parameters).nats([(one.source, one.target) for one in task.examples.training])
    assert count == symbols == 11 + 5
    assert total == pytest.approx(nats, rel=1e-5)


def test_evaluations_answer_no_more_than_they_must(task, monkeypatch):
    monkeypatch.setattr("charrnn.training.rewriting.ANSWERED", 2)
    held = task.held_out(task.model(task.parameters()))
    assert held.summary["texts"] == 2  # the first and the fourth
    assert held.summary["characters"] == 16


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\tb\nab\n\nb\tc\nx\ty\tz\n\td\n",
         "line 2: has no tab; a line is source, tab, target (3 bad lines, the others 5, 6)"),
        ("a\tb\nx\ty\tz\n", "line 2: has 3 columns; a line is source, tab, target"),
        ("a\tb\n\td\n", "line 2: has a target and no source; a line is source, tab, target"),
        ("a\tb\n", "1 example to learn from; give two or more"),
    ],
)  # fmt: skip
def test_lines_that_are_no_pairs_are_named_and_counted(tmp_path, run, text, said):
    (tmp_path / "pairs").write_text(text)
    assert_one_clear_line(run("train", tmp_path / "pairs", "-m", tmp_path / "m", "--task", "rewrite"), said)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"task": "tag", "attention": "dot"}, "--attention: there is none with --task tag; leave it out"),
        ({"task": "classify", "copy": True}, "--copy lets answers copy their source; it needs --task rewrite"),
        ({"copy": True}, "--copy lets answers copy their source; it needs --task rewrite"),
        ({"task": "rewrite", "copy": True, "attention": "none"}, "leave out --attention none"),
        ({"task": "rewrite", "attention": "dot", "attention_window": 9}, "--attention-window is for language models"),
    ],
)
def test_options_that_do_not_fit(options, said):
    with pytest.raises(CharrnnError, match=said):
        TrainOptions(**options)
