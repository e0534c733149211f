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


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells what is available")
def test_what_is_free_is_below_what_there_is():
    everything = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert 0 < memory.free_memory_bytes() < everything


def test_where_the_system_does_not_tell_all_memory_counts_as_free(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": 3, "SC_PAGE_SIZE": 4096}.__getitem__, raising=False)
    assert memory.free_memory_bytes() == 3 * 4096


def group(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(f"{text}\n")


def test_control_groups_leave_what_the_tightest_does(tmp_path):
    """Version 2: the job's group has a limit, that of its step has none; files in its cache give way."""
    own, root = tmp_path / "own", tmp_path / "groups"
    own.write_text("0::/slurm/job/step\n")
    statistics = "anon 700\ninactive_file 100\nactive_file 50"
    group(root / "slurm", memory__max=9000, memory__current=2000, memory__stat="inactive_file 0\nactive_file 0")
    group(root / "slurm/job", memory__max=1000, memory__current=900, memory__stat=statistics)
    group(root / "slurm/job/step", memory__max="max", memory__current=900, memory__stat=statistics)
    assert sorted(memory._left_by_control_groups(root, own)) == [250, 7000]


def test_control_groups_of_version_1(tmp_path):
    own, root = tmp_path / "own", tmp_path / "groups"
    own.write_text("5:cpuset:/other\n4:cpu,memory:/box\n")
    statistics = "inactive_file 1\ntotal_inactive_file 30\ntotal_active_file 4"
    group(root / "memory/box", memory__limit_in_bytes=500, memory__usage_in_bytes=100, memory__stat=statistics)
    assert list(memory._left_by_control_groups(root, own)) == [434]
