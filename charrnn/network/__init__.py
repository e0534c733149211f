"""Recurrent networks: cells, recurrence over time, whole networks.

Importing this package prepares the process for XLA, so it must come before JAX's first use.
"""

import ctypes
import os
import sys

# XLA's concurrency-optimised scheduler costs a third of the speed of small recurrent networks on CPUs. The flag only
# works in the environment, before JAX starts; what the user has set stays and wins.
_FLAG = "--xla_cpu_enable_concurrency_optimized_scheduler"
if _FLAG not in os.environ.get("XLA_FLAGS", ""):
    os.environ["XLA_FLAGS"] = f"{_FLAG}=false {os.environ.get('XLA_FLAGS', '')}".strip()

# Programs loaded from the compilation cache make XLA report tuning hints of the compiler as features that the processor
# lacks, a screenful each. Real failures raise exceptions.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def _keep_freed_memory() -> None:
    """Let the C library (glibc) keep memory that was freed, for the next to ask.

    XLA asks for its working memory anew in every training step, hundreds of megabytes; given back to the system and fetched
    again, a page fault for every 4 KB, that costs a quarter to a half of the step. What the user has set stays and wins.
    """
    if sys.platform != "linux" or any(name.startswith("MALLOC_") for name in os.environ):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return  # another C library
    trim_threshold, mmap_max, arena_max = -1, -4, -8  # as <malloc.h> numbers them
    mallopt(mmap_max, 0)
    mallopt(trim_threshold, 2**31 - 1)
    mallopt(arena_max, 1)  # other arenas fall back on mmap for what is larger than 64 MB


_keep_freed_memory()
