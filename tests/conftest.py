"""Small texts and a model trained on one, shared by the tests."""

import io
import os
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read when JAX is imported: see machine.prepare

import jax
import numpy as np
import pytest

import charrnn
from charrnn.cli.main import main
from charrnn.machine import prepared
from charrnn.models.archive import read_archive
from charrnn.models.folder import MODEL, RESUME

jax.config.update("jax_num_cpu_devices", 4)  # more than a small machine has, so that sharing out rows is tested anywhere

WORDS = ["the", "cat", "dog", "sees", "likes", "a", "small", "red", "house", "and", "then", "sleeps", "under", "old", "tree"]


def small_text(characters: int = 6000, seed: int = 0) -> str:
    """Lines of random words: enough structure to learn from in a few steps."""
    random = np.random.default_rng(seed)
    lines, size = [], 0
    while size < characters:
        lines.append(" ".join(random.choice(WORDS, random.integers(3, 8))) + ".")
        size += len(lines[-1]) + 1
    return "\n".join(lines) + "\n"


# As arguments of a command, and as options: a run whose step takes no time; no two sizes alike.
TINY = ["--steps", "3", "--hidden", "8", "--embedding", "4", "--batch-size", "4", "--window", "8"]
SMALL = {"hidden": 16, "embedding": 6, "window": 10, "batch_size": 5, "dropout": 0.2}


def arrays_of(folder, name=RESUME):
    """The arrays of a file of a model folder."""
    return read_archive(folder / name)[0]


def assert_same_run(folder, other):
    """Bit for bit: what is needed to go on, and the best model."""
    for name in (RESUME, MODEL):
        arrays, others = arrays_of(folder, name), arrays_of(other, name)
        assert arrays.keys() == others.keys()
        for key in arrays:
            np.testing.assert_array_equal(arrays[key], others[key], err_msg=key)


def steps_of(session, stop_at=None):
    """All that a session's training yields; it is interrupted in the step `stop_at`, counted from 1."""
    steps = 0

    def should_stop():
        nonlocal steps
        steps += 1
        return steps == stop_at

    return list(session.train(should_stop))


@pytest.fixture(scope="session", autouse=True)
def prepared_machine():
    """As the command line prepares it, for tests that call what lies below."""
    with prepared():
        yield


@pytest.fixture(scope="session")
def corpus_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("corpus") / "words.txt"
    path.write_text(small_text())
    return path


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory, corpus_file):
    """A small model of the words, trained as a stream."""
    folder = tmp_path_factory.mktemp("models") / "words"
    charrnn.train(corpus_file, folder, steps=60, hidden=32, embedding=8, window=24, batch_size=8, evaluate_every=20)
    return folder


@pytest.fixture(scope="session")
def lines_folder(tmp_path_factory, corpus_file):
    """A small model of the words, trained line by line."""
    folder = tmp_path_factory.mktemp("models") / "lines"
    charrnn.train(corpus_file, folder, steps=60, hidden=32, embedding=8, batch_size=8, lines=True, cell="gru")
    return folder


@pytest.fixture(scope="session")
def both_folder(tmp_path_factory, corpus_file):
    """A small model of the words that reads lines in both directions."""
    folder = tmp_path_factory.mktemp("models") / "both"
    options = {"hidden": 32, "embedding": 8, "batch_size": 8, "lines": True, "direction": "both"}
    charrnn.train(corpus_file, folder, steps=100, evaluate_every=100, learning_rate=0.02, **options)
    return folder


@pytest.fixture
def model(model_folder):
    return charrnn.load(model_folder)


@pytest.fixture
def run(monkeypatch, capfdbinary):
    """run(*arguments, stdin=b"") -> (exit code, standard output, standard error), in this process."""

    def call(*arguments, stdin=b""):
        monkeypatch.setattr(sys, "argv", ["charrnn", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        sys.stdout.flush()
        out, error = capfdbinary.readouterr()
        return stop.value.code, out.decode(errors="replace"), error.decode(errors="replace")

    return call


@pytest.fixture
def ended():
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def assert_one_clear_line(result, *parts, code=1):
    exit_code, out, error = result
    assert exit_code == code
    assert out == ""
    assert len([line for line in error.strip().splitlines() if not line.startswith("reading ")]) == 1
    assert "Traceback" not in error
    for part in parts:
        assert part in error
