"""Freed memory is kept while JAX works and given back afterwards, unless the user has tuned the C library; the peak."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from charrnn.machine import memory

# Page faults of 20 arrays of 64 MB, one after the other; each has 16,384 pages.
FAULTS = """
import resource, numpy as np
from charrnn.machine.memory import give_back_freed_memory, keeping_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        np.ones(1 << 24, np.float32)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

with keeping_freed_memory():
    first = faults()
    with keeping_freed_memory():
        pass
    again = faults()
    give_back_freed_memory()
    early = faults()
with keeping_freed_memory():
    once_more = faults()
print(first, again, once_more, early, faults())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc is tuned on Linux alone")
@pytest.mark.parametrize(("tuned", "fewer"), [({}, True), ({"MALLOC_ARENA_MAX": "8"}, False)])
def test_freed_memory_is_kept_unless_the_user_has_tuned_it(tuned, fewer):
    # numpy asks for huge pages, which make faults few; plain pages show what is kept
    environment = os.environ | {"NUMPY_MADVISE_HUGEPAGE": "0"} | tuned
    done = subprocess.run([sys.executable, "-c", FAULTS], env=environment, capture_output=True, text=True, check=True)
    *kept, early, after = map(int, done.stdout.split())
    for faults in kept:
        assert (faults < early / 4) == (faults < after / 4) == fewer


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells it in two ways")
def test_the_peak_is_in_bytes():
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    assert memory.peak_memory_bytes() == pytest.approx(1024 * int(line.split()[1]), rel=0.05)


@pytest.mark.parametrize(("platform", "peak"), [("linux", 7 * 1024), ("darwin", 7)])
def test_macos_counts_bytes_and_linux_kilobytes(monkeypatch, platform, peak):
    usage = SimpleNamespace(getrusage=lambda who: SimpleNamespace(ru_maxrss=7), RUSAGE_SELF=0)
    monkeypatch.setattr(memory, "resource", usage)
    monkeypatch.setattr(sys, "platform", platform)
    assert memory.peak_memory_bytes() == peak


def test_a_system_that_does_not_tell_its_peak(monkeypatch):
    monkeypatch.setattr(memory, "resource", None)
    assert memory.peak_memory_bytes() is None
