"""Scores as other tools print them, ranked lines, surprising stretches, and dynamic evaluation."""

import json
import re

import numpy as np
import pytest

from charrnn.models.folder import save_model
from charrnn.models.ngram.model import NgramModel
from charrnn.scoring.spans import largest_sum, surprising_span
from charrnn.text.vocabulary import Vocabulary
from tests.conftest import assert_one_clear_line, small_text

LINES = b"the cat\n\nthe \xc3\xa9 dog\n"


@pytest.fixture(scope="module")
def ngram():
    text = small_text(4000, seed=5)
    vocabulary = Vocabulary.build(np.array([ord(c) for c in text], np.uint32))
    return NgramModel.train(vocabulary.encode(text), vocabulary, order=6, lines=True)


def test_kenlm_layout_adds_up(run, model_folder):
    out = run("score", "-m", model_folder, "--format", "kenlm", stdin=LINES)[1].splitlines()
    tokens = [[float(token.split()[2]) for token in line.split("\t")[:-1]] for line in out[:3]]
    totals = [re.fullmatch(r"Total: (\S+) OOV: (\d)", line.split("\t")[-1]) for line in out[:3]]
    assert [len(values) for values in tokens] == [8, 1, 10]
    for values, total in zip(tokens, totals, strict=True):
        assert total is not None
        assert float(total[1]) == pytest.approx(sum(values), abs=1e-4)
    assert [total[2] for total in totals if total] == ["0", "0", "1"]
    assert out[0].startswith("t=")
    assert "<space>=" in out[0]
    assert "</s>=1 9 " in out[0]
    assert "é=0 6 " in out[2]
    assert out[5:] == ["OOVs:\t1", "Tokens:\t19"]
    everything = sum(map(sum, tokens))
    unknown = next(float(t.split()[2]) for t in out[2].split("\t") if t.startswith("é="))
    assert float(out[3].split("\t")[1]) == pytest.approx(10 ** (-everything / 19), rel=1e-4)
    assert float(out[4].split("\t")[1]) == pytest.approx(10 ** (-(everything - unknown) / 18), rel=1e-4)


def test_srilm_layout_adds_up(run, model_folder):
    out = run("score", "-m", model_folder, "--format", "srilm", stdin=LINES)[1].splitlines()
    columns = run("score", "-m", model_folder, stdin=LINES)[1].splitlines()
    assert out[0] == "the cat"
    assert out[1] == "1 sentences, 7 words, 0 OOVs"
    figures = re.fullmatch(r"0 zeroprobs, logprob= (\S+) ppl= (\S+) ppl1= (\S+)", out[2])
    assert figures
    logarithm = float(columns[0].split("\t")[0])
    assert float(figures[1]) == pytest.approx(logarithm, rel=1e-4)
    assert float(figures[2]) == pytest.approx(10 ** (-logarithm / 8), rel=1e-4)
    assert float(figures[3]) == pytest.approx(10 ** (-logarithm / 7), rel=1e-4)
    assert out[6].endswith("ppl1= undefined")  # an empty line
    assert out[12] == "all: 3 sentences, 16 words, 1 OOVs"
    short = run("score", "-m", model_folder, "--format", "srilm", "--summary", stdin=LINES)[1].splitlines()
    assert short == out[12:]


def test_ranked_lines_are_the_same_lines_in_another_order(run, model_folder):
    data = b"the cat\nxqz zzq\na small red house\n"
    plain = run("score", "-m", model_folder, stdin=data)[1].splitlines()
    ranked = run("score", "-m", model_folder, "--rank", stdin=data)[1].splitlines()
    assert ranked[0].startswith("2\t")
    assert sorted(line.split("\t", 1)[1] for line in ranked) == sorted(plain)
    bits = [float(line.split("\t")[2]) for line in ranked]
    assert bits == sorted(bits, reverse=True)


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([-1, 2, 3, -9, 4], (1, 3, 5)),
        ([-1, -2], (0, 0, 0)),
        ([1, 2], (0, 2, 3)),
        ([-5, 7], (1, 2, 7)),
        ([3, -1, 2], (0, 3, 4)),
    ],
)
def test_the_stretch_with_the_largest_sum(values, wanted):
    assert largest_sum(np.array(values, float)) == wanted


def test_a_typo_is_found_and_what_was_meant(ngram):
    span = surprising_span(ngram, "the small red hoqse and the dog.")
    assert span is not None
    assert (span.begin, span.found[0], span.expected[0]) == (17, "q", "u")
    assert span.excess_nats > 2
    usual = surprising_span(ngram, "the dog sees the cat.")
    assert usual is None or usual.excess_nats < 0.5
    assert surprising_span(ngram, "the ") is not None  # a line that stops short: its end is the surprise


def test_spans_on_the_command_line(run, tmp_path, ngram):
    save_model(ngram, tmp_path / "m")
    out = run("score", "-m", tmp_path / "m", "--spans", "--text", "the small red hoqse and the dog.")[1]
    assert "\t17-" in out
    assert "[q" in out
    assert "expected [u" in out
    record = json.loads(run("score", "-m", tmp_path / "m", "--spans", "--format", "jsonl", "--text", "a hoqse.")[1])
    assert record["span"]["begin"] == 5


# dynamic evaluation --------------------------------------------------------------------------------------------------


def test_adapted_figures_have_a_name_of_their_own(run, tmp_path, model_folder, ngram):
    data = b"a tree a tree a tree.\n" * 20
    plain = json.loads(run("score", "-m", model_folder, "--summary", "--format", "jsonl", stdin=data)[1])
    moved, reset = (
        json.loads(run("score", "-m", model_folder, "--summary", "--format", "jsonl", "--adapt", 0.01, *more, stdin=data)[1])
        for more in ([], ["--adapt-reset"])
    )
    assert set(moved) == {"dynamic_evaluation"}
    assert moved["dynamic_evaluation"]["rate"] == 0.01
    nats = "nats_per_character"
    assert moved["dynamic_evaluation"][nats] < plain[nats] - 0.1
    assert moved["dynamic_evaluation"][nats] < reset["dynamic_evaluation"][nats] - 0.1
    assert "dynamic evaluation, rate 0.01" in run("score", "-m", model_folder, "--summary", "--adapt", 0.01, stdin=data)[1]
    for more, place in ([], 3), (["--rank"], 4), (["--chars"], 3):
        for line in run("score", "-m", model_folder, "--adapt", 0.01, *more, stdin=data)[1].splitlines():
            assert line.split("\t")[place] == "dynamic evaluation, rate 0.01"
    line = json.loads(run("score", "-m", model_folder, "--adapt", 0.01, "--format", "jsonl", "--text", "a tree")[1])
    assert line["dynamic_evaluation"] == 0.01
    save_model(ngram, tmp_path / "n")
    assert_one_clear_line(run("score", "-m", tmp_path / "n", "--adapt", 1, "--text", "a"), "an n-gram model has no weights")


@pytest.mark.parametrize("wrong", [["--adapt-reset"], ["--format", "kenlm", "--base", "e"], ["--format", "srilm", "--chars"],
                                   ["--stream", "--rank"], ["--adapt", "0"], ["--adapt", "nan"], ["--summary", "--chars"],
                                   ["--labels", "a,b", "--base", "e"], ["--adapt", "1", "--spans"],
                                   ["--adapt", "1", "--format", "kenlm"],
                                   ["--adapt", "1", "--format", "srilm", "--summary"]], ids=" ".join)  # fmt: skip
def test_options_that_do_not_go_together(run, wrong):
    assert run("score", *wrong, "file")[0] == 2
