"""What JAX has compiled, kept on disk from one command to the next: loading it takes a fifth of compiling again."""

import hashlib
import os
import platform
import stat
from importlib.util import find_spec
from pathlib import Path


def user_cache() -> Path:
    """Where charrnn keeps what it can make again. Raises RuntimeError where nobody's home is known."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "charrnn"


def cache_folder() -> Path | None:
    """The folder for compiled programs of this user, this version of JAX and this processor; None where it is not safe.

    A cache is code that will be run, so the folder must belong to the user and be writable by nobody else.
    """
    try:
        folder = user_cache() / f"{jaxlib_version()}-{_processor()}"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder if _private(folder.stat()) else None
    except (OSError, RuntimeError):  # RuntimeError: nobody's home, or no version, is known
        return None


def _private(status: os.stat_result) -> bool:
    if not hasattr(os, "getuid"):  # Windows: what is in a user's profile is that user's, and the mode says nothing
        return True
    return status.st_uid == os.getuid() and not stat.S_IMODE(status.st_mode) & 0o077


def jaxlib_version() -> str:
    """jaxlib-VERSION, as its installer has named it, without importing it; importlib.metadata would double --help's time.

    Raises RuntimeError where it is not installed in the usual way.
    """
    spec = find_spec("jaxlib")
    notes = Path(spec.origin).parents[1].glob("jaxlib-*.dist-info") if spec and spec.origin else ()
    for note in notes:
        return note.stem
    raise RuntimeError("jaxlib has no version")


def _processor() -> str:
    """A short name for the processor and what it can do: programs compiled for one may not run on another."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        described = "".join(line for line in lines if line.startswith(("model name", "flags", "Features")))
    except OSError:
        described = platform.processor()
    return f"{platform.machine()}-{hashlib.sha256(described.encode()).hexdigest()[:12]}"
