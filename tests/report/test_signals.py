"""Signals end a process in time, whatever it is at; what it had not finished is cleaned up."""

import random
import signal
import subprocess
import sys
import time

import pytest

AT_ONCE = 2.0  # seconds

SCRIPT = """
import sys, time, gc
from pathlib import Path
from charrnn.report.signals import Interrupted, signals_heeded
from charrnn.files import cleaning_up, write_bytes
left = Path(sys.argv[1])

def say(word):
    print(word, flush=True)

def busy(seconds):
    from hashlib import pbkdf2_hmac
    say("ready")
    pbkdf2_hmac("sha256", b"", b"", 1_500_000 * seconds)  # a second or so each, without a look at signals

with signals_heeded("last words") as signals:
    with cleaning_up(left.unlink):
        left.touch()
        {body}
"""

WAYS = {
    "at once": "say('ready'); time.sleep(20)",
    "at once, in one long instruction": "busy(20)",
    "interrupted": """
        try:
            signals.interrupt()
            say('ready')
            time.sleep(20)
        except Interrupted:
            signals.leave()""",
    "interrupted, in one long instruction": """
        try:
            signals.interrupt()
            busy(20)
        except Interrupted:
            signals.leave()""",
    "interrupted, where exceptions are swallowed": """
        gc.callbacks.append(lambda phase, info: time.sleep(1))
        try:
            signals.interrupt()
            say('ready')
            while True: gc.collect()
        except Interrupted:
            signals.leave()""",
    "losing nothing": """
        signals.note()
        with signals.losing_nothing("last words"):
            busy(20)""",
}


def started(body, left):
    script = SCRIPT.replace("{body}", body)
    process = subprocess.Popen(
        [sys.executable, "-c", script, left], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_process_in_time(tmp_path, way, number):
    with started(WAYS[way], tmp_path / "left") as process:
        begin = time.perf_counter()
        process.send_signal(number)
        _, error = process.communicate()
    assert time.perf_counter() - begin < AT_ONCE
    assert process.returncode == 128 + number
    assert error.splitlines()[-1] == "last words"
    assert not (tmp_path / "left").exists()


def test_what_is_only_noted_ends_at_the_next_look(tmp_path):
    body = """
        signals.note(); say('ready')
        while not signals.after_step(): time.sleep(0.01)
        sys.exit(signals.code)"""
    with started(body, tmp_path / "left") as process:
        process.send_signal(signal.SIGTERM)
        assert process.communicate() == ("", "")
    assert process.returncode == 143


def test_the_second_signal_ends_the_process_at_once(tmp_path):
    with started("signals.note(); busy(20)", tmp_path / "left") as process:
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1.5)
        process.send_signal(signal.SIGINT)
        process.wait(AT_ONCE)
    assert process.returncode == 130
    assert not (tmp_path / "left").exists()


def test_nobody_need_read_the_last_words(tmp_path):
    """Standard error is a pipe that is full, and so is standard output."""
    body = """
        import os
        say('ready')
        for stream in (1, 2):
            os.set_blocking(stream, False)
            try:
                while True: os.write(stream, bytes(4096))
            except BlockingIOError:
                os.set_blocking(stream, True)
        sys.stdout.write("more")
        time.sleep(20)"""
    with started(body, tmp_path / "left") as process:
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(AT_ONCE) == 143
    assert not (tmp_path / "left").exists()


def test_what_was_written_is_given_out(tmp_path):
    body = """
        import os
        say('ready')
        sys.stdout.write('half a line')
        os.kill(os.getpid(), 2)
        time.sleep(20)"""
    with started(body, tmp_path / "left") as process:
        assert process.stdout.read() == "half a line"
    assert process.returncode == 130


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_every_command_without_a_word(tmp_path, model_folder, number):
    """And what it had not finished is gone, whatever it was at."""
    rng, output = random.Random(number), tmp_path / "text"
    command = [sys.executable, "-m", "charrnn", "sample", "-m", model_folder, "--length", "10000000", "-o", output]
    for _ in range(4):
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            time.sleep(rng.uniform(0.8, 2.5))
            begin = time.perf_counter()
            process.send_signal(number)
            assert process.communicate() == ("", "")
        assert time.perf_counter() - begin < AT_ONCE
        assert process.returncode == 128 + number
        assert not list(tmp_path.iterdir())


def test_a_signal_before_a_block_that_loses_nothing_ends_the_process_there(tmp_path):
    body = """
        signals.note(); say('ready')
        while not signals.number: time.sleep(0.01)
        with signals.losing_nothing("saved"):
            say('begun')"""
    with started(body, tmp_path / "left") as process:
        process.send_signal(signal.SIGINT)
        assert process.communicate() == ("", "saved\n")
    assert process.returncode == 130


def test_afterwards_signals_are_what_they_were():
    from charrnn.report.signals import signals_heeded

    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with signals_heeded("last words"):
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    assert signal.set_wakeup_fd(-1) == -1
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
