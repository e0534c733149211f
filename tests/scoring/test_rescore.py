"""Choosing among hypotheses: totals by hand, list formats, tuning, and homophones in context."""

import gzip
import math

import numpy as np
import pytest

import charrnn
from charrnn.corpora.generated import generate, log_probability
from charrnn.corpora.grammar_zh import HOMOPHONES, PINYIN
from charrnn.errors import CharrnnError
from charrnn.models.ngram.model import NgramModel
from charrnn.scoring.rescore import best_of_each, edit_distance, fewest_errors, language_scores, totals
from charrnn.text.nbest import Hypothesis, read_lists
from charrnn.text.vocabulary import Vocabulary
from tests.conftest import assert_one_clear_line

TSV = "u1\t-2.5\tthe cat\nu1\t-2\tthe czt\nu2\t-1\ta dqg\nu2\t-1.5\ta dog\n"


@pytest.fixture
def lists(tmp_path):
    path = tmp_path / "lists.tsv"
    path.write_text(TSV)
    return path


def log10(model, text):
    return -charrnn.score(model, [text])[0].tally.nats / math.log(10)


def test_totals_are_the_weighted_sum_in_the_order_of_the_list(run, model_folder, model, lists):
    arguments = ["-m", model_folder, lists, "--lm-weight", 0.5, "--length-penalty", 0.25]
    code, out, error = run("rescore", *arguments)
    assert (code, error) == (0, "")
    rows = [line.split("\t") for line in out.splitlines()]
    assert [(row[0], row[2]) for row in rows] == [("u1", "the cat"), ("u1", "the czt"), ("u2", "a dqg"), ("u2", "a dog")]
    for row, earlier in zip(rows, (-2.5, -2, -1, -1.5), strict=True):
        assert float(row[1]) == pytest.approx(earlier + 0.5 * log10(model, row[2]) + 0.25 * len(row[2]), abs=1e-5)
    best = [line.split("\t")[2] for line in run("rescore", *arguments, "--best")[1].splitlines()]
    assert best[0] == "the cat"
    none = [line.split("\t")[2] for line in run("rescore", *arguments[:3], "--lm-weight", 0, "--best")[1].splitlines()]
    assert none == ["the czt", "a dqg"]


def test_srilm_lists_get_their_second_column_replaced(run, tmp_path, model_folder, model):
    (tmp_path / "u7.nbest").write_text("-10.5 -3 2 the cat\n-10.25 -4 2 the czt\n")
    out = run("rescore", "-m", model_folder, tmp_path / "u7.nbest", "--format", "srilm")[1].splitlines()
    assert [line.split()[0] for line in out] == ["-10.5", "-10.25"]
    assert [line.split()[2:] for line in out] == [["2", "the", "cat"], ["2", "the", "czt"]]
    assert float(out[0].split()[1]) == pytest.approx(log10(model, "the cat"), abs=1e-5)
    joined = run("rescore", "-m", model_folder, tmp_path / "u7.nbest", "--format", "srilm", "--join", "")[1].splitlines()
    assert float(joined[0].split()[1]) == pytest.approx(log10(model, "thecat"), abs=1e-5)


def test_srilm_lists_whose_names_share_a_beginning_are_of_different_utterances(tmp_path):
    names = ["talk.1.nbest", "talk.2.nbest", "talk.3.nbest.gz", "plain"]
    for name in names:
        data = b"-1 -2 1 a\n"
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    found = read_lists([str(tmp_path / name) for name in names], "srilm")
    assert [hypothesis.utterance for hypothesis in found] == ["talk.1", "talk.2", "talk.3", "plain"]


def test_rnnlm_lists_give_one_score_a_line(run, model_folder, model):
    out = run("rescore", "-m", model_folder, "--format", "rnnlm", stdin=b"1 the cat\n1 the czt\n")[1].splitlines()
    assert [float(line) for line in out] == pytest.approx([log10(model, "the cat"), log10(model, "the czt")], abs=1e-5)
    best = run("rescore", "-m", model_folder, "--format", "rnnlm", "--best", stdin=b"1 the czt\n1 the cat\n")[1]
    assert best == "1 the cat\n"


@pytest.mark.parametrize(
    ("layout", "line", "written"), [("tsv", "u1\t-2\t\n", "u1\t-2.000000\t\n"), ("srilm", "-2 -3 0\n", None),
                                    ("rnnlm", "u1\n", "u1 \n"), ("rnnlm", "u1 \n", "u1 \n")]
)  # fmt: skip
def test_a_hypothesis_may_be_empty(run, model_folder, model, layout, line, written):
    arguments = ["-m", model_folder, "--format", layout]
    code, out, error = run("rescore", *arguments, stdin=line.encode())
    assert (code, len(out.splitlines())) == (0, 1), error
    score = log10(model, "")
    assert f"{score - 2 if layout == 'tsv' else score:.4f}"[:-1] in out
    if written:
        assert run("rescore", *arguments, "--best", "--lm-weight", 0, stdin=line.encode())[1] == written


def test_tuning_finds_weight_and_penalty_with_the_fewest_errors(run, tmp_path, model_folder, lists):
    (tmp_path / "right").write_text("u1\tthe cat\nu2 a dog\n")
    code, out, error = run("rescore", "-m", model_folder, lists, "--tune", tmp_path / "right", "--best")
    assert code == 0
    assert [line.split("\t")[2] for line in out.splitlines()] == ["the cat", "a dog"]
    assert "0 of 12 characters wrong, 2 with the earlier scores, 0 at the least" in error


def test_the_penalty_is_tuned_too():
    """The model prefers the short text by 3, its right reading is the long one: only a reward for length chooses it."""
    hypotheses = [Hypothesis("u", 0.0, "ab"), Hypothesis("u", 0.0, "abcdefgh")]
    tuned = fewest_errors(hypotheses, np.array([-1.0, -4.0]), {"u": "abcdefgh"})
    assert (tuned.wrong, tuned.earlier, tuned.least) == (0, 6, 0)
    assert (
        best_of_each(totals(hypotheses, np.array([-1.0, -4.0]), tuned.weight, tuned.penalty))[0].hypothesis.text
        == "abcdefgh"
    )


def test_errors_are_counted_with_the_weight_and_penalty_that_are_given(run, tmp_path, model_folder, lists):
    """No list has the right text of u2: the nearest has one character too many."""
    (tmp_path / "right").write_text("u1\tthe cat\nu2 a do\n")
    arguments = ["-m", model_folder, lists, "--references", tmp_path / "right"]
    code, out, error = run("rescore", *arguments, "--lm-weight", 0)
    assert (code, len(out.splitlines())) == (0, 4)
    assert error == f"{tmp_path / 'right'}: 3 of 11 characters wrong, 3 with the earlier scores, 1 at the least\n"
    assert ": 1 of 11 characters wrong, 3 with" in run("rescore", *arguments, "--length-penalty", 0)[2]


@pytest.mark.parametrize(
    ("one", "other", "distance"), [("", "abc", 3), ("kitten", "sitting", 3), ("ab", "ba", 2), ("a", "a", 0)]
)
def test_edit_distance(one, other, distance):
    assert edit_distance(one, other) == edit_distance(other, one) == distance


@pytest.mark.parametrize(
    ("layout", "content", "part"),
    [
        ("tsv", "u1\t-1\ta\nno tabs\n", "line 2: is not `utterance, tab, score, tab, text`"),
        ("tsv", "u1\tfast\ta\n", "line 1: is not"),
        ("tsv", "u1\tnan\ta\n", "line 1: is not"),
        ("srilm", "-1 -2\n", "line 1: is not `ascore lscore nwords"),
        ("tsv", "u1\t-1\ta\n\nu1\t-1\tb\n", "line 2: is blank, not `utterance, tab"),
        ("srilm", "-1 -2 1 a\n \n", "line 2: is blank, not `ascore"),
        ("rnnlm", "1 a\n\n2 a\n", "line 2: is blank, not `utterance, space, text`"),
        ("srilm", "", "holds no hypotheses"),
    ],
)
def test_lists_that_cannot_be_read(run, tmp_path, model_folder, layout, content, part):
    (tmp_path / "list").write_text(content)
    assert_one_clear_line(run("rescore", "-m", model_folder, "--format", layout, tmp_path / "list"), "list", part)


@pytest.mark.parametrize(
    ("references", "part"), [("u1 a\n", "'u2' has no reference"), ("u1 a\nu2 b\nu3 c\n", "'u3' has no hypothesis"),
                             ("u1 a\nu1 b\n", "has a reference already")]
)  # fmt: skip
def test_references_that_do_not_fit(run, tmp_path, model_folder, lists, references, part):
    (tmp_path / "right").write_text(references)
    assert_one_clear_line(run("rescore", "-m", model_folder, lists, "--tune", tmp_path / "right"), part)
    with pytest.raises(CharrnnError):
        fewest_errors([Hypothesis("a", 0.0, "x")], np.zeros(1), {})


def test_wrong_usage(run):
    assert run("rescore", "--tune", "x", "--lm-weight", 2, "list")[0] == 2
    assert run("rescore", "--tune", "x", "--references", "x", "list")[0] == 2
    assert run("rescore", "--lm-weight", "nan", "list")[0] == 2
    assert run("rescore", "--length-penalty", "inf", "list")[0] == 2


def test_the_right_homophone_is_chosen_where_context_decides():
    """Given the reading of one character, at least 95 of 100 are right, on sentences that were not learnt from."""
    learnt = generate("grammar-zh", 4000, seed=1)
    vocabulary = Vocabulary.build(np.array([ord(c) for c in learnt], np.uint32))
    model = NgramModel.train(vocabulary.encode(learnt), vocabulary, order=9, lines=True)
    hypotheses, right = [], []
    for sentence in generate("grammar-zh", 150, seed=2, without=learnt.splitlines()).splitlines():
        for place, character in enumerate(sentence):
            candidates = HOMOPHONES.get(PINYIN.get(character, ""), "")
            texts = [sentence[:place] + candidate + sentence[place + 1 :] for candidate in candidates]
            others = [log_probability("grammar-zh", text) for text in texts if text != sentence]
            if others and max(others) < log_probability("grammar-zh", sentence) - 1:
                hypotheses += [Hypothesis(str(len(right)), 0.0, text) for text in texts]
                right.append(sentence)
    chosen = best_of_each(totals(hypotheses, language_scores(model, hypotheses), 1.0, 0.0))
    share = np.mean([one.hypothesis.text == text for one, text in zip(chosen, right, strict=True)])
    assert len(right) > 300
    assert share >= 0.95
