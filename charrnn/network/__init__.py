"""Recurrent networks: cells, recurrence over time, whole networks.

Importing this package prepares the environment that XLA reads when it starts, so it must come before JAX's first use.
"""

import os

# XLA's concurrency-optimised scheduler costs a third of the speed of small recurrent networks on CPUs. The flag only
# works in the environment, before JAX starts; what the user has set stays and wins.
_FLAG = "--xla_cpu_enable_concurrency_optimized_scheduler"
if _FLAG not in os.environ.get("XLA_FLAGS", ""):
    os.environ["XLA_FLAGS"] = f"{_FLAG}=false {os.environ.get('XLA_FLAGS', '')}".strip()

# Programs loaded from the compilation cache make XLA report tuning hints of the compiler as features that the processor
# lacks, a screenful each. Real failures raise exceptions.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
