"""The task of labelling trees, from files of examples to answers."""

import json
import random

import jax
import numpy as np
import pytest

import charrnn
from charrnn.models.folder import MODEL, open_predictor
from charrnn.text.bracketed import parse_bracketed
from charrnn.text.vocabulary import Vocabulary, to_units
from charrnn.training.options import TrainOptions
from charrnn.training.start import resume, start
from charrnn.training.tree_batches import TreeBatching
from charrnn.training.trees import LabelTrees
from tests.conftest import arrays_of, assert_one_clear_line, assert_same_run, steps_of

OPTIONS = {"task": "tree", "hidden": 16, "embedding": 6}


def logic(draw, levels):
    """A tree of truth values: its label, and the tree as a line."""
    if levels == 0:
        value = draw.choice("TF")
        return value, f"({value} {value})"
    one, left = logic(draw, levels - 1)
    if draw.random() < 0.3:
        value = "FT"[one == "F"]
        return value, f"({value} (_ not) {left})"
    two, right = logic(draw, draw.randrange(levels))
    if draw.random() < 0.5:
        one, two, left, right = two, one, right, left
    word = draw.choice(["and", "or"])
    value = "FT"["F" not in one + two if word == "and" else "T" in one + two]
    return value, f"({value} {left} (_ {word}) {right})"


def lines_of(count, levels, seed):
    draw = random.Random(seed)
    return "".join(logic(draw, draw.randint(*levels))[1] + "\n" for _ in range(count))


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    path = tmp_path_factory.mktemp("trees") / "logic.txt"
    path.write_text(lines_of(600, (1, 3), 1))
    return str(path)


@pytest.fixture(autouse=True, scope="module")
def one_length():
    """Compiling takes most of the time of these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("charrnn.training.examples.LENGTHS", 1)
        yield


@pytest.fixture(scope="module")
def learnt(tmp_path_factory, trees):
    folder = tmp_path_factory.mktemp("trees") / "model"
    charrnn.train(trees, folder, epochs=25, dropout=0.0, learning_rate=0.01, **OPTIONS)
    return folder


def test_it_learns_logic_and_holds_on_in_deeper_trees(learnt, tmp_path):
    held_out = open_predictor(learnt).summary["held_out"]
    assert held_out["inner_accuracy"] > 0.99
    assert held_out["accuracy"] > 0.98
    assert "deeper" not in held_out
    (tmp_path / "deeper.txt").write_text(lines_of(200, (3, 6), 2))
    found = charrnn.predict(learnt, gold=str(tmp_path / "deeper.txt"))
    assert found["levels"].keys() == {"3", "4", "5", "6"}
    assert found["deeper"]["roots"] == sum(found["levels"][n]["roots"] for n in "456")
    assert found["deeper"]["accuracy"] > 0.9  # half by chance


def test_the_command_line(learnt, run, tmp_path):
    (tmp_path / "trees.txt").write_text("(_ (_ T) (_ and) (_ F))\n(_ (_ not) (_ F))\n")
    code, out, _ = run("predict", "-m", learnt, tmp_path / "trees.txt")
    assert code == 0
    answers = [line.split("\t")[0] for line in out.splitlines()]
    assert [answer[1] for answer in answers] == ["F", "T"]
    assert answers[0].endswith(" and) (F F))")
    (tmp_path / "gold.txt").write_text("(T (T T) (_ or) (F F))\n" + lines_of(1, (5, 5), 3))
    code, out, error = run("predict", "-m", learnt, "--gold", tmp_path / "gold.txt", "--format", "jsonl")
    assert code == 0
    said = [json.loads(line) for line in out.splitlines()]
    assert [one["answers"][0]["deeper_than_learnt"] for one in said] == [False, True]
    assert said[0]["gold"] == "(T (T T) (_ or) (F F))"
    assert said[0]["text"] == "(_ (_ T) (_ or) (_ F))"
    assert "right: " in error
    assert "deeper than learnt: " in error
    code, out, _ = run("info", "-m", learnt)
    assert "nodes of up to 3 children, learnt from up to 3 levels above the words" in out
    assert_one_clear_line(run("predict", "-m", learnt, "--text", "(_ (_ T)"), "a bracket that is not closed, at character 1")


def test_options_that_are_not_for_trees(run, trees, tmp_path):
    refused = run("train", trees, "-m", tmp_path / "m", "--task", "tree", "--cell", "gru")
    assert_one_clear_line(refused, "cell 'gru' has no form for trees; choose one of elman, lstm")
    with pytest.raises(charrnn.CharrnnError, match="--attention: there is none with --task tree; leave it out"):
        TrainOptions(task="tree", attention="dot")
    with pytest.raises(charrnn.CharrnnError, match="--crf joins the labels of characters; it needs --task tag"):
        TrainOptions(task="tree", crf=True)


def test_files_that_are_no_trees_or_say_one_label_only(run, tmp_path):
    (tmp_path / "bad").write_text("(a b)\n(a (b c)\n")
    (tmp_path / "one").write_text("(a (_ b))\n(a (_ c) (_ d))\n")
    (tmp_path / "new").write_text("(z (_ b))\n")
    (tmp_path / "two").write_text("(a (b b))\n(a (_ c) (_ d))\n")
    arguments = ["train", "--task", "tree", "-m", tmp_path / "m"]
    assert_one_clear_line(run(*arguments, tmp_path / "bad"), "line 2: has a bracket that is not closed, at character 1")
    assert_one_clear_line(run(*arguments, tmp_path / "one"), "one distinct label, 'a'")
    assert_one_clear_line(
        run(*arguments, tmp_path / "two", "--valid", tmp_path / "new"), "1 label that those learnt from lack: z"
    )


def test_a_resumed_run_is_bit_for_bit_the_uninterrupted_one(tmp_path, trees, monkeypatch):
    monkeypatch.setattr("charrnn.training.run.devices_for", lambda rows, hidden: 2)
    options = TrainOptions(steps=12, evaluate_every=5, batch_size=5, **OPTIONS)
    steps_of(start([trees], tmp_path / "whole", options))
    steps_of(start([trees], tmp_path / "parts", options), stop_at=7)
    steps_of(resume(tmp_path / "parts", [], TrainOptions()))
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


def test_rows_may_be_shared_out_over_devices(tmp_path, trees, monkeypatch):
    found = []
    for devices in (1, 2):
        monkeypatch.setattr("charrnn.training.run.devices_for", lambda rows, hidden, devices=devices: devices)
        folder = tmp_path / str(devices)
        steps_of(start([trees], folder, TrainOptions(steps=3, evaluate_every=3, batch_size=6, optimizer="sgd", **OPTIONS)))
        found.append(arrays_of(folder, MODEL))
    for key in found[0]:
        np.testing.assert_allclose(found[0][key], found[1][key], atol=1e-6, err_msg=key)


def test_what_is_reported_of_a_batch_is_what_the_model_says(trees):
    task = LabelTrees.read([trees], TrainOptions(batch_size=8, dropout=0.0, **OPTIONS)).planned()[0]
    parameters, network = task.parameters(), task.model(task.parameters())
    for step, _ in task.batches.shapes():
        batch = task.batches(step)
        _, chosen = task.batches._grouped(step)
        outcome = on_one_device(task.objective, parameters, batch)
        nats, predictions = task.nats(network, [task.examples.training[k] for k in chosen])
        assert int(outcome.predictions) == predictions == (batch.labels_BN > 0).sum()
        assert float(outcome.total) == pytest.approx(nats, rel=1e-5)
        nothing = on_one_device(task.objective, parameters, jax.tree.map(np.zeros_like, batch))
        assert (float(nothing.total), int(nothing.predictions)) == (0.0, 0)


def test_a_batch_of_unusually_many_words_has_room_for_them():
    lines = ["(a (b x) (a y) (a z))"] * 400 + [f"(a (b {k}1) (a {k}2) (a {k}33))" for k in range(4)]
    parsed = [parse_bracketed(line) for line in lines]
    labels = [np.arange(4)] * len(parsed)
    make = TreeBatching(parsed, labels, Vocabulary.build(to_units("xyz123")), 3, 4)
    usual, unusual = (make(chosen, np.arange(404)) for chosen in (np.arange(4), np.arange(400, 404)))
    assert usual.words_BUT.shape == (4, 2, 3)
    assert unusual.words_BUT.shape == (4, 4, 3)
    assert unusual.lengths_BU.sum() == 4 * (2 + 2 + 3)
    np.testing.assert_array_equal(np.sort(unusual.leaves_BF, axis=None), np.arange(12))
    np.testing.assert_array_equal(usual.children_BSWK, unusual.children_BSWK)
    np.testing.assert_array_equal(usual.labels_BN[0], [2, 3, 4, 1])


def on_one_device(objective, parameters, batch):
    from jax.sharding import PartitionSpec as P

    from charrnn.training.step import ROWS, make_mesh

    parameters = jax.tree.map(jax.numpy.array, parameters)

    def call(batch):
        return objective(parameters, (), batch, lambda array, rate, place: array)

    return jax.jit(jax.shard_map(call, mesh=make_mesh(1), in_specs=(P(ROWS),), out_specs=P(), check_vma=False))(batch)
