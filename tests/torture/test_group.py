"""Processes that train together on this computer: the same weights as one process, and what one's end does to the others.

A part of `make torture`, some minutes on two cores.
"""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from charrnn.models.folder import MODEL, RESUME
from tests.conftest import arrays_of, assert_same_run
from tests.group import ended, environment, flags, group

# of 256 units a matrix is large enough for each device to keep a share of its optimiser
LARGE = {"batch_size": 32, "window": 16, "cell": "lstm", "hidden": 256, "embedding": 16, "dropout": 0.2, "sample_every": 0}
LARGE |= {"precision": "float32"}  # rounded factors would make more of a last bit than 1e-5
QUICK = LARGE | {"hidden": 32, "evaluate_every": 50}
WITHIN = 60  # seconds, in which the others end
LONGEST = 20  # seconds that a process may be stopped without being taken for dead


def alone(corpus, folder, options, *more, devices=1):
    """One process with so many devices."""
    command = [sys.executable, "-m", "charrnn", "train", corpus, "-m", folder, *(more or flags(options))]
    subprocess.run(list(map(str, command)), env=environment(devices), check=True, stderr=subprocess.DEVNULL)


def together(size, corpus, folder, *arguments):
    with group(size, corpus, "-m", folder, *arguments) as processes:
        assert [code for code, _, _ in ended(processes, 600)] == [0] * size


def assert_close(folder, other, name=RESUME, **within):
    for key, array in arrays_of(folder, name).items():
        np.testing.assert_allclose(array, arrays_of(other, name)[key], err_msg=key, **within)


@pytest.mark.parametrize("size", [2, 4])
def test_the_weights_of_200_steps(tmp_path, corpus_file, size):
    options = LARGE | {"steps": 200, "evaluate_every": 100}
    for name in ("a", "b"):
        together(size, corpus_file, tmp_path / name, *flags(options))
    assert_same_run(tmp_path / "a", tmp_path / "b")
    alone(corpus_file, tmp_path / "alone", options, devices=size)
    assert_close(tmp_path / "a", tmp_path / "alone", MODEL, rtol=0, atol=1e-5)


def when_it_trains(processes):
    """Wait until process 0 has told of an evaluation."""
    for line in processes[0].stderr:
        if "held-out" in line and line.startswith("step"):
            return
    raise AssertionError("it has ended")


@pytest.mark.parametrize("rank", [0, 1])
def test_a_process_that_is_killed_ends_the_others_and_the_run_goes_on(tmp_path, corpus_file, rank):
    folder = tmp_path / "m"
    with group(2, corpus_file, "-m", folder, *flags(QUICK | {"steps": 100_000})) as two:
        when_it_trains(two)
        two[rank].kill()
        two[rank].wait()
        code, _, said = ended([two[1 - rank]], WITHIN)[0]
    assert code == 1
    assert said.splitlines()[-1].startswith("charrnn: another process of this training has ended, or is out of reach;")
    assert sum("charrnn: " in line for line in said.splitlines()) == 1
    step = int(arrays_of(folder)["step"])
    assert step >= 50
    alone(corpus_file, folder, {}, "--resume", "--steps", step + 5)
    assert int(arrays_of(folder)["step"]) == step + 5


@pytest.mark.parametrize("rank", [0, 1])
def test_a_signal_to_any_saves_and_ends_all(tmp_path, corpus_file, rank):
    options = flags(QUICK | {"steps": 1000})
    with group(2, corpus_file, "-m", tmp_path / "parts", *options) as two:
        when_it_trains(two)
        two[rank].send_signal(signal.SIGTERM)
        (code, _, said), *others = ended(two, WITHIN)
    assert code == 128 + signal.SIGTERM
    assert others == [(128 + signal.SIGTERM, "", "")]
    step = int(arrays_of(tmp_path / "parts")["step"])
    assert step < 1000
    assert f"interrupted at step {step:,} of 1,000, all saved" in said
    together(2, corpus_file, tmp_path / "parts", "--resume")
    together(2, corpus_file, tmp_path / "whole", *options)
    assert_same_run(tmp_path / "parts", tmp_path / "whole")


def test_a_run_goes_on_with_two_processes_then_one_then_three(tmp_path, corpus_file):
    options = QUICK | {"steps": 300}
    alone(corpus_file, tmp_path / "whole", options, devices=2)
    folder = tmp_path / "parts"
    with group(2, corpus_file, "-m", folder, *flags(options)) as two:
        when_it_trains(two)
        two[1].send_signal(signal.SIGTERM)
        ended(two)
    with subprocess.Popen(
        [sys.executable, "-m", "charrnn", "train", "--resume", "-m", str(folder)],
        env=environment(1),
        stderr=subprocess.PIPE,
        text=True,
    ) as one:
        when_it_trains([one])
        one.send_signal(signal.SIGTERM)
        one.communicate()
    assert 50 < int(arrays_of(folder)["step"]) < 300
    together(3, corpus_file, folder, "--resume")
    assert int(arrays_of(folder)["step"]) == 300
    assert_close(folder, tmp_path / "whole", MODEL, rtol=0, atol=1e-5)


def test_a_process_that_is_stopped_for_a_while_is_waited_for(tmp_path, corpus_file):
    """For less time than JAX takes it for dead, whose signs of life come every 25 seconds."""
    options = QUICK | {"steps": 400}
    with group(2, corpus_file, "-m", tmp_path / "stopped", *flags(options)) as two:
        when_it_trains(two)
        two[1].send_signal(signal.SIGSTOP)
        time.sleep(LONGEST)
        assert two[0].poll() is None
        two[1].send_signal(signal.SIGCONT)
        assert [code for code, _, _ in ended(two, 300)] == [0, 0]
    together(2, corpus_file, tmp_path / "whole", *flags(options))
    assert_same_run(tmp_path / "stopped", tmp_path / "whole")
