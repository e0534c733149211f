"""Classifying and tagging, from a file of examples to answers: learnt, calibrated, resumed, described."""

import json
from collections import Counter

import numpy as np
import pytest

import charrnn
from charrnn.models.labeller import Classifier, Tagger, softmax
from charrnn.training.labelling import best_temperature
from charrnn.training.options import TrainOptions
from charrnn.training.start import resume, start
from tests.conftest import assert_same_run, steps_of

QUICK = {"hidden": 24, "embedding": 8, "batch_size": 16, "seed": 3}


@pytest.fixture(scope="module")
def moods(tmp_path_factory):
    """Whether a text has an even number of nots: glad or sad."""
    random, lines = np.random.default_rng(0), []
    for _ in range(600):
        words = random.choice(["I", "am", "not", "so"], random.integers(1, 7))
        lines.append(f"{'glad' if (words == 'not').sum() % 2 == 0 else 'sad'}\t{' '.join(words)}")
    path = tmp_path_factory.mktemp("examples") / "moods.tsv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def sums(tmp_path_factory):
    """Additions of binary digits from the lowest on: which of the two numbers has a 1, and the sum's bits."""
    random, lines = np.random.default_rng(1), []
    for _ in range(700):
        a, b = random.integers(0, 64, 2)
        steps = "".join(str((a >> k & 1) + 2 * (b >> k & 1)) for k in range(7))
        lines.append(steps + "\t" + "".join(str(a + b >> k & 1) for k in range(7)))
    path = tmp_path_factory.mktemp("examples") / "sums.tsv"
    path.write_text("\n".join(lines))
    return path


@pytest.fixture(scope="module")
def classifier(moods, tmp_path_factory):
    return charrnn.train(moods, tmp_path_factory.mktemp("models") / "moods", task="classify", steps=500, **QUICK)


@pytest.fixture(scope="module")
def tagger(sums, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "sums"
    return charrnn.train(sums, folder, task="tag", steps=500, cell="elman-sigmoid", direction="forward", **QUICK)


def test_a_text_is_judged_by_all_of_it(classifier):
    assert isinstance(classifier, Classifier)
    held_out = classifier.summary["held_out"]
    assert (held_out["texts"], held_out["accuracy"] > 0.95, held_out["nats_per_label"] < 0.2) == (60, True, True)
    (judged,) = charrnn.predict(classifier, "I am not not so", count=5)
    assert [answer.text for answer in judged.answers] == ["glad", "sad"]
    assert sum(answer.probability for answer in judged.answers) == pytest.approx(1)


def test_a_text_may_be_empty_or_all_unknown(classifier, tagger):
    for model in (classifier, tagger):
        for one in charrnn.predict(model, ["", "ÿ語\0", "not" * 400]):
            assert 0 <= one.answers[0].probability <= 1
    empty, unknown = charrnn.predict(tagger, ["", "ÿ語"])
    assert (empty.answers[0].text, len(unknown.answers[0].text)) == ("", 2)


def test_answers_do_not_depend_on_what_stands_beside_them(classifier, moods):
    texts = [line.partition("\t")[2] for line in moods.read_text().splitlines()[:90]]
    together = charrnn.predict(classifier, texts)
    for text, one in zip(texts, together, strict=True):
        (alone,) = charrnn.predict(classifier, text)
        assert (alone.text, alone.answers[0].text) == (text, one.answers[0].text)
        assert alone.answers[0].probability == pytest.approx(one.answers[0].probability, rel=1e-4)


def test_every_place_has_its_label_and_the_carry_is_carried(tagger):
    assert isinstance(tagger, Tagger)
    assert tagger.summary["held_out"]["whole"] > 0.95
    (added,) = charrnn.predict(tagger, "3111110", count=2)  # 1 + 63
    first, second = added.answers
    assert (first.text, first.said) == ("0000001", tuple("0000001"))
    assert first.probability > 0.5 > second.probability > 0
    assert len(first.more["probabilities"]) == 7


def test_labels_that_follow_each_other_may_be_learnt(sums, tmp_path):
    model = charrnn.train(sums, tmp_path / "m", task="tag", crf=True, steps=60, **QUICK)
    found = charrnn.predict(charrnn.load(tmp_path / "m"), "3111110", count=200)[0].answers
    assert model.parameters["transitions"].any()
    assert len(found) == 2**7
    assert sum(answer.probability for answer in found) == pytest.approx(1)
    # nats of the held-out labels are those of the probabilities that are answered
    nats, examples = 0.0, [line.split("\t") for line in sums.read_text().splitlines()[5::10][:9]]
    for text, labels in examples:
        (one,) = charrnn.predict(model, text, count=200)
        nats -= sum(np.log(answer.probability) for answer in one.answers if answer.text == labels)
    scores = model.scores([text for text, _ in examples])
    wanted = sum(
        model.nats(each, np.array([model.labels.index(label) for label in labels]))
        for each, (_, labels) in zip(scores, examples, strict=True)
    )
    assert nats == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("more", [{"task": "classify", "attention": "additive"}, {"task": "tag", "crf": True, "layers": 2}])
def test_a_resumed_run_is_bit_for_bit_the_uninterrupted_one(moods, sums, tmp_path, more):
    examples = [str(moods if more["task"] == "classify" else sums)]
    options = TrainOptions(steps=12, evaluate_every=5, **more, **QUICK)
    steps_of(start(examples, tmp_path / "whole", options))
    steps_of(start(examples, tmp_path / "parts", options), stop_at=7)
    steps_of(resume(tmp_path / "parts", [], TrainOptions()))
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


def test_a_simple_way_is_measured_that_the_network_must_beat(sums, moods, tmp_path):
    session = start([str(sums)], tmp_path / "a", TrainOptions(task="tag", steps=1, **QUICK))
    baseline, examples = session.compared().journal.baseline, session.run.task.examples
    counts = Counter(pair for one in examples.training for pair in zip(one.text, one.labels, strict=True))
    best = {a: max("01", key=lambda b: counts[a, b]) for a in "0123"}
    right = [best[a] == b for one in examples.held_out for a, b in zip(one.text, one.labels, strict=True)]
    assert baseline["accuracy"] == pytest.approx(np.mean(right))
    assert 0 < baseline["nats_per_label"] < 0.8
    baseline = (
        start([str(moods)], tmp_path / "b", TrainOptions(task="classify", steps=1, **QUICK)).compared().journal.baseline
    )
    assert baseline["made"] == "n-grams of the texts of each label, order 5"
    assert 0.5 < baseline["accuracy"] < 1


def test_minutes_are_kept(moods, tmp_path):
    model = charrnn.train(moods, tmp_path / "m", task="classify", minutes=0.05, **QUICK)
    assert model.summary["steps"] > 0


def test_probabilities_are_as_sharp_as_held_out_examples_ask(classifier):
    random = np.random.default_rng(0)
    scores_NL = random.normal(0, 2, (4000, 3))
    right_N = np.array([random.choice(3, p=softmax(one)) for one in scores_NL])
    assert best_temperature(scores_NL, right_N) == pytest.approx(1, abs=0.1)
    assert best_temperature(3 * scores_NL, right_N) == pytest.approx(3, abs=0.3)
    certain_NL = np.tile([[4.0, 0.0]], (30, 1))  # all right: how sure one may be grows with how many there are
    few, many = (best_temperature(np.tile(certain_NL, (n, 1)), np.zeros(30 * n, int)) for n in (1, 30))
    assert 0.5 < 4 / few / np.log(2 * 31) < 1.5
    assert many < few
    assert 1 / 8 <= classifier.temperature <= 8


def test_what_is_known_of_it(classifier, tagger):
    facts = charrnn.info(classifier)
    assert (facts["kind"], facts["labels"], facts["network"]["reader"]["cell"]) == ("classifier", ["glad", "sad"], "lstm")
    assert facts["examples"] == {"sources": facts["examples"]["sources"], "training": 540, "held_out": 60}
    assert sum(facts["label_counts"].values()) == 540
    json.dumps(facts)
    assert charrnn.info(tagger)["network"]["each"]


def test_one_label_is_nothing_to_learn(tmp_path):
    path = tmp_path / "one.tsv"
    path.write_text("x\ta\nx\tb\nx\tc\n")
    with pytest.raises(charrnn.CharrnnError, match="one distinct label, 'x'; there is nothing to learn without two"):
        charrnn.train(path, tmp_path / "m", task="classify", steps=1)


def test_held_out_labels_that_nothing_is_learnt_of(tmp_path):
    (tmp_path / "learnt").write_text("x\ta\ny\tb\n")
    (tmp_path / "held").write_text("z\ta\n")
    with pytest.raises(charrnn.CharrnnError, match="held: held-out examples have 1 label that those learnt from lack: z"):
        charrnn.train(tmp_path / "learnt", tmp_path / "m", valid=tmp_path / "held", task="classify", steps=1)


def test_several_answers_differ_in_their_spans(tmp_path):
    """B and I may stand in another order within the same spans."""
    (tmp_path / "a.tsv").write_text("".join(f"{'x' * k}ab{'y' * j}\t{k}-{k + 2}:P\n" for k in range(6) for j in range(6)))
    model = charrnn.train(tmp_path / "a.tsv", tmp_path / "m", task="tag", steps=60, **QUICK)
    (one,) = charrnn.predict(model, "xxaby", count=12)
    texts = [answer.text for answer in one.answers]
    assert len(set(texts)) == len(texts) > 3
    assert texts[0] == "2-4:P"
