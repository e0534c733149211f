"""What a command meets outside: output that is full, locales, memory, names and texts that lead nowhere."""

import json
import os
import subprocess
import sys

import pytest

import charrnn
from tests.conftest import TINY, assert_one_clear_line


def test_a_full_standard_output_is_one_clear_line(model_folder):
    for command in (["sample", "--length", "9"], ["info"]):
        with open("/dev/full", "wb") as full:
            arguments = [sys.executable, "-m", "charrnn", *command, "-m", str(model_folder)]
            result = subprocess.run(arguments, stdout=full, stderr=subprocess.PIPE, text=True)
        assert (result.returncode, result.stderr) == (1, "charrnn: standard output: No space left on device\n")


@pytest.mark.parametrize("command", ["--help", "train --help", "--version", "info -m {model}", "score -m {model} --text a"])
@pytest.mark.parametrize("also", ["", "2>&-", "<&-"])
def test_a_closed_standard_output_is_one_clear_line(model_folder, command, also):
    line = f"{sys.executable} -m charrnn {command.format(model=model_folder)} >&- {also}"
    result = subprocess.run(["bash", "-c", line], stderr=subprocess.PIPE, text=True)
    said = "" if also == "2>&-" else "charrnn: standard output: Bad file descriptor\n"
    assert (result.returncode, result.stderr) == (1, said)


def test_what_a_closed_standard_error_misses_goes_nowhere_else(model_folder, tmp_path):
    for command, code in (("nonsense", 2), (f"info -m {tmp_path}/none", 1), (f"info -m {model_folder} --nonsense", 2)):
        line = f"{sys.executable} -m charrnn {command} 2>&-"
        result = subprocess.run(["bash", "-c", line], stdout=subprocess.PIPE, text=True)
        assert (result.returncode, result.stdout) == (code, "")


def test_training_needs_no_standard_streams(corpus_file, tmp_path):
    line = f"{sys.executable} -m charrnn train {corpus_file} -m {tmp_path}/m {' '.join(TINY)} --no-baseline <&- >&- 2>&-"
    assert subprocess.run(["bash", "-c", line]).returncode == 0
    charrnn.load(tmp_path / "m")


@pytest.mark.parametrize("where", ["2>/dev/full", "2>&1 | head -1"])
def test_training_goes_on_where_nobody_hears_of_it(corpus_file, tmp_path, where):
    command = f"{sys.executable} -m charrnn train {corpus_file} -m {tmp_path}/m {' '.join(TINY)} --evaluate-every 1"
    subprocess.run(["bash", "-c", f"set -o pipefail; {command} {where}"], check=True, stdout=subprocess.PIPE)
    assert charrnn.load(tmp_path / "m").summary["steps"] == 3


def test_a_text_in_the_place_of_a_file_name(run, tmp_path):
    assert_one_clear_line(run("train", "a text " * 100, "-m", tmp_path / "m"), "File name too long")


def test_output_is_utf8_whatever_the_locale(model_folder):
    arguments = [sys.executable, "-m", "charrnn", "score", "-m", str(model_folder), "--text", "好"]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    assert subprocess.run(arguments, capture_output=True, env=environment).stdout.endswith("\t好\n".encode())


def test_a_minimal_count_that_no_character_reaches(run, tmp_path, corpus_file):
    for command in ("train", "ngram"):
        result = run(command, corpus_file, "-m", tmp_path / "m", "--min-count", "100000")
        assert_one_clear_line(result, "--min-count 100000: no character is seen so often")


def test_info_is_json_where_all_held_out_characters_are_unknown(run, tmp_path, corpus_file):
    (tmp_path / "other").write_text("éé")
    assert run("train", corpus_file, "-m", tmp_path / "m", "--valid", tmp_path / "other", "--no-baseline", *TINY)[0] == 0
    facts = json.loads(run("info", "-m", tmp_path / "m", "--json")[1], parse_constant=pytest.fail)
    assert facts["held_out"]["known"]["nats_per_character"] is None


def test_memory_that_does_not_suffice_is_one_clear_line(run, tmp_path, corpus_file, monkeypatch):
    for error in (MemoryError(), RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes.")):

        def fail(*_, error=error):
            raise error

        monkeypatch.setattr("charrnn.training.run.Run.state", fail)
        result = run("train", corpus_file, "-m", tmp_path / "m", *TINY)
        assert_one_clear_line(result, "not enough memory; try a smaller --batch-size")
