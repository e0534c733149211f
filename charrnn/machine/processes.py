"""Other processes of this computer: whether one still runs."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def start_of(pid: int) -> str | None:
    """When a process started, in words that only compare: numbers are given again, number and start together are not.

    None where no process of this number runs; "" where one does but the system does not tell since when.
    """
    if sys.platform == "win32":
        return _start_on_windows(pid)
    try:
        os.kill(pid, 0)  # no signal, a question; on Windows it would end the process
    except ProcessLookupError:
        return None
    except PermissionError:
        pass  # another user's, so it runs
    return _start_on_linux(pid) if sys.platform == "linux" else _start_by_ps(pid)


def _start_on_linux(pid: int) -> str | None:
    """Clock ticks since the computer was started, and which of its starts that was."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
    return None if state in "ZX" else f"{boot} {fields[18]}"  # Z, X: ended, though its parent has not asked yet


def _start_by_ps(pid: int) -> str:
    environment = os.environ | {"LC_ALL": "C", "TZ": "UTC"}
    asked = ["ps", "-o", "lstart=", "-p", str(pid)]
    try:
        return subprocess.run(asked, capture_output=True, text=True, env=environment).stdout.strip()
    except OSError:
        return ""


def _start_on_windows(pid: int) -> str | None:
    import ctypes
    from ctypes import byref, wintypes

    system: Any = ctypes  # WinDLL and get_last_error are there on Windows alone
    query_limited_information, access_denied, still_active = 0x1000, 5, 259
    kernel = system.WinDLL("kernel32", use_last_error=True)
    kernel.OpenProcess.restype = wintypes.HANDLE
    handle = wintypes.HANDLE(kernel.OpenProcess(query_limited_information, False, pid))
    if not handle.value:
        return "" if system.get_last_error() == access_denied else None
    try:
        code, times = wintypes.DWORD(), [wintypes.FILETIME() for _ in range(4)]
        kernel.GetExitCodeProcess(handle, byref(code))
        kernel.GetProcessTimes(handle, *map(byref, times))
    finally:
        kernel.CloseHandle(handle)
    return f"{times[0].dwHighDateTime} {times[0].dwLowDateTime}" if code.value == still_active else None
