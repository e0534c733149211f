"""What JAX has compiled, kept on disk from one command to the next: loading it takes a fifth of compiling again."""

import hashlib
import os
import platform
import stat
from pathlib import Path

import jax
import jaxlib


def use_compilation_cache() -> None:
    """Keep compiled programs in a folder of this user's, this JAX version's and this processor's; unless JAX has one set.

    A cache is code that will be run, so the folder must belong to the user and be writable by nobody else; otherwise
    there is no cache.
    """
    if jax.config.jax_compilation_cache_dir is not None:  # type: ignore[attr-defined]
        return
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "charrnn"
    folder = base / f"jaxlib-{jaxlib.__version__}-{_processor()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except OSError:
        return
    if status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)


def _processor() -> str:
    """A short name for the processor and what it can do: programs compiled for one may not run on another."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        described = "".join(line for line in lines if line.startswith(("model name", "flags", "Features")))
    except OSError:
        described = platform.processor()
    return f"{platform.machine()}-{hashlib.sha256(described.encode()).hexdigest()[:12]}"
