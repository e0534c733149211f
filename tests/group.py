"""Processes that train together on this computer, for tests."""

import os
import socket
import subprocess
import sys
from contextlib import contextmanager

from charrnn.options import flag

SMALL = {"batch_size": 6, "window": 12, "hidden": 24, "embedding": 6, "dropout": 0.2, "sample_every": 0}


def free_port():
    with socket.socket() as listening:
        listening.bind(("localhost", 0))
        return listening.getsockname()[1]


def flags(options):
    """The options as the command line takes them."""
    return ["--no-baseline", *(part for name, value in options.items() for part in (flag(name), value))]


def environment(devices):
    """As a user has it: without what the tests have set, and this number of devices on any machine."""
    plain = {name: value for name, value in os.environ.items() if name not in ("XLA_FLAGS", "TF_CPP_MIN_LOG_LEVEL")}
    return plain | {"JAX_NUM_CPU_DEVICES": str(devices)}


@contextmanager
def group(size, *arguments, each=lambda rank: ()):
    """`charrnn train` with these arguments in so many processes; each(rank) gives a process more."""
    together = ["--coordinator", f"localhost:{free_port()}", "--processes", str(size)]
    processes = []
    try:
        for rank in range(size):
            command = [sys.executable, "-m", "charrnn", "train", *map(str, arguments), *together, "--process-id", str(rank)]
            processes.append(
                subprocess.Popen(
                    [*command, *map(str, each(rank))],
                    env=environment(1),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def ended(processes, seconds=60):
    """The exit code, standard output and standard error of each."""
    said = [process.communicate(timeout=seconds) for process in processes]
    return [(process.returncode, *texts) for process, texts in zip(processes, said, strict=True)]
