"""The command line as a user meets it: what is printed where, exit codes, one clear line for all that goes wrong."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import xml.dom.minidom

import numpy as np
import pytest

import charrnn
from charrnn.models.archive import read_archive, write_archive
from charrnn.models.folder import CURVE, LOG, MODEL, RESUME
from tests.conftest import assert_one_clear_line

TINY = ["--steps", "3", "--hidden", "8", "--embedding", "4", "--batch-size", "4", "--window", "8"]


# training ------------------------------------------------------------------------------------------------------------


def test_train_says_what_it_chose_and_leaves_a_whole_model_folder(run, tmp_path, corpus_file):
    code, out, error = run("train", corpus_file, "-m", tmp_path / "m", *TINY)
    assert (code, out) == (0, "")
    for words in ("characters to learn from", "network: 1 × 8 LSTM", "held-out:", "write with: charrnn sample"):
        assert words in error
    assert {p.name for p in (tmp_path / "m").iterdir()} == {MODEL, RESUME, LOG, CURVE}
    assert xml.dom.minidom.parse(str(tmp_path / "m" / CURVE)).documentElement.tagName == "svg"


def test_corpora_of_every_form(run, tmp_path, corpus_file):
    text = corpus_file.read_bytes()
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    (tmp_path / "folder" / "inner" / "a.txt").write_bytes(text)
    (tmp_path / "packed.gz").write_bytes(gzip.compress(text))
    assert run("train", tmp_path / "folder", tmp_path / "packed.gz", "-m", tmp_path / "m", *TINY)[0] == 0
    assert charrnn.load(tmp_path / "m").summary["corpus"]["training_characters"] == int(2 * len(text) * 0.9)
    assert run("train", "-", "-m", tmp_path / "stdin", *TINY, stdin=text)[0] == 0
    assert run("train", corpus_file, "-m", tmp_path / "b", "--level", "byte", *TINY)[0] == 0
    assert charrnn.load(tmp_path / "b").vocabulary.level == "byte"


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (None, ["no such file; check the name"]),
        (b"", ["there is no text in it"]),
        (b"a", ["1 character is too little to learn from"]),
        (b"a" * 500, ["one distinct character ('a')"]),
        (b"good text\xe9 and more", ["byte 9 is not UTF-8; try --encoding latin-1"]),
        (b"\x7fELF\x02\x01\x00\x00\xff\xfe", ["looks like a binary file", "--level byte"]),
    ],
)
def test_a_corpus_that_cannot_be_used(run, tmp_path, content, parts):
    path = tmp_path / "text"
    if content is not None:
        path.write_bytes(content)
    assert_one_clear_line(run("train", path, "-m", tmp_path / "m", *TINY), str(path), *parts)
    assert not (tmp_path / "m" / MODEL).exists()


def test_a_broken_gzip_file(run, tmp_path, corpus_file):
    path = tmp_path / "text.gz"
    path.write_bytes(gzip.compress(corpus_file.read_bytes())[:-9])
    assert_one_clear_line(run("train", path, "-m", tmp_path / "m", *TINY), "not a whole gzip file")


def test_an_existing_model_is_spared(run, model_folder, corpus_file):
    before = (model_folder / MODEL).read_bytes()
    result = run("train", corpus_file, "-m", model_folder, *TINY)
    assert_one_clear_line(result, "holds a model already", "--resume", "--overwrite", "-m")
    assert (model_folder / MODEL).read_bytes() == before


def test_a_model_without_a_run_is_not_said_to_be_resumable(run, tmp_path, model_folder, corpus_file):
    (tmp_path / MODEL).write_bytes((model_folder / MODEL).read_bytes())
    for command in ("train", "ngram"):
        result = run(command, corpus_file, "-m", tmp_path)
        assert_one_clear_line(result, "holds a model already; --overwrite it, or name another with -m")


def test_a_place_that_cannot_be_written(run, tmp_path, corpus_file):
    (tmp_path / "file").write_text("no folder")
    assert_one_clear_line(run("train", corpus_file, "-m", tmp_path / "file" / "m", *TINY), "cannot be written")


def test_a_full_disk_while_training(run, tmp_path, corpus_file, monkeypatch):
    run("train", corpus_file, "-m", tmp_path / "m", *TINY)
    before = (tmp_path / "m" / MODEL).read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, out, error = run("train", corpus_file, "-m", tmp_path / "m", "--overwrite", *TINY)
    assert (code, out) == (1, "")
    assert "cannot be written (No space left on device); make room" in error.splitlines()[-1]
    assert (tmp_path / "m" / MODEL).read_bytes() == before
    assert {p.name for p in (tmp_path / "m").iterdir()} == {MODEL, RESUME, LOG, CURVE}


@pytest.mark.parametrize(
    "arguments",
    [
        ["train"],
        ["train", "x", "--hidden", "0"],
        ["train", "x", "--dropout", "1"],
        ["train", "x", "--minutes", "-2"],
        ["train", "x", "--minutes", "nan"],
        ["train", "x", "--steps", "5", "--epochs", "1"],
        ["train", "x", "--cell", "qrnn"],
        ["train", "--resume", "--hidden", "5"],
        ["sample", "--length", "-1"],
        ["sample", "--top-p", "0"],
        ["sample", "--prime", "a", "--prime-file", "b"],
        ["score", "--base", "3", "x"],
        ["score", "--text", "a", "file"],
        ["score", "--stream", "--text", "a"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2_and_no_traceback(run, arguments):
    code, out, error = run(*arguments)
    assert (code, out) == (2, "")
    assert "Error:" in error
    assert "Traceback" not in error


def test_resume_refuses_another_text(run, tmp_path, corpus_file):
    run("train", corpus_file, "-m", tmp_path / "m", *TINY)
    other = tmp_path / "other"
    other.write_text("quite another text\n" * 50)
    result = run("train", other, "-m", tmp_path / "m", "--resume", "--steps", "9")
    assert_one_clear_line(result, "differs from the text that", "--init-from")
    assert_one_clear_line(run("train", "-m", tmp_path / "none", "--resume"), "no run here to resume")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_saves_and_can_be_resumed(run, tmp_path, corpus_file, number, code):
    arguments = ["train", corpus_file, "-m", tmp_path / "m", "--steps", "100000", *TINY[2:]]
    process = subprocess.Popen([sys.executable, "-m", "charrnn", *map(str, arguments)], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("length:"):
            break
    time.sleep(1.5)  # somewhere in the steps, or still compiling the first: both must end well
    process.send_signal(number)
    error = process.stderr.read()
    process.stderr.close()
    assert process.wait() == code, error
    assert "interrupted at step" in error
    assert "Traceback" not in error
    assert charrnn.load(tmp_path / "m").summary["steps"] >= 1
    step = read_archive(tmp_path / "m" / RESUME)[1]["journal"]["step"]
    code, _, error = run("train", "-m", tmp_path / "m", "--resume", "--steps", step + 2)
    assert code == 0
    assert f"resuming {tmp_path / 'm'} at step {step:,} of {step + 2:,}" in error


# models --------------------------------------------------------------------------------------------------------------


def truncated(path):
    path.write_bytes(path.read_bytes()[:-7])


def bit_flipped(path):
    data = bytearray(path.read_bytes())
    data[-100] ^= 4
    path.write_bytes(bytes(data))


def foreign(path):
    from safetensors.numpy import save

    path.write_bytes(save({"weight": np.zeros(3, np.float32)}))


def of_another_kind(path):
    write_archive(path, {}, {"kind": "transformer"})


def of_other_shapes(path):
    arrays, description = read_archive(path)
    write_archive(path, arrays | {"output.bias": np.zeros(3, np.float32)}, description)


@pytest.mark.parametrize(
    ("harm", "part"),
    [
        (os.unlink, "there is no model here; make one with `charrnn train"),
        (truncated, "damaged or cut short"),
        (bit_flipped, "checksum does not match"),
        (foreign, "not one that charrnn wrote"),
        (of_another_kind, "kind 'transformer'"),
        (of_other_shapes, "output.bias is float32[3] where"),
    ],
)
@pytest.mark.parametrize("command", [["sample"], ["score", "--text", "a"], ["info"]], ids=" ".join)
def test_a_model_folder_that_is_harmed(run, tmp_path, model_folder, command, harm, part):
    folder = tmp_path / "m"
    shutil.copytree(model_folder, folder)
    harm(folder / MODEL)
    assert_one_clear_line(run(*command, "-m", folder), str(folder), part)


def test_info_for_people_and_for_programs(run, model_folder):
    code, out, _ = run("info", "-m", model_folder)
    assert code == 0
    assert "1 × 32 LSTM" in out
    facts = json.loads(run("info", "-m", model_folder, "--json")[1])
    assert facts["network"]["hidden"] == 32
    assert facts["steps"] == 60
    assert facts["bits_per_character"] == pytest.approx(facts["nats_per_character"] / np.log(2))
    assert {"corpus", "characters_seen", "seconds", "versions"} <= facts.keys()


def test_info_says_that_a_network_reads_both_ways_and_looks_back(run, tmp_path, corpus_file):
    how = ["--direction", "both", "--attention", "dot", "--attention-window", "7", "--no-baseline"]
    assert run("train", corpus_file, "-m", tmp_path / "m", *TINY, *how)[0] == 0
    out = run("info", "-m", tmp_path / "m")[1]
    assert "direction   both" in out
    assert "attention   dot, over 7 past states" in out


def test_the_model_can_be_named_in_the_environment(run, model_folder, monkeypatch):
    monkeypatch.setenv("CHARRNN_MODEL", str(model_folder))
    monkeypatch.setenv("CHARRNN_SAMPLE_LENGTH", "7")
    code, out, _ = run("sample")
    assert (code, len(out)) == (0, 8)


# sampling ------------------------------------------------------------------------------------------------------------


def test_sample_prints_primer_and_text(run, tmp_path, model_folder):
    code, out, error = run("sample", "-m", model_folder, "--prime", "the ", "--length", "30", "--seed", "1")
    assert (code, error) == (0, "")
    assert out.startswith("the ")
    assert len(out) == 4 + 30 + 1
    (tmp_path / "primer").write_text("the \n")
    again = run("sample", "-m", model_folder, "--prime-file", tmp_path / "primer", "--length", "30", "--seed", "1")
    assert again[1] == out
    bare = run("sample", "-m", model_folder, "--primetext", "the ", "--length", "30", "--seed", "1", "--no-echo")
    assert bare[1] == out[4:]


def test_twenty_lines_of_a_model_of_lines(run, lines_folder):
    code, out, _ = run("sample", "-m", lines_folder, "--count", "20", "--length", "400")
    assert code == 0
    assert len(out.splitlines()) == 20


def test_stop_by_name(run, model_folder):
    code, out, _ = run("sample", "-m", model_folder, "--stop", "newline", "--length", "2000", "--prime", "the")
    assert (code, out.count("\n")) == (0, 1)


def test_a_primer_with_unknown_characters(run, model_folder):
    assert_one_clear_line(run("sample", "-m", model_folder, "--prime", "日本"), "'日' '本'", "--unknown skip")
    assert run("sample", "-m", model_folder, "--prime", "日", "--unknown", "skip", "--length", "3")[0] == 0


# scoring -------------------------------------------------------------------------------------------------------------


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


def test_a_reader_that_goes_away_gets_no_traceback(model_folder):
    command = f"{sys.executable} -m charrnn sample -m {model_folder} --length 200000 | head -c 5"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert len(result.stdout) == 5
    assert "Traceback" not in result.stderr
    assert "Exception" not in result.stderr
