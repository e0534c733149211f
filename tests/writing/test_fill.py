"""Filling blanks: reading them, search against trying everything, candidates, edges, and the command."""

import itertools
import json
import subprocess
import sys

import numpy as np
import pytest

import charrnn
from charrnn.errors import CharrnnError
from charrnn.models.ngram.model import NgramModel
from charrnn.text.blanks import read_template
from charrnn.text.vocabulary import Vocabulary, to_units
from charrnn.writing.fill import fill, read_candidates
from tests.conftest import WORDS


@pytest.fixture(scope="module")
def both(both_folder):
    return charrnn.load(both_folder)


def template(text, **how):
    return read_template(text, **({"max_length": 6} | how))


def whole_sentence(model, texts):
    """Mean log-probability of the sentences from the left and from the right; from the left alone for other models."""
    forward = np.array([-score.tally.nats for score in charrnn.score(model, texts)])
    backward = getattr(model, "backward", None)
    if backward is None:
        return forward
    return (forward - [score.tally.nats for score in charrnn.score(backward, [text[::-1] for text in texts])]) / 2


# reading blanks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "how", "texts", "lengths"),
    [
        ("a ____ b", {}, ("a ", " b"), [(1, 6)]),
        ("__", {"max_length": 3}, ("", ""), [(1, 3)]),
        ("a {3}{b} {1-4}", {}, ("a ", "{b} ", ""), [(3, 3), (1, 4)]),
        ("no blank {x} {} {3", {}, ("no blank {x} {} {3",), []),
        ("a_b {3} [?][?].", {"mark": "[?]"}, ("a_b {3} ", "."), [(1, 6)]),
    ],
)
def test_blanks_are_found(text, how, texts, lengths):
    found = template(text, **how)
    assert found.texts == texts
    assert [(blank.least, blank.most) for blank in found.blanks] == lengths


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a {3-1} b", "'a {3-1} b': {3-1} is no blank; lengths go up from 1, to 100 at most"),
        ("{0}", "{0} is no blank"),
        ("{5000}", "{5000} is no blank"),
        pytest.param("{1-" + "9" * 5000 + "}", "is no blank; lengths go up", id="more digits than int() reads"),
        ("a {1-{2}} b", "blanks inside each other, at '{1-{2}}'"),
        ("a {__} b", "blanks inside each other, at '{__}'"),
        ("a __{3} b", "two blanks touch at '{3}'; write them as one, such as {1-9}"),
    ],
)
def test_blanks_that_cannot_be_read(text, message):
    with pytest.raises(CharrnnError) as error:
        template(text)
    assert message in str(error.value)


# searching -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["both", "model"])
@pytest.mark.parametrize("text", ["the c{1}t sees a dog.", "{1}he cat", "the cat sees a dog{1}", "the éa{1} ÿ"])
def test_one_character_is_the_best_of_all_in_the_whole_sentence(request, kind, text):
    model = request.getfixturevalue(kind)
    symbols = model.vocabulary.symbols[1:]
    nats = whole_sentence(model, [text.replace("{1}", symbol) for symbol in symbols])
    found = fill(model, template(text), count=3)
    assert [filling.fillings[0] for filling in found] == [symbols[k] for k in np.argsort(-nats)[:3]]
    assert found[0].text == text.replace("{1}", found[0].fillings[0])


def test_two_characters_are_the_best_of_all(both):
    text = "a small {2}d house and the cat."
    words = ["".join(pair) for pair in itertools.product(both.vocabulary.symbols[1:], repeat=2)]
    nats = whole_sentence(both, [text.replace("{2}", word) for word in words])
    found = fill(both, template(text), count=5)
    assert found[0].fillings == (words[nats.argmax()],)
    ratio = np.log(found[0].probability / found[1].probability)
    place = words.index(found[1].fillings[0])
    assert ratio == pytest.approx(nats.max() - nats[place], abs=1e-3)


def test_lengths_are_kept_and_probabilities_fall_and_sum_to_one(both):
    found = fill(both, template("the {2-4} sees a dog."), count=1000)
    assert {len(filling.fillings[0]) for filling in found} == {2, 3, 4}
    probabilities = [filling.probability for filling in found]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1)
    assert len({filling.text for filling in found}) == len(found)
    assert not any("\n" in filling.text or "\ufffd" in filling.text for filling in found)


def test_a_blank_of_unknown_length_is_filled_by_a_word(both):
    (best,) = fill(both, template("the old ____ sleeps under a tree."), count=1)
    assert best.fillings[0] in WORDS


def test_several_blanks_are_filled_together(both):
    text = "the c{1}t sees a d{1}g and the ol{1} tree."
    found = fill(both, template(text), count=4)
    assert found[0].fillings == ("a", "o", "d")
    nats = whole_sentence(both, [filling.text for filling in found])
    assert list(nats) == sorted(nats, reverse=True)


def test_candidates_are_ranked_by_the_whole_sentence(both):
    text, words = (
        "the small ____ sees a dog.",
        ["cat", "xyz", "house", "a word longer than the whole line it is to stand in"],
    )
    found = fill(both, template(text), count=9, candidates=words)
    nats = whole_sentence(both, [text.replace("____", word) for word in words])
    assert [filling.fillings[0] for filling in found] == [words[k] for k in np.argsort(-nats)]
    assert sum(filling.probability for filling in found) == pytest.approx(1)
    (only,) = fill(both, template("the {3} sees"), count=9, candidates=["house", "cat"])
    assert only.fillings == ("cat",)
    with pytest.raises(CharrnnError, match="none of the candidates has the 4 characters of its blank"):
        fill(both, template("the {4} sees"), count=9, candidates=["house", "cat"])
    with pytest.raises(CharrnnError, match="'é' and 'ü' differ only in characters that the model does not know"):
        fill(both, template("the {1} sees"), count=9, candidates=["é", "ü"])


def test_an_ngram_model_fills_too():
    units = to_units("the cat sees a dog.\n" * 30)
    vocabulary = Vocabulary.build(units)
    model = NgramModel.train(vocabulary.encode(units), vocabulary, order=4)
    (best,) = fill(model, template("the c__ sees a dog."), count=1)
    assert best.text == "the cat sees a dog."


# the command ---------------------------------------------------------------------------------------------------------


def run(*arguments, stdin=""):
    command = [sys.executable, "-m", "charrnn", "fill", *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)


def test_the_command_prints_rows_and_objects(both_folder, tmp_path):
    lines = "the c{1}t sees.\nno blank\n\n"
    rows = run("-m", both_folder, "-n", "2", stdin=lines)
    assert (rows.returncode, rows.stderr) == (0, "")
    columns = [line.split("\t") for line in rows.stdout.splitlines()]
    assert [row[0] for row in columns] == ["1", "1", "2", "3"]
    assert columns[0][2:] == ["a", "the cat sees."]
    assert columns[2][1:] == ["1.0000", "", "no blank"]
    (tmp_path / "words").write_text("a\n\no\na\n")
    objects = run("-m", both_folder, "--format", "jsonl", "--candidates", tmp_path / "words", stdin=lines)
    records = [json.loads(line) for line in objects.stdout.splitlines()]
    assert [record["line"] for record in records] == [1, 2, 3]
    assert [found["fill"] for found in records[0]["fillings"]] == [["a"], ["o"]]


def test_the_command_says_what_is_wrong_in_one_line(both_folder, model_folder):
    result = run("-m", both_folder, "--text", "a {2-1}")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("charrnn: 'a {2-1}': {2-1} is no blank")
    assert run("-m", both_folder, "--text", "a", "--candidates", ",").returncode == 1
    assert run("-m", both_folder, "--text", "a", "--blank", "").returncode == 2
    forward = run("-m", model_folder, "--text", "the c_t")
    assert forward.returncode == 0
    assert "this model reads from left to right only" in forward.stderr


def test_candidates_are_words_or_a_file_in_its_encoding(tmp_path):
    words = [f"word{k}" for k in range(100)]  # longer together than the name of a file may be
    assert read_candidates(",".join(words)) == words
    (tmp_path / "words").write_bytes("é\nö\n".encode("latin-1"))
    assert read_candidates(str(tmp_path / "words"), "latin-1") == ["é", "ö"]


def test_the_command_answers_line_by_line(both_folder):
    arguments = [sys.executable, "-m", "charrnn", "fill", "-m", str(both_folder), "-n", "1"]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        for number in ("1", "2"):
            process.stdin.write("the c{1}t\n")
            process.stdin.flush()
            assert process.stdout.readline().split("\t")[0] == number  # while the pipe is still open
