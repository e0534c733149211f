"""A training on two host devices goes on after it was stopped, or starved by other work, and ends as if nothing had been.

`make torture`, two minutes; with CHARRNN_TORTURE=long every stop lasts 90 seconds, some ten minutes in all. XLA on its own
ends the process where one device has waited a minute for the other.
"""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from charrnn.machine.prepare import XLA_FLAGS
from charrnn.models.folder import MODEL
from tests.conftest import arrays_of

LONG = os.environ.get("CHARRNN_TORTURE") == "long"
SECONDS = 90 if LONG else 3
STEPS = 1500
# Each line is a process: after these steps, and so many seconds of the next, it is stopped. 0: JAX starts and compiles.
MOMENTS = [[(0, 0.5), (7, 0.0)], [(20, 0.001), (100, 0.02)], [(31, 0.003), (750, 0.0)], [(60, 0.005), (150, 0.001)],
           [(90, 0.01), (200, 0.013)]]  # fmt: skip
BUSY = 8  # processes that starve one

TRAIN = f"""
import sys, charrnn
from charrnn.machine.devices import devices_for

def tell(progress):
    assert devices_for(32, 64) == 2  # so that there is something to wait for
    print(progress.journal.step, flush=True)

charrnn.train(sys.argv[1], sys.argv[2], steps={STEPS}, hidden=64, batch_size=32, window=32, seed=3, on_progress=tell)
"""

# One of two devices comes to the sum SECONDS late.
LATE = """
import sys, time
from charrnn.machine import prepared
with prepared():
    import jax, numpy as np
    from jax.sharding import PartitionSpec as P
    jax.config.update("jax_num_cpu_devices", 2)
    def wait(device):
        time.sleep(float(sys.argv[1]) * float(device))
        return np.float32(device)
    def late():
        device = jax.lax.axis_index("each").astype(np.float32)
        return jax.lax.psum(jax.pure_callback(wait, jax.ShapeDtypeStruct((), np.float32), device), "each")
    mesh = jax.make_mesh((2,), ("each",))
    assert float(jax.jit(jax.shard_map(late, mesh=mesh, in_specs=(), out_specs=P()))()) == 1
"""


def environment(**more):
    """As a user has it: without what the tests have set, and two devices on any machine."""
    plain = {name: value for name, value in os.environ.items() if name not in ("XLA_FLAGS", "TF_CPP_MIN_LOG_LEVEL")}
    return plain | {"JAX_NUM_CPU_DEVICES": "2"} | more


def started(corpus, folder):
    arguments = [sys.executable, "-c", TRAIN, str(corpus), str(folder)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment())


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, corpus_file):
    folder = tmp_path_factory.mktemp("undisturbed") / "m"
    process = started(corpus_file, folder)
    process.communicate()
    assert process.returncode == 0
    return arrays_of(folder, MODEL)


def assert_the_same(folder, undisturbed):
    for name, array in arrays_of(folder, MODEL).items():
        np.testing.assert_array_equal(array, undisturbed[name], err_msg=name)


def wait_for(process, step):
    """Read what the process tells until it has taken this step."""
    while step > 0:
        line = process.stdout.readline()
        assert line, "the process has ended"
        if int(line) >= step:
            return


def stopped_at(process, moments):
    """Stop the process at each of these moments for a time; its exit code."""
    with process:
        for step, seconds in moments:
            wait_for(process, step)
            time.sleep(seconds)
            process.send_signal(signal.SIGSTOP)
            time.sleep(SECONDS)
            assert process.poll() is None, "it had ended before it was stopped"
            process.send_signal(signal.SIGCONT)
        process.communicate()
    return process.returncode


def test_a_training_that_was_stopped_goes_on(tmp_path, corpus_file, undisturbed):
    folders = [tmp_path / str(k) for k in range(len(MOMENTS))]
    processes = [started(corpus_file, folder) for folder in folders]
    try:
        with ThreadPoolExecutor(len(MOMENTS)) as pool:
            assert set(pool.map(stopped_at, processes, MOMENTS)) == {0}
    finally:
        for process in processes:
            process.kill()
    for folder in folders:
        assert_the_same(folder, undisturbed)


def test_a_training_that_was_starved_goes_on(tmp_path, corpus_file, undisturbed):
    with started(corpus_file, tmp_path / "m") as process:
        os.setpriority(os.PRIO_PROCESS, process.pid, 19)  # before it has threads, which have it from this one
        wait_for(process, 10)
        busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(BUSY)]
        time.sleep(SECONDS)
        still = process.poll() is None
        for other in busy:
            other.kill()
            other.wait()
        assert still, "it had ended before it was starved"
        process.communicate()
    assert process.returncode == 0
    assert_the_same(tmp_path / "m", undisturbed)


@pytest.mark.parametrize("limited", [False, True])
def test_xla_waits_for_a_late_device_unless_it_is_told_a_limit(limited):
    limit = f" {list(XLA_FLAGS)[-1]}=1" if limited else ""
    flags = f"--xla_cpu_collective_call_warn_stuck_timeout_seconds=1{limit}"
    late = [sys.executable, "-c", LATE, str(SECONDS if not limited else 3)]
    done = subprocess.run(late, env=environment(XLA_FLAGS=flags), stderr=subprocess.PIPE, text=True)
    assert done.returncode == (-signal.SIGABRT if limited else 0), done.stderr
    assert ("Termination timeout" in done.stderr) == limited
