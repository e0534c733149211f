"""Lists of texts: none twice, none of those that are there already, long enough, sorted; and where they run out."""

import csv
import json

import numpy as np
import pytest

import charrnn
from charrnn.models.ngram.model import NgramModel
from charrnn.text.vocabulary import Vocabulary
from charrnn.writing.draw import draw
from charrnn.writing.sample import joined
from tests.conftest import assert_one_clear_line

NAMES = ["anna", "annabel", "hanna", "johanna", "joan", "joana", "bella", "isabel", "isa", "lisa"]


@pytest.fixture(scope="module")
def names_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("names") / "names.txt"
    path.write_text("\n".join(NAMES) + "\n")
    return path


@pytest.fixture(scope="module")
def names_folder(names_file):
    """A model that writes many of its names again."""
    charrnn.ngram(names_file, names_file.parent / "m", lines=True, order=3, min_counts="1", keep_text=True)
    return names_file.parent / "m"


def test_no_text_twice_are_the_texts_drawn_without_repetitions(names_folder):
    drawn = charrnn.sample(names_folder, count=60, seed=3, temperature=0.7)
    different = list(dict.fromkeys(drawn))
    assert len(different) < len(drawn)
    found = charrnn.sample(names_folder, count=len(different), seed=3, temperature=0.7, unique=True)
    assert found == different  # in the same order, whatever the rounds in which they are drawn


def test_no_line_of_a_file_or_of_the_corpus(names_folder, names_file, tmp_path):
    new = charrnn.sample(names_folder, count=8, seed=1, unique=True, not_in_corpus=True)
    assert len(new) == 8
    assert not set(new) & set(NAMES)
    assert charrnn.sample(names_folder, count=8, seed=1, unique=True, not_in=names_file) == new
    assert charrnn.sample(names_folder, count=8, seed=1, unique=True, not_in_corpus=True, corpus=names_file) == new
    (tmp_path / "more").write_text(new[0])
    others = charrnn.sample(names_folder, count=7, seed=1, unique=True, not_in=[names_file, tmp_path / "more"])
    assert others == new[1:]


def test_the_primer_belongs_to_the_text_that_is_compared(names_folder):
    how = {"prime": "joa", "count": 20, "seed": 1, "temperature": 0.5}
    plain = charrnn.sample(names_folder, **how)
    assert {"joan", "joana"} & set(plain)
    bare = charrnn.sample(names_folder, echo=False, not_in_corpus=True, **how)
    assert not {"n", "na"} & set(bare)


@pytest.mark.parametrize("how", [{}, {"prime": "jo"}, {"temperature": 0.5}, {"must": "sa"}, {"beam": 12}])
def test_texts_are_long_enough(names_folder, how):
    texts = charrnn.sample(names_folder, count=10, seed=2, min_length=6, length=20, **how)
    assert min(len(text) - len(how.get("prime", "")) for text in texts) == 6


def test_a_stop_comes_only_where_the_text_is_long_enough(model_folder):
    texts = charrnn.sample(model_folder, count=10, seed=2, min_length=30, length=80, stop=".")
    assert all(len(text) >= 30 for text in texts)
    assert any(len(text) < 80 for text in texts)


def test_sorted_by_score(names_folder):
    found = charrnn.sample(names_folder, count=8, seed=1, unique=True, sort="score")
    bits = [score.tally.bits_per_character for score in charrnn.score(names_folder, found)]
    assert bits == sorted(bits)
    assert sorted(found) == sorted(charrnn.sample(names_folder, count=8, seed=1, unique=True))


@pytest.mark.parametrize("how", [[], ["--sort", "score"]])
def test_what_runs_out_ends_with_what_was_found_and_one_clear_line(run, names_folder, how, tmp_path):
    ask = ["sample", "-m", names_folder, "--pattern", "(joan|isa|lisa)", "--unique", "--count", 5, "--seed", 1, *how]
    code, out, error = run(*ask)
    assert code == 1
    assert sorted(out.split()) == ["isa", "joan", "lisa"]
    assert_one_clear_line((code, "", error), "3 of 5 texts found", "--unique left out all others")
    assert run(*ask, "-o", tmp_path / "found") == (1, "", error)
    assert (tmp_path / "found").read_text() == out


def test_a_search_that_finds_fewer_says_so(run, names_folder):
    code, out, error = run("sample", "-m", names_folder, "--beam", 9, "--pattern", "joan|isa", "--count", 5)
    assert (code, sorted(out.split())) == (1, ["isa", "joan"])
    assert "2 of 5 texts found: of 2 tried, the conditions left out" in error
    many = run("sample", "-m", names_folder, "--best-of", 9, "--count", 9, "--unique", "--temperature", 0.3, "--seed", 1)
    assert many[0] == 1
    assert "or raise --best-of" in many[2]


def test_rows_are_the_same_whichever_are_drawn_with_them():
    vocabulary = Vocabulary("\nabc")
    model = NgramModel.train(vocabulary.encode("abcaabbcc\n" * 9), vocabulary, order=2)

    def texts(**how):
        pieces = draw(model, prime=np.zeros(0, np.int32), length=70, seed=1, **how)
        return [ids.tolist() for ids in joined(pieces)]

    assert texts(count=2) + texts(count=3, first=2) == texts(count=5)


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        (["--greedy", "--unique"], "--greedy writes the same text each time"),
        (["--beam", 3, "--sort", "score"], "leave out --sort"),
        (["--format", "csv", "--separator", "x"], "--separator stands between"),
    ],
)
def test_what_does_not_go_together_is_wrong_usage(run, names_folder, wrong, part):
    code, _, error = run("sample", "-m", names_folder, *wrong)
    assert code == 2
    assert part in error


def test_records_hold_the_scores(run, names_folder):
    ask = ["sample", "-m", names_folder, "--count", 3, "--seed", 1]
    plain = run(*ask)[1].split()
    records = [json.loads(line) for line in run(*ask, "--format", "jsonl")[1].splitlines()]
    assert [record["text"] for record in records] == plain
    scores = charrnn.score(names_folder, plain)
    for record, score in zip(records, scores, strict=True):
        assert record["characters"] == score.tally.characters
        assert record["bits_per_character"] == pytest.approx(score.tally.bits_per_character)
        assert record["logprob"] == pytest.approx(-score.tally.nats / np.log(10))
    rows = list(csv.DictReader(run(*ask, "--format", "csv")[1].splitlines()))
    assert [row["text"] for row in rows] == plain
    assert [float(row["logprob"]) for row in rows] == pytest.approx([r["logprob"] for r in records], abs=1e-6)


def test_a_table_keeps_the_lines_of_a_text_together(run, model_folder):
    code, out, _ = run("sample", "-m", model_folder, "--must", "\\n", "--length", 60, "--count", 2, "--format", "csv")
    assert code == 0
    rows = list(csv.reader(out.splitlines(keepends=True)))
    assert len(rows) == 3
    assert all("\n" in text for text, *_ in rows[1:])


def test_an_empty_line_stands_between_texts_of_several_lines(run, model_folder, lines_folder):
    two_lines = ["sample", "-m", model_folder, "--count", 3, "--seed", 1]
    open_ended, closed = ([*two_lines, "--template", text] for text in ("a {3}\\n{3}", "a {3}\\n{3}\\n"))
    for ask in (open_ended, closed):
        texts = run(*ask)[1].removesuffix("\n").split("\n\n")
        assert [text.strip("\n").count("\n") for text in texts] == [1, 1, 1]
    assert run(*open_ended, "--separator", "--")[1].count("\n--\n") == 2
    lines = ["sample", "-m", lines_folder, "--count", 5, "--min-length", 1]
    assert "\n\n" not in run(*lines)[1]
    assert run(*lines, "--separator", "")[1].count("\n\n") == 4


def test_a_file_is_written_whole_and_not_over_another(run, model_folder, tmp_path):
    ask = ["sample", "-m", model_folder, "--length", 30, "--seed", 1]
    assert run(*ask, "-o", tmp_path / "out") == (0, "", "")
    assert (tmp_path / "out").read_text() == run(*ask, "-o", "-")[1] == run(*ask)[1]
    assert_one_clear_line(run(*ask, "-o", tmp_path / "out"), "exists already; add --overwrite")
    assert run(*ask, "--length", 9, "-o", tmp_path / "out", "--overwrite")[0] == 0
    assert len((tmp_path / "out").read_text()) == 10
    assert_one_clear_line(run(*ask, "-o", tmp_path / "none" / "out"), "there is no folder")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_primer_in_capitals_for_a_model_of_small_letters(run, names_folder):
    assert_one_clear_line(run("sample", "-m", names_folder, "--prime", "Jo"), "'J'; try 'jo'")
    assert_one_clear_line(run("sample", "-m", names_folder, "--prime", "Jx"), "'J' 'x'; try --unknown skip")
