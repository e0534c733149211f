"""Whether another process still runs, and is the one that it was."""

import ctypes
import os
import shutil
import subprocess
import sys

import pytest

from charrnn.machine import processes
from charrnn.machine.processes import start_of


def test_a_process_is_told_from_others_of_its_number(ended):
    assert start_of(ended) is None
    assert start_of(os.getpid()) == start_of(os.getpid()) != ""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        assert start_of(other.pid) not in (None, "", start_of(os.getpid()))
        other.communicate(b"\n")


@pytest.mark.skipif(shutil.which("ps") is None, reason="needs ps")
def test_where_there_is_no_proc_ps_tells(ended):
    assert processes._start_by_ps(os.getpid()) == processes._start_by_ps(os.getpid()) != ""
    assert processes._start_by_ps(ended) == ""


@pytest.mark.parametrize(("code", "found"), [(259, "5 7"), (0, None)])
def test_on_windows_no_process_is_sent_a_signal(monkeypatch, code, found):
    """There, os.kill(pid, 0) ends the process."""

    class Kernel:
        class OpenProcess:
            def __new__(cls, access, inherit, pid):
                return pid

        @staticmethod
        def GetExitCodeProcess(handle, pointer):
            pointer._obj.value = code

        @staticmethod
        def GetProcessTimes(handle, created, *others):
            created._obj.dwHighDateTime, created._obj.dwLowDateTime = 5, 7

        @staticmethod
        def CloseHandle(handle):
            pass

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ctypes, "WinDLL", lambda name, use_last_error: Kernel, raising=False)
    monkeypatch.setattr(os, "kill", pytest.fail)
    assert start_of(1234) == found
