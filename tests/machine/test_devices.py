"""Freed memory is kept while JAX works and given back afterwards, unless the user has tuned the C library."""

import os
import subprocess
import sys

import pytest

# Page faults of 20 arrays of 64 MB, one after the other; each has 16,384 pages.
FAULTS = """
import resource, numpy as np
from charrnn.machine.memory import give_back_freed_memory, keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        np.ones(1 << 24, np.float32)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

keep_freed_memory()
kept = faults()
give_back_freed_memory()
print(kept, faults())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc is tuned on Linux alone")
@pytest.mark.parametrize(("tuned", "fewer"), [({}, True), ({"MALLOC_ARENA_MAX": "8"}, False)])
def test_freed_memory_is_kept_unless_the_user_has_tuned_it(tuned, fewer):
    # numpy asks for huge pages, which make faults few; plain pages show what is kept
    environment = os.environ | {"NUMPY_MADVISE_HUGEPAGE": "0"} | tuned
    done = subprocess.run([sys.executable, "-c", FAULTS], env=environment, capture_output=True, text=True, check=True)
    kept, given_back = map(int, done.stdout.split())
    assert (kept < given_back / 4) == fewer
