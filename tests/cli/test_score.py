"""`charrnn score` as a user meets it: a line for a line, formats, summaries, pipes."""

import json
import subprocess
import sys

import numpy as np
import pytest


def test_one_line_out_for_each_line_in_whatever_the_input(run, model_folder):
    code, out, error = run("score", "-m", model_folder, stdin=b"the cat\n\n\r\nzz\tz\na red house")
    assert (code, error) == (0, "")
    lines = [line.split("\t") for line in out.split("\n")[:-1]]
    assert [line[2] for line in lines] == ["the cat", "", "", "zz z", "a red house"]
    assert all(float(line[0]) < 0 for line in lines)
    assert lines[1] == lines[2]


def test_bases_and_formats_agree(run, model_folder):
    ten, two, e = (
        float(run("score", "-m", model_folder, "--text", "the cat", "--base", base)[1].split("\t")[0])
        for base in ("10", "2", "e")
    )
    assert two == pytest.approx(ten / np.log10(2), rel=1e-5)
    assert e == pytest.approx(ten / np.log10(np.e), rel=1e-5)
    record = json.loads(run("score", "-m", model_folder, "--text", "the cat", "--format", "jsonl", "--chars")[1])
    assert record["logprob"] == pytest.approx(ten, abs=1e-6)
    assert (record["line"], record["text"], record["base"]) == (1, "the cat", "10")
    assert "".join(symbol for symbol, _ in record["chars"]) == "the cat\n"
    assert sum(value for _, value in record["chars"]) == pytest.approx(ten, abs=1e-5)
    columns = run("score", "-m", model_folder, "--text", "the cat", "--chars")[1].split("\t")
    assert len(columns[3].split()) == 8


def test_summary_adds_the_lines_up(run, model_folder):
    text = "the cat\nÿ red\n".encode()
    lines = [json.loads(line) for line in run("score", "-m", model_folder, "--format", "jsonl", stdin=text)[1].splitlines()]
    summary = json.loads(run("score", "-m", model_folder, "--summary", "--format", "jsonl", stdin=text)[1])
    assert summary["characters"] == sum(line["characters"] for line in lines) == 14
    nats = -sum(line["logprob"] for line in lines) * np.log(10)
    assert summary["nats_per_character"] == pytest.approx(nats / 14, rel=1e-6)
    assert (summary["unknown"], summary["known"]["characters"]) == (1, 13)
    assert summary["known"]["nats_per_character"] < summary["nats_per_character"]
    empty = json.loads(run("score", "-m", model_folder, "--summary", "--format", "jsonl", stdin=b"")[1])
    assert (empty["characters"], empty["perplexity"]) == (0, None)


def test_stream_summary(run, model_folder, corpus_file, tmp_path):
    part = tmp_path / "part"
    text = corpus_file.read_text()
    part.write_text(text[int(len(text) * 0.9) :])
    summary = json.loads(run("score", "-m", model_folder, part, "--stream", "--format", "jsonl")[1])
    info = json.loads(run("info", "-m", model_folder, "--json")[1])
    assert summary["nats_per_character"] == pytest.approx(info["nats_per_character"], abs=1e-4)


def test_bytes_that_are_not_utf8_are_placed(run, model_folder):
    code, _out, error = run("score", "-m", model_folder, stdin=b"the cat\nthe \xff dog\n")
    assert code == 1
    assert "byte 12 is not UTF-8" in error
    assert run("score", "-m", model_folder, "--encoding", "latin-1", stdin=b"the \xff dog\n")[0] == 0


def test_score_answers_line_by_line_through_a_pipe(model_folder):
    arguments = [sys.executable, "-m", "charrnn", "score", "-m", str(model_folder)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for sentence in ("the cat", "a dog"):
            process.stdin.write(sentence + "\n")
            process.stdin.flush()
            assert process.stdout.readline().rstrip("\n").endswith("\t" + sentence)  # while the pipe is still open
