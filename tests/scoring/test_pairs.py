"""Minimal pairs: files, margins, accuracies by kind."""

import json

import pytest

import charrnn
from tests.conftest import assert_one_clear_line

PAIRS = [("the cat sees a dog.", "the cat sese a dog.", "spelling"), ("a red house.", "a red xxq.", "order"),
         ("zzz zzz", "the cat sleeps.", "order")]  # fmt: skip


@pytest.fixture
def blimp(tmp_path):
    path = tmp_path / "pairs.jsonl"
    records = [{"sentence_good": good, "sentence_bad": bad, "UID": kind, "field": "x"} for good, bad, kind in PAIRS]
    path.write_text("".join(json.dumps(record) + "\n" for record in records) + "\n")
    return path


def test_margins_are_differences_of_scores(model, blimp, tmp_path):
    scores = charrnn.score(model, pairs=blimp)
    for score, (good, bad, kind) in zip(scores, PAIRS, strict=True):
        tallies = [one.tally for one in charrnn.score(model, [good, bad])]
        assert score.margin == pytest.approx(tallies[1].nats - tallies[0].nats, rel=1e-4)
        assert (score.pair.kind, score.right) == (kind, score.margin > 0)
    (tmp_path / "two").write_text("sentence_good\tsentence_bad\r\n" + "".join(f"{a}\t{b}\n" for a, b, _ in PAIRS))
    assert [one.margin for one in charrnn.score(model, pairs=tmp_path / "two")] == [one.margin for one in scores]
    after = charrnn.score(model, pairs=blimp, context="the dog and ")
    assert after[0].good == charrnn.score(model, PAIRS[0][0], context="the dog and ")[0].tally


def test_accuracy_by_kind_and_overall(run, model_folder, blimp):
    code, out, error = run("score", "-m", model_folder, "--pairs", blimp)
    assert code == 0
    rows = [line.split("\t") for line in out.splitlines()]
    assert [row[:4] for row in rows] == [["kind", "pairs", "right", "accuracy"], ["spelling", "1", "1", "1.0000"],
                                         ["order", "2", "1", "0.5000"], ["overall", "3", "2", "0.6667"]]  # fmt: skip
    assert rows[1][5] == ""  # a single pair has no deviation
    assert error == "--pairs: 2 of 3 pairs have characters that the model does not know\n"
    each, kinds = (
        [
            json.loads(line)
            for line in run("score", "-m", model_folder, "--pairs", blimp, "--format", "jsonl", *more)[1].splitlines()
        ]
        for more in ([], ["--summary"])
    )
    assert [one["good"]["text"] for one in each] == [good for good, _, _ in PAIRS]
    assert [one["kind"] for one in kinds] == ["spelling", "order", None]
    assert kinds[2]["margin"] == pytest.approx(sum(one["margin"] for one in each) / 3)
    assert float(rows[3][4]) == pytest.approx(kinds[2]["margin"], abs=1e-4)


def test_both_directions_judge_pairs_by_pseudo_likelihood(both_folder, blimp):
    score = charrnn.score(both_folder, pairs=blimp, pseudo=True)[1]
    tallies = [one.tally for one in charrnn.score(both_folder, PAIRS[1][:2], pseudo=True)]
    assert score.margin == pytest.approx(tallies[1].nats - tallies[0].nats, rel=1e-4)


def test_sentences_alike_are_not_right(model, tmp_path):
    (tmp_path / "p").write_text("a\ta\n")
    assert not charrnn.score(model, pairs=tmp_path / "p")[0].right


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        (b"", ["holds no pairs"]),
        (b"\n\n", ["holds no pairs"]),
        (b"a\tb\nthe cat\n", ["line 2", "has 1 column;", "two columns"]),
        (b"a\tb\tc\n", ["line 1", "has 3 columns"]),
        (b'\n{"sentence_good": "a"}\n', ["line 2", "has no text sentence_bad"]),
        (b'{"sentence_good": 3, "sentence_bad": "a"}', ["line 1", "has no text sentence_good"]),
        (b'{"sentence_good": "a", ', ["line 1", "is not JSON"]),
    ],
)
def test_what_is_no_list_of_pairs(run, model_folder, data, parts):
    code, _, error = run("score", "-m", model_folder, "--pairs", "-", stdin=data)
    assert (code, len(error.splitlines())) == (1, 1)
    for part in ["standard input", *parts]:
        assert part in error


def test_pairs_are_read_alone(run, model_folder, blimp):
    for wrong in (
        ["--text", "a"],
        ["file"],
        ["--rank"],
        ["--format", "kenlm"],
        ["--stream"],
        ["--header"],
        ["--unit", "word"],
    ):
        assert run("score", "--pairs", blimp, *wrong)[0] == 2, wrong
    with pytest.raises(charrnn.CharrnnError, match="pairs names the file"):
        charrnn.score(model_folder, "a", pairs=blimp)
    assert_one_clear_line(run("score", "-m", model_folder, "--pairs", "nofile"), "no such file")
