"""The network that labels trees, as a model: answers, what it refuses, saved and opened."""

import numpy as np
import pytest

import charrnn
from charrnn.errors import CharrnnError
from charrnn.models.folder import open_model, open_predictor, save_model
from charrnn.models.labeller import softmax
from charrnn.models.tree_labeller import TreeLabeller
from charrnn.network.composition import TreeConfig
from charrnn.network.parameters import make_parameters
from charrnn.network.reader import ReaderConfig
from charrnn.scoring.measures import of_trees
from charrnn.text.bracketed import parse_bracketed
from charrnn.text.vocabulary import Vocabulary, to_units

LABELS = ("yes", "no", "perhaps")
TEXTS = ["(_ (_ ab) (_ (_ b) (_ cab)))", "(_ ab)", "(_ (_ (_ c) (_ b)))"]


@pytest.fixture(params=["elman", "lstm"])
def model(request):
    vocabulary = Vocabulary.build(to_units("abc"))
    config = TreeConfig(ReaderConfig(vocabulary.size, request.param, 2, 7, 5), len(LABELS), 2, 2)
    parameters = make_parameters(config.weights(), 4)
    parameters["output"]["weight"] *= 40
    return TreeLabeller(config, vocabulary, LABELS, parameters)


def test_an_answer_is_the_tree_with_its_labels(model):
    for text, scores_NL, (answer,) in zip(TEXTS, model.scores(TEXTS), model.predict(TEXTS), strict=True):
        assert answer.said == tuple(LABELS[k] for k in scores_NL.argmax(-1))
        assert answer.text == written(text, answer.said)
        np.testing.assert_allclose(answer.more["probabilities"], softmax(scores_NL).max(-1))
        assert answer.probability == answer.more["probabilities"][0]
        assert not answer.more["deeper_than_learnt"]


def written(text, labels):
    for label in labels:
        text = text.replace("(_", f"({label}", 1)
    return text


def test_several_answers_differ_in_the_root(model):
    answers = model.predict(TEXTS, count=5)[0]
    assert sorted(one.said[0] for one in answers) == sorted(LABELS)
    assert len({one.said[1:] for one in answers}) == 1
    assert sum(one.probability for one in answers) == pytest.approx(1)
    assert answers[0].probability > answers[1].probability > answers[2].probability


def test_labels_of_the_question_are_not_looked_at_and_trees_do_not_feel_each_other(model):
    alone = model.scores(["(no (yes ab) (a (b b) (c cab)))"])[0]
    np.testing.assert_allclose(model.scores(TEXTS)[0], alone, atol=1e-6)
    np.testing.assert_allclose(model.vectors(TEXTS)[0], model.vectors(TEXTS[:1])[0], atol=1e-6)
    assert model.vectors(TEXTS).shape == (3, 7)
    assert model.vectors([]).shape == (0, 7)


def test_a_tree_that_is_read_otherwise_has_another_answer(model):
    one, other = model.scores(["(_ (_ (_ a) (_ b)) (_ c))", "(_ (_ a) (_ (_ b) (_ c)))"])
    assert np.abs(one[0] - other[0]).max() > 1e-3


def test_deep_trees_and_unseen_words_are_answered(model):
    text = "(_ " * 10_000 + "(_ zzz)" + ")" * 10_000
    (answer,) = model.predict([text])[0]
    assert len(answer.said) == 10_001
    assert answer.more["deeper_than_learnt"]


def test_what_is_no_tree_is_refused_in_a_clear_line(model):
    with pytest.raises(CharrnnError, match=r"^'not a tree' begins with no bracket, at character 1; a line is \(label"):
        model.predict([TEXTS[0], "not a tree"])
    with pytest.raises(
        CharrnnError, match="has a node with 3 children; those learnt from have up to 2: put some of them into"
    ):
        model.predict(["(_ (_ a) (_ b) (_ c))"])


def test_a_saved_model_is_the_same(model, tmp_path):
    save_model(model, tmp_path)
    opened = open_predictor(tmp_path)
    assert opened.facts() == model.facts()
    assert opened.predict(TEXTS, 3) == model.predict(TEXTS, 3)
    with pytest.raises(CharrnnError, match="holds a tree-labeller, no language model"):
        open_model(tmp_path)


def test_measures():
    examples = [parse_bracketed(line) for line in ("(a (b x) (_ y))", "(b (b (a x)))", "(_ (a x) (b y))", "(a x)")]

    class Said:
        def __init__(self, said, deeper):
            self.said, self.more = tuple(said), {"deeper_than_learnt": deeper}

    answers = [Said("aba", False), Said("bab", True), Said("aab", False), Said("b", False)]
    found = of_trees(examples, answers)
    assert found == {
        "trees": 4,
        "roots": 3,
        "accuracy": 2 / 3,
        "nodes": 8,
        "node_accuracy": 5 / 8,
        "inner_nodes": 3,
        "inner_accuracy": 2 / 3,
        "deeper": {"roots": 1, "accuracy": 1.0},
        "levels": {
            "0": {"roots": 1, "accuracy": 0.0},
            "1": {"roots": 1, "accuracy": 1.0},
            "2": {"roots": 1, "accuracy": 1.0},
        },
    }
    assert "deeper" not in of_trees(examples[:1], answers[:1])


def test_a_blank_line_has_a_blank_answer_and_a_bad_one_is_named_with_its_file(run, model, tmp_path):
    save_model(model, tmp_path / "m")
    lines = tmp_path / "lines"
    lines.write_text("(a b)\n\n(a (a b) (a c))\n")
    code, out, _ = run("predict", "-m", tmp_path / "m", lines)
    assert (code, [bool(line.split("\t")[0]) for line in out.splitlines()]) == (0, [True, False, True])
    assert not charrnn.embed(model, files=lines)[1].any()
    lines.write_text("(a b)\n\nbroken\n(\n")
    code, out, error = run("predict", "-m", tmp_path / "m", lines)
    assert (code, out) == (1, "")
    assert f"{lines}, line 3: " in error
    assert "(2 bad lines, the others 4)" in error
