"""charrnn ngram, and n-gram models where other commands take a model."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import charrnn
from charrnn.files import NotWritten
from charrnn.models.folder import MODEL, RESUME
from charrnn.models.ngram.columns import Workspace
from charrnn.models.ngram.model import NgramModel
from charrnn.text.vocabulary import Vocabulary
from charrnn.training import baseline, options
from charrnn.training import ngram as training
from tests.conftest import TINY, assert_one_clear_line

new_file = Workspace.new_file


@pytest.fixture(scope="module")
def ngram_folder(tmp_path_factory, corpus_file):
    from charrnn.training.ngram import train_ngram
    from charrnn.training.options import NgramOptions

    folder = tmp_path_factory.mktemp("models") / "ngram"
    train_ngram([str(corpus_file)], folder, NgramOptions())
    return folder


def test_order_and_pruning_are_chosen_by_the_held_out_part(run, tmp_path, corpus_file, ngram_folder):
    chosen = charrnn.load(ngram_folder)
    nats = chosen.summary["held_out"]["nats_per_character"]
    for order in (2, chosen.order, 20):
        for counts in ("1", "1,2"):
            arguments = ["--order", order, "--min-counts", counts, "--overwrite"]
            code, out, error = run("ngram", corpus_file, "-m", tmp_path / "m", *arguments)
            assert (code, out) == (0, ""), error
            assert charrnn.load(tmp_path / "m").summary["held_out"]["nats_per_character"] >= nats - 1e-9
    assert f"order {20}, fewest occurrences 1 2" in error


def test_the_model_is_that_of_the_training_part(run, tmp_path, corpus_file):
    run("ngram", corpus_file, "-m", tmp_path / "m", "--order", 3, "--min-counts", "1", "--valid-fraction", 0.25)
    text = corpus_file.read_text()
    text = text[: int(len(text) * 0.75)]
    vocabulary = Vocabulary.build(np.array([ord(c) for c in text], np.uint32))
    wanted = NgramModel.train(vocabulary.encode(text), vocabulary, order=3)
    for array, expected in zip(charrnn.load(tmp_path / "m").trie, wanted.trie, strict=True):
        np.testing.assert_array_equal(array, expected)


def test_info_and_score_tell_the_same_held_out_figure(run, tmp_path, corpus_file, ngram_folder):
    facts = json.loads(run("info", "-m", ngram_folder, "--json")[1])
    text = corpus_file.read_text()
    (tmp_path / "part").write_text(text[int(len(text) * 0.9) :])
    summary = run("score", "-m", ngram_folder, tmp_path / "part", "--stream", "--format", "jsonl")[1]
    assert json.loads(summary)["nats_per_character"] == pytest.approx(facts["nats_per_character"], rel=1e-9)
    assert (facts["kind"], facts["order"], facts["reading"]) == ("ngram", charrnn.load(ngram_folder).order, "stream")
    assert "Kneser-Ney" in run("info", "-m", ngram_folder)[1]


def test_lines_are_scored_and_written(run, tmp_path, corpus_file):
    assert run("ngram", corpus_file, "-m", tmp_path / "m", "--lines", "--order", 4)[0] == 0
    code, out, _ = run("sample", "-m", tmp_path / "m", "--count", 5, "--seed", 1)
    assert (code, len(out.splitlines())) == (0, 5)
    words, mixed = run("score", "-m", tmp_path / "m", stdin=b"the cat\ntac eht\n")[1].splitlines()
    assert float(words.split("\t")[0]) > float(mixed.split("\t")[0])


def test_arpa_text_is_written_whole(run, tmp_path, corpus_file):
    run("ngram", corpus_file, "-m", tmp_path / "m", "--order", 3, "--arpa", tmp_path / "m.arpa")
    text = (tmp_path / "m.arpa").read_text()
    assert text.startswith("\\data\\\nngram 1=")
    assert text.endswith("\\end\\\n")
    assert f"ngram 3={charrnn.load(tmp_path / 'm').ngrams[2]}\n" in text


def test_an_existing_model_is_spared_and_a_network_leaves_nothing_to_resume(run, tmp_path, corpus_file):
    assert run("train", corpus_file, "-m", tmp_path / "m", "--no-baseline", *TINY)[0] == 0
    assert_one_clear_line(run("ngram", corpus_file, "-m", tmp_path / "m"), "holds a model already", "--overwrite")
    assert run("ngram", corpus_file, "-m", tmp_path / "m", "--overwrite", "--order", 2)[0] == 0
    assert not (tmp_path / "m" / RESUME).exists()
    assert (tmp_path / "m" / MODEL).exists()


@pytest.mark.parametrize(
    ("arguments", "part", "code"),
    [
        (["--order", "1"], "an n-gram model has an order from 2 to 20", 1),
        (["--min-counts", "2,1"], "begin with 1 and never fall", 1),
        (["--order", "many"], "--order many: say auto or whole numbers", 2),
        (["--order", "3 4"], "--order 3 4: say auto or whole numbers", 2),
        (["--order", ""], "say auto or whole numbers", 2),
        (["--min-counts", "1,x"], "--min-counts 1,x", 2),
        (["--memory", "4"], "--memory 4: say a number and its unit, as in 4GB, 500MB", 2),
        (["--memory", "much"], "--memory much: say a number and its unit", 2),
        (["--memory", "50MB"], "--memory 50MB: must be at least 200MB", 2),
    ],
)
def test_what_cannot_be_is_said(run, tmp_path, corpus_file, arguments, part, code):
    result = run("ngram", corpus_file, "-m", tmp_path / "m", *arguments)
    assert (result[0], result[1]) == (code, "")
    assert part in result[2]


def test_training_ends_with_a_comparison(run, tmp_path, corpus_file, ngram_folder, monkeypatch):
    error = run("train", corpus_file, "-m", tmp_path / "m", *TINY)[2]
    (line,) = [line for line in error.splitlines() if line.startswith("n-gram of the same text")]
    assert "it beats the network by" in line  # after three steps, anything does
    network = charrnn.load(tmp_path / "m").summary["held_out"]["bits_per_character"]
    stated, gap = float(line.split(": ")[1].split()[0]), float(line.split(" by ")[1].split(";")[0])
    assert network - stated == pytest.approx(gap, abs=2e-4)
    error = run("train", corpus_file, "-m", tmp_path / "m", "--overwrite", "--no-baseline", *TINY)[2]
    assert "n-gram" not in error
    monkeypatch.setattr(baseline, "MOST_CHARACTERS", 100)
    error = run("train", corpus_file, "-m", tmp_path / "m", "--overwrite", *TINY)[2]
    assert "n-gram: comparison skipped, the text is above 100 characters" in error


def test_of_a_long_text_order_and_pruning_are_chosen_on_its_end(tmp_path, corpus_file, monkeypatch):
    """The choice is bounded, and the model then counts the whole text."""
    from charrnn.training.options import NgramOptions

    whole, _ = training.train_ngram([str(corpus_file)], tmp_path / "whole", NgramOptions())
    monkeypatch.setattr(training, "CHOOSING_TRAINING", 2000)
    monkeypatch.setattr(training, "LONGEST_OF_LARGE", 3)
    model, _ = training.train_ngram([str(corpus_file)], tmp_path / "long", NgramOptions())
    assert model.order <= 3 < whole.order
    assert model.ngrams[0] == whole.ngrams[0]  # symbols that only the beginning may have
    assert model.ngrams[1] == whole.ngrams[1]


@pytest.mark.parametrize("lines", [[], ["--lines"]])
def test_with_little_memory_the_model_is_the_same_and_no_file_stays(run, tmp_path, corpus_file, monkeypatch, lines):
    arguments = ["ngram", corpus_file, "--order", 4, *lines]
    assert run(*arguments, "-m", tmp_path / "whole")[0] == 0
    monkeypatch.setattr(options, "LEAST_MEMORY", 0)
    monkeypatch.setattr(training, "PROGRAM", 0)
    made = []
    monkeypatch.setattr(Workspace, "new_file", lambda workspace: made.append(new_file(workspace)) or made[-1])
    assert run(*arguments, "-m", tmp_path / "little", "--memory", "100KB")[0] == 0
    assert len(made) > 10
    assert {path.parent.parent for path in made} == {tmp_path / "little"}
    assert [path.name for path in (tmp_path / "little").iterdir()] == [MODEL]
    little, whole = charrnn.load(tmp_path / "little"), charrnn.load(tmp_path / "whole")
    for array, expected in zip(little.trie, whole.trie, strict=True):
        np.testing.assert_array_equal(array, expected)
    assert little.summary["held_out"] == whole.summary["held_out"]


def test_a_model_that_memory_has_no_room_for_is_one_clear_line(run, tmp_path, corpus_file, monkeypatch):
    monkeypatch.setattr(options, "LEAST_MEMORY", 0)
    monkeypatch.setattr(training, "PROGRAM", 0)
    result = run("ngram", corpus_file, "--order", 9, "--min-counts", "1", "-m", tmp_path / "m", "--memory", "100KB")
    assert_one_clear_line(
        result, "the n-grams to be kept take", "give a lower --order, larger --min-counts or more --memory"
    )
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    ("said", "size"), [("4GB", 4e9), ("500 mb", 5e8), ("1.5g", 1.5e9), ("2GiB", 2**31), ("1T", 1e12), ("300000k", 3e8)]
)
def test_sizes_of_memory(said, size):
    assert options.NgramOptions(memory=said).memory_bytes == size


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_a_signal_ends_the_counting_with_one_line():
    code = (
        "import os, signal, charrnn.report.ngram as report\n"
        "report.train_ngram = lambda *arguments, saving: os.kill(os.getpid(), signal.SIGTERM)\n"
        "report.run_counting([], 'm', None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (143, "", "interrupted: nothing is saved\n")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
@pytest.mark.parametrize("what", ["save_first", "write_arpa_file"])
def test_a_signal_while_files_are_written_leaves_them_whole(tmp_path, corpus_file, what):
    code = (
        "import os, signal, sys, charrnn.report.ngram as report, charrnn.training.ngram as training\n"
        "from charrnn.training.options import NgramOptions\n"
        f"holder = report if hasattr(report, {what!r}) else training\n"
        f"real = holder.{what}\n"
        f"holder.{what} = lambda *arguments: (os.kill(os.getpid(), signal.SIGTERM), real(*arguments))\n"
        "report.run_counting(sys.argv[1:2], sys.argv[2], NgramOptions(order='2', keep_text=True, arpa=sys.argv[3]))"
    )
    command = [sys.executable, "-c", code, corpus_file, tmp_path / "m", tmp_path / "a.arpa"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 143
    assert done.stderr.splitlines()[-1] == f"interrupted: {tmp_path / 'm'} is saved, its ARPA text is not"
    assert sorted(os.listdir(tmp_path / "m")) == ["model.safetensors", "text.safetensors"]
    assert os.listdir(tmp_path) == ["m"]


def test_an_arpa_file_takes_the_place_of_none(run, tmp_path, corpus_file):
    text = tmp_path / "text.txt"
    text.write_bytes(corpus_file.read_bytes())
    refused = {text: "exists already; add --overwrite", ".": "is a folder", tmp_path / "no" / "a": "there is no folder"}
    for place, part in refused.items():
        assert_one_clear_line(run("ngram", text, "-m", tmp_path / "m", "--order", 2, "--arpa", place), part, "--arpa")
    assert text.read_bytes() == corpus_file.read_bytes()
    assert os.listdir(tmp_path) == ["text.txt"]


def test_an_arpa_file_that_cannot_be_written_leaves_the_model(run, tmp_path, corpus_file, monkeypatch):
    def full(*_):
        raise NotWritten("a.arpa: cannot be written")

    monkeypatch.setattr("charrnn.report.ngram.write_arpa_file", full)
    code, _, error = run("ngram", corpus_file, "-m", tmp_path / "m", "--order", 2, "--arpa", tmp_path / "a.arpa")
    assert code == 1
    assert "model: " in error
    assert "held-out:" in error
    assert "cannot be written" in error.splitlines()[-1]
    assert "Traceback" not in error
    assert run("info", "-m", tmp_path / "m")[0] == 0
