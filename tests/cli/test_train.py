"""`charrnn train` as a user meets it: what is said, what is left in the folder, what cannot be used, interruption."""

import gzip
import os
import re
import signal
import subprocess
import sys
import xml.dom.minidom

import pytest

import charrnn
from charrnn.models.archive import read_archive
from charrnn.models.folder import CURVE, LOG, MODEL, RESUME
from charrnn.models.lock import LOCK
from tests.conftest import TINY, assert_one_clear_line


def test_train_says_what_it_chose_and_leaves_a_whole_model_folder(run, tmp_path, corpus_file):
    code, out, error = run("train", corpus_file, "-m", tmp_path / "m", *TINY)
    assert (code, out) == (0, "")
    assert error.startswith(f"reading {corpus_file}\n")
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
        if line.startswith("step "):  # an evaluation, or a line in between
            break
    process.send_signal(number)
    error = process.stderr.read()
    process.stderr.close()
    assert process.wait() == code, error
    assert "interrupted at step" in error
    assert not (tmp_path / "m" / LOCK).exists()
    assert "Traceback" not in error
    assert charrnn.load(tmp_path / "m").summary["steps"] >= 1
    step = read_archive(tmp_path / "m" / RESUME)[1]["journal"]["step"]
    code, _, error = run("train", "-m", tmp_path / "m", "--resume", "--steps", step + 2)
    assert code == 0
    assert f"resuming {tmp_path / 'm'} at step {step:,} of {step + 2:,}" in error


@pytest.mark.parametrize(("line", "number", "code"), [("reading", signal.SIGINT, 130), ("compiling", signal.SIGTERM, 143)])
@pytest.mark.parametrize("resumed", [False, True])
def test_before_its_first_step_a_run_is_stopped_without_a_trace(run, tmp_path, corpus_file, line, number, code, resumed):
    folder, arguments = tmp_path / "m", [corpus_file, *TINY[2:]]
    if resumed:
        run("train", corpus_file, *TINY, "-m", folder)
        arguments = ["--resume"]
    before = {path: path.read_bytes() for path in folder.iterdir()} if resumed else {}
    command = [sys.executable, "-m", "charrnn", "train", *map(str, arguments), "-m", str(folder), "--steps", "100000"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    while not process.stderr.readline().startswith(line):
        assert process.poll() is None
    process.send_signal(number)
    error = process.stderr.read()
    process.stderr.close()
    assert process.wait() == code, error
    kept = f"{folder} keeps all it had" if resumed else "nothing was saved"
    assert error.splitlines()[-1] == f"interrupted at the start: {kept}"
    assert "Traceback" not in error
    assert ({path: path.read_bytes() for path in folder.iterdir()} == before) if resumed else not folder.exists()


def test_where_there_is_no_terminal_evaluations_and_samples_are_lines(run, tmp_path, corpus_file):
    how = [*TINY, "--evaluate-every", 2, "--sample-every", 2, "--level", "byte", "--cell", "elman-sigmoid"]
    error = run("train", corpus_file, "-m", tmp_path / "m", *how)[2]
    lines = error.splitlines()
    assert lines.index("compiling") < lines.index(next(line for line in lines if line.startswith("step 2 writes: ")))
    assert any(re.match(r"step 2 of 3, 67%: training [\d.]+, held-out [\d.]+ bits per byte", line) for line in lines)
    assert any(line.startswith("network: 1 × 8 Elman (sigmoid)") for line in lines)
    assert any("bytes to learn from" in line for line in lines)
    assert "character" not in error
    assert "writes" not in run("train", corpus_file, "-m", tmp_path / "n", *TINY, "--sample-every", 0)[2]


def test_a_curve_that_cannot_be_drawn_does_not_end_a_run(run, tmp_path, corpus_file, monkeypatch):
    monkeypatch.setattr("charrnn.report.training.draw_curve", lambda *given: 1 / 0)
    code, _, error = run("train", corpus_file, "-m", tmp_path / "m", *TINY)
    assert code == 0
    assert f"{tmp_path / 'm' / CURVE}: was not drawn (division by zero)" in error


def test_the_curve_of_a_run_that_was_killed_before_it_is_drawn_when_asked_again(run, tmp_path, corpus_file):
    run("train", corpus_file, "-m", tmp_path / "m", *TINY)
    curve = (tmp_path / "m" / CURVE).read_bytes()
    (tmp_path / "m" / CURVE).unlink()
    assert_one_clear_line(run("train", "--resume", "-m", tmp_path / "m"), "this run is finished")
    assert (tmp_path / "m" / CURVE).read_bytes() == curve


def test_a_resumed_run_goes_by_the_command_line_alone(run, tmp_path, corpus_file, monkeypatch):
    folder = tmp_path / "m"
    assert run("train", corpus_file, "-m", folder, *TINY, "--no-baseline")[0] == 0
    monkeypatch.setenv("CHARRNN_TRAIN_MINUTES", "5")
    code, _, error = run("train", "--resume", "-m", folder, "--steps", 5)
    assert (code, "n-gram" in error) == (0, False)  # as was said when it began
    monkeypatch.setenv("CHARRNN_TRAIN_VALID_FRACTION", "0.2")
    result = run("train", "--resume", "-m", folder, "--steps", 7, "--valid", corpus_file)
    assert_one_clear_line(result, "differs from the text that")
