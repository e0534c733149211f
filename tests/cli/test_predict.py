"""`charrnn predict` as a user meets it: a filter, several answers, measures, and what is refused."""

import json

import numpy as np
import pytest

import charrnn
from charrnn.models.archive import read_archive, write_archive
from charrnn.models.folder import MODEL


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Whether a text has an a."""
    base = tmp_path_factory.mktemp("predict")
    texts = ["a", "b", "ab", "bb", "bab", "bbb", "abb", "b b", "a b", "b  b"] * 8
    texts = [str(text) for text in np.random.default_rng(0).permutation(texts)]
    (base / "learn.tsv").write_text("".join(f"{'yes' if 'a' in text else 'no'}\t{text}\n" for text in texts))
    options = {"task": "classify", "steps": 250, "hidden": 12, "embedding": 4, "batch_size": 8}
    charrnn.train(base / "learn.tsv", base / "m", **options)
    return base / "m"


def test_one_line_out_for_each_line_in(run, folder):
    code, out, error = run("predict", "-m", folder, stdin=b'a\n\nb"b\tb\n')
    assert (code, error) == (0, "")
    rows = [line.split("\t") for line in out.split("\n")[:-1]]
    assert [(row[0], row[2]) for row in rows] == [("yes", "a"), (rows[1][0], ""), ("no", '"b""b b"')]
    assert all(0.3 < float(row[1]) <= 1 for row in rows)


def test_several_answers_have_the_number_of_their_line(run, folder):
    _, out, _ = run("predict", "-m", folder, "--text", "a", "--text", "bb", "-n", "2")
    assert [line.split("\t")[:2] for line in out.splitlines()] == [["1", "yes"], ["1", "no"], ["2", "no"], ["2", "yes"]]


def test_answers_as_json(run, folder):
    _, out, _ = run("predict", "-m", folder, "--text", "bb", "--format", "jsonl", "--count", "2")
    found = json.loads(out)
    assert (found["line"], found["text"], [one["answer"] for one in found["answers"]]) == (1, "bb", ["no", "yes"])


def test_answers_beside_the_right_ones_and_how_good_they_are(run, folder, tmp_path):
    gold = tmp_path / "gold.tsv"
    gold.write_text("yes\ta\n\nno\tbbb\nyes\tb\n")
    code, out, error = run("predict", "-m", folder, "--gold", gold)
    assert code == 0
    assert [line.split("\t")[::2] for line in out.splitlines()] == [["yes", "yes"], ["no", "no"], ["no", "yes"]]
    assert error.splitlines()[0].startswith("right: 2 of 3 texts, 66.7%; macro F1 66.7%, calibration error 0.")
    assert [line.split() for line in error.splitlines()[1:]] == [["given", "yes", "no"], ["yes", "1", "1"], ["no", "0", "1"]]
    measures = json.loads(run("predict", "-m", folder, "--gold", gold, "--summary")[1])
    assert measures["confusion"] == {"yes": {"yes": 1, "no": 1}, "no": {"no": 1}}
    assert charrnn.predict(folder, gold=gold) == measures


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--gold", "x", "y"), "--gold names the file to read; leave out other files and --text"),
        (("--summary", "x"), "--summary prints how good answers are; it needs --gold FILE"),
        (("--count", "0", "x"), "Invalid value for '-n' / '--count'"),
    ],
)
def test_wrong_usage(run, folder, arguments, said):
    code, _, error = run("predict", "-m", folder, *arguments)
    assert (code, said in error) == (2, True)


def test_a_bad_line_of_right_answers_is_named(run, folder, tmp_path):
    (tmp_path / "gold").write_text("yes\ta\nno\n")
    code, out, error = run("predict", "-m", folder, "--gold", tmp_path / "gold")
    assert (code, out) == (1, "")
    assert error == f"charrnn: {tmp_path / 'gold'}, line 2: has no tab; a line is label, tab, text\n"


def test_each_kind_of_model_has_its_commands(run, folder, model_folder):
    for command in ("score", "sample", "fill", "rescore"):
        code, _, error = run(command, "-m", folder, *(["x"] if command == "rescore" else []), stdin=b"")
        assert code == 1
        assert (
            error == f"charrnn: {folder}: holds a classifier, no language model; ask it with `charrnn predict -m {folder}`\n"
        )
    code, _, error = run("predict", "-m", model_folder, stdin=b"a\n")
    assert (code, "holds a language model, which writes and scores text" in error) == (1, True)


def test_it_is_described(run, folder, tmp_path):
    out = run("info", "-m", folder)[1]
    assert "kind        classifier\n" in out
    assert "labels      2: " in out
    assert "right: 8 of 8 texts, 100.0%" in out
    assert run("info", "-m", folder, "--html", tmp_path / "page.html")[0] == 0
    assert "bits per label" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--lines",), "--lines is for language models; leave it out with --task classify"),
        (("--hybrid",), "--hybrid is for language models"),
        (("--init-from", "m"), "--init-from is for language models"),
        (("--crf",), "--crf joins the labels of characters; it needs --task tag"),
    ],
)
def test_options_that_do_not_suit_a_task(run, folder, arguments, said):
    code, _, error = run("train", folder.parent / "learn.tsv", "--task", "classify", *arguments)
    assert (code, said in error) == (2, True)


def test_python_says_too_which_models_are_of_which_commands(folder, model_folder):
    with pytest.raises(charrnn.CharrnnError, match="holds a classifier, no language model"):
        charrnn.score(charrnn.load(folder), "a")
    with pytest.raises(charrnn.CharrnnError, match="holds a language model, which writes and scores text"):
        charrnn.predict(charrnn.load(model_folder), "a")
    with pytest.raises(charrnn.CharrnnError, match="gold names the file to read; leave out other files and texts"):
        charrnn.predict(folder, "a", gold="x")
    with pytest.raises(charrnn.CharrnnError, match="last is for language models, and this is a classifier"):
        charrnn.embed(folder, "a", last=True)


@pytest.mark.parametrize(
    "changed",
    [{"labels": ["a"]}, {"labels": ["a", "b", "c"]}, {"temperature": 0}, {"temperature": "nan"}, {"kind": "tagger"},
     {"vocabulary": {"symbols": "\n"}}, {"network": {}}, {"kind": "rewriter"}, {"kind": "tree-labeller"}],
    ids=str,
)  # fmt: skip
def test_a_model_whose_parts_do_not_fit_is_refused(run, folder, tmp_path, changed):
    arrays, description = read_archive(folder / MODEL)
    write_archive(tmp_path / MODEL, arrays, description | changed)
    code, out, error = run("predict", "-m", tmp_path, "--text", "a")
    assert (code, out) == (1, "")
    assert str(tmp_path / MODEL) in error
