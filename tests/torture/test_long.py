"""What takes minutes: runs that are stopped at every other step, requests by the thousand through one pipe."""

import os
import random
import subprocess
import sys

import pytest

from charrnn.network.cells import CELLS
from charrnn.training.options import TrainOptions
from charrnn.training.start import resume, start
from tests.conftest import SMALL, assert_same_run, steps_of

POINTS, REQUESTS = 50, 1000


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_a_run_that_is_stopped_at_fifty_steps_is_the_same(tmp_path, corpus_file, cell, lines):
    options = TrainOptions(steps=120, evaluate_every=11, cell=cell, lines=lines, **SMALL)
    steps_of(start([str(corpus_file)], tmp_path / "whole", options))
    stops = sorted(random.Random(cell).sample(range(1, 120), POINTS))
    session, done = start([str(corpus_file)], tmp_path / "parts", options), 0
    for stop in stops:
        last = steps_of(session, stop_at=stop - done)[-1].journal.step
        assert last == stop
        session, done = resume(tmp_path / "parts", [], TrainOptions()), stop
    steps_of(session)
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


def test_a_thousand_requests_through_one_pipe(model_folder):
    """Memory and open files after the first hundred stay as they are."""
    command = [sys.executable, "-m", "charrnn", "score", "-m", str(model_folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        found = []
        for request in range(REQUESTS):
            process.stdin.write(f"the cat sees the dog {request}\n")
            process.stdin.flush()
            assert process.stdout.readline().endswith(f"{request}\n")
            if request in (100, REQUESTS - 1):
                with open(f"/proc/{process.pid}/status") as status:
                    memory = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
                found.append((memory, len(os.listdir(f"/proc/{process.pid}/fd"))))
    (memory, files), (after, files_after) = found
    print(f"\n{REQUESTS} requests: {memory} kB and {files} files after 100, {after} kB and {files_after} files at the end")
    assert after <= 1.02 * memory
    assert files_after == files
