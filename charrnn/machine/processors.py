"""The processor: how many cores this program may use."""

import os


def processors() -> int:
    """How many processor cores this program may use; where the system does not tell (as macOS), how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
