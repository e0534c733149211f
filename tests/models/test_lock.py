"""A model folder is written to by one process at a time; what a process that is gone left behind is taken over."""

import json
import os
import socket
import subprocess
import sys
import threading

import pytest

import charrnn
from charrnn.files import UNFINISHED
from charrnn.machine.processes import start_of
from charrnn.models import lock
from charrnn.models.folder import MODEL
from charrnn.models.lock import LOCK, locked
from charrnn.training.checkpoint import load_checkpoint
from charrnn.training.options import TrainOptions
from charrnn.training.start import start
from tests.conftest import SMALL, TINY, assert_one_clear_line

HERE = {"host": socket.gethostname(), "pid": os.getpid(), "start": start_of(os.getpid())}


def test_a_folder_is_one_process_s_until_the_block_ends_and_leaves_nothing(tmp_path):
    folder = tmp_path / "m"
    with locked(folder):
        assert json.loads((folder / LOCK).read_text()) == HERE
        refused = pytest.raises(charrnn.CharrnnError, match=rf"m: process {os.getpid()} writes to this folder; wait")
        with refused, locked(folder):
            pass
        (folder / MODEL).write_text("kept")
    assert [path.name for path in folder.iterdir()] == [MODEL]
    with pytest.raises(KeyboardInterrupt), locked(tmp_path / "n"):
        raise KeyboardInterrupt
    assert not (tmp_path / "n").exists()


@pytest.mark.parametrize("left", ["ended", "another start", "", "half", "[]"])
def test_a_lock_without_its_process_is_taken_over(tmp_path, ended, monkeypatch, left):
    monkeypatch.setattr(lock, "READ_AGAIN", 2)
    written = {
        "ended": json.dumps(HERE | {"pid": ended}),
        "another start": json.dumps(HERE | {"start": "long ago"}),
        "half": json.dumps(HERE)[:-5],
    }
    (tmp_path / LOCK).write_text(written.get(left, left))
    (tmp_path / f"{UNFINISHED}0123").touch()
    (tmp_path / f"{UNFINISHED}4567").mkdir()
    (tmp_path / f"{UNFINISHED}4567" / "1").touch()
    with locked(tmp_path):
        assert json.loads((tmp_path / LOCK).read_text()) == HERE
    assert not list(tmp_path.iterdir())


def test_of_another_host_one_cannot_know(run, tmp_path, corpus_file):
    (tmp_path / LOCK).write_text(json.dumps(HERE | {"host": "elsewhere", "pid": 7}))
    for command in (["train", corpus_file, *TINY], ["train", "--resume"], ["ngram", corpus_file]):
        result = run(*command, "-m", tmp_path)
        assert_one_clear_line(
            result, "process 7 of elsewhere", "if that run is over, delete this file", str(tmp_path / LOCK)
        )
    assert [path.name for path in tmp_path.iterdir()] == [LOCK]


def test_of_many_that_find_a_stale_lock_one_takes_over(tmp_path, ended):
    (tmp_path / LOCK).write_text(json.dumps(HERE | {"pid": ended}))
    ready, done, within = threading.Barrier(8), threading.Event(), []

    def take():
        ready.wait()
        try:
            with locked(tmp_path):
                within.append(True)
                done.wait(60)
        except charrnn.CharrnnError:
            pass

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    while sum(thread.is_alive() for thread in threads) > 1:
        threads[0].join(0.05)
    done.set()
    for thread in threads:
        thread.join()
    assert within == [True]


def test_a_lock_that_is_a_pipe_is_not_waited_for(run, tmp_path, corpus_file):
    os.mkfifo(tmp_path / LOCK)
    assert_one_clear_line(run("train", corpus_file, "-m", tmp_path, *TINY), f"{tmp_path}: cannot be written (it is no file)")


@pytest.mark.parametrize("instead", [False, True])
def test_a_folder_that_was_moved_is_not_made_anew(tmp_path, corpus_file, instead):
    """Another training may have begun in one of its name, and ended."""
    folder, moved = tmp_path / "m", tmp_path / "moved"
    options = TrainOptions(steps=6, evaluate_every=2, **SMALL)
    failed = []
    with locked(folder):
        for step, progress in enumerate(start([str(corpus_file)], folder, options).train(), 1):
            if step == 3:
                folder.rename(moved)
                if instead:
                    folder.mkdir()
            if progress.failed:
                failed.append(str(progress.failed))
            if step == 5:
                if instead:
                    folder.rmdir()
                moved.rename(folder)
    assert failed == [f"{folder}: was moved, removed or taken over; put it back where it was, with its {LOCK}"]
    assert load_checkpoint(folder).journal.step == 6


def test_a_second_training_into_a_folder_is_refused(run, tmp_path, corpus_file):
    arguments = ["train", corpus_file, "-m", tmp_path / "m", "--steps", "100000", "--no-baseline", *TINY[2:]]
    first = subprocess.Popen([sys.executable, "-m", "charrnn", *map(str, arguments)], stderr=subprocess.PIPE, text=True)
    assert first.stderr is not None
    for line in first.stderr:
        if line.startswith("length:"):
            break
    try:
        for command in (["train", corpus_file, "--overwrite", *TINY], ["train", "--resume"], ["ngram", corpus_file]):
            assert_one_clear_line(run(*command, "-m", tmp_path / "m"), f"process {first.pid} writes to this folder")
    finally:
        first.kill()
        first.wait()
        first.stderr.close()
    assert (tmp_path / "m" / LOCK).exists()  # for it was killed
    assert run("train", corpus_file, "-m", tmp_path / "m", "--no-baseline", *TINY)[0] == 0
    assert not (tmp_path / "m" / LOCK).exists()
