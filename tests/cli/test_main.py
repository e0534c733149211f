"""What all commands share: exit codes, the environment, models that are harmed, readers that go away."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from charrnn.models.archive import read_archive, write_archive
from charrnn.models.folder import MODEL
from charrnn.models.lock import locked
from tests.conftest import assert_one_clear_line


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


def test_the_model_can_be_named_in_the_environment(run, model_folder, monkeypatch):
    monkeypatch.setenv("CHARRNN_MODEL", str(model_folder))
    monkeypatch.setenv("CHARRNN_SAMPLE_LENGTH", "7")
    code, out, _ = run("sample")
    assert (code, len(out)) == (0, 8)


def test_a_reader_that_goes_away_gets_no_traceback(model_folder):
    command = f"{sys.executable} -m charrnn sample -m {model_folder} --length 200000 | head -c 5"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert len(result.stdout) == 5
    assert "Traceback" not in result.stderr
    assert "Exception" not in result.stderr


def test_a_command_that_is_almost_one_is_suggested(run):
    assert "No such command 'sampel'. Did you mean 'sample'?" in run("sampel")[2]
    assert "Did you mean" not in run("qqq")[2]


@pytest.mark.parametrize(
    ("variable", "value", "arguments"),
    [
        ("CHARRNN_SAMPLE_TOP_K", "few", []),
        ("CHARRNN_SAMPLE_TOP_K", "-1", []),
        ("CHARRNN_SAMPLE_BEAM", "3", ["--greedy"]),
    ],
)
def test_an_error_names_the_variable_that_it_comes_from(run, monkeypatch, variable, value, arguments):
    assert "comes from the variable" not in run("sample", "--top-k", value, "--beam", value, *arguments)[2]
    monkeypatch.setenv(variable, value)
    code, _, error = run("sample", *arguments)
    assert code == 2
    assert f"comes from the variable {variable} of the environment." in error


def test_a_corpus_that_is_not_there_is_said_before_the_model_that_is(run, model_folder):
    for command in ("train", "ngram"):
        assert_one_clear_line(run(command, model_folder / "none.txt", "-m", model_folder), "none.txt: no such file")


def test_a_folder_whose_first_training_is_under_way(run, tmp_path):
    with locked(tmp_path):
        assert_one_clear_line(run("sample", "-m", tmp_path), "no model here yet; a training that has begun")
    assert_one_clear_line(run("sample", "-m", tmp_path), "there is no model here; make one")


def test_what_a_narrow_terminal_shows_fits(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    for command in (["corpus", "list"], ["corpus", "--help"], ["info", "--help"]):
        out = run(*command)[1].partition("Examples:")[0]
        assert max(map(len, out.splitlines())) <= 40, command
    monkeypatch.delenv("COLUMNS")
    assert max(map(len, run("corpus", "list")[1].splitlines())) > 100
