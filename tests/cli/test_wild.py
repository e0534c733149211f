"""Every option of every command with values that nobody would give: no traceback, no hang, one of the known exit codes."""

import os
import random
import signal
import subprocess
import sys

import click
import pytest

import charrnn
from charrnn.cli.main import COMMANDS, cli
from tests.conftest import TINY

SHARE = float(os.environ.get("CHARRNN_WILD", "0.04"))  # of all cases, drawn at random; make torture: all
WILD = ["", " ", "-1", "0", "1", "2", "1e308", "-1e308", "1e-300", "nan", "inf", "1" + "0" * 30, "2147483648", "0.5", "a",
        "none", "a=1,b=nan", "/", "/dev/null", "/dev/full", "nowhere/at/all", "\udcff", "é" * 3000, "[", "(a", "{9999999}",
        "*", "\n", "-", "--", "%s", "1,2", "char"]  # fmt: skip
CODES = {0, 1, 2}

# what a command needs beside; each is quick
ARGUMENTS = {
    "train": ["{corpus}", "-m", "{new}", "--no-baseline", *TINY],
    "ngram": ["{corpus}", "-m", "{new}", "--order", "3", "--min-counts", "1"],
    "mix": ["{model}", "{ngram}", "-o", "{new}"],
    "sample": ["-m", "{model}", "--length", "20"],
    "score": ["-m", "{both}", "{lines}"],
    "compare": ["{model}", "{ngram}", "{lines}"],
    "fill": ["-m", "{both}", "--text", "the _ sat"],
    "predict": ["-m", "{labels}", "--text", "the 1"],
    "rescore": ["-m", "{model}", "{nbest}"],
    "embed": ["-m", "{labels}", "--text", "the 1"],
    "inspect": ["-m", "{model}", "{lines}"],
    "info": ["{model}"],
    "bench": ["--hidden", "8", "--batch-size", "2", "--window", "4", "--seconds", "0.01", "--streams", "2"],
    "corpus": ["get", "grammar-en"],
}
AS_MUCH_AS_ASKED = {
    "--steps",
    "--length",
    "--min-length",
    "--count",
    "--num-samples",
    "--best-of",
    "--streams",
}  # and as long
LONGEST = 20  # seconds
ELSEWHERE = {"--coordinator", "--processes", "--process-id"}  # would wait for others


def cases():
    for name in COMMANDS:
        command = cli.get_command(None, name)
        commands = command.commands.values() if isinstance(command, click.Group) else [command]
        for one in commands:
            for parameter in one.params:
                for flag in getattr(parameter, "opts", [])[-1:]:
                    if not flag.startswith("-") or getattr(parameter, "is_flag", False) or flag in ELSEWHERE:
                        continue
                    for value in WILD:
                        yield name, flag, value


ALL = list(cases())


class Hangs(BaseException):
    """No command catches it."""


def too_long(*_):
    raise Hangs


@pytest.fixture(scope="module")
def places(tmp_path_factory, corpus_file, model_folder, both_folder):
    base = tmp_path_factory.mktemp("wild")
    (base / "lines").write_text("the cat sees\nla\n")
    (base / "nbest").write_text("a ||| the cat ||| -1.0\na ||| the dog ||| -2.0\n")
    (base / "examples").write_text("".join(f"{'ab'[k % 2]}\tthe {k}\n" for k in range(40)))
    charrnn.ngram(corpus_file, base / "ngram", order=3, min_counts="1")
    charrnn.train(base / "examples", base / "labels", task="classify", steps=2, hidden=8, embedding=4, batch_size=4)
    found = {name: str(base / name) for name in ("lines", "nbest", "ngram", "labels", "new")}
    return found | {"corpus": str(corpus_file), "model": str(model_folder), "both": str(both_folder)}


@pytest.mark.parametrize("command", COMMANDS)
def test_wild_values(run, places, monkeypatch, tmp_path, command):
    monkeypatch.chdir(tmp_path)
    signal.signal(signal.SIGALRM, too_long)
    given = [(flag, value) for name, flag, value in ALL if name == command]
    rng, tried, failed = random.Random(command), 0, []
    for flag, value in given:
        if rng.random() > SHARE:
            continue
        arguments = [part.format(**places) for part in ARGUMENTS[command]]
        if command in ("train", "ngram", "mix"):
            arguments += ["--overwrite"]
        if flag in AS_MUCH_AS_ASKED and value == "2147483648":
            continue
        tried += 1
        signal.alarm(LONGEST)
        try:
            code, _, error = run(command, *arguments, flag, value, stdin=b"the cat\n")
        except (Exception, Hangs) as wrong:
            signal.alarm(0)
            failed.append(f"{flag} {value!r:.50}: {type(wrong).__name__}: {wrong!s:.200}")
        else:
            signal.alarm(0)
            if code not in CODES or "Traceback" in error or (code and not error.strip()):
                failed.append(f"{flag} {value!r:.50}: {code}, {error:.300}")
    if failed:
        pytest.fail("\n".join(failed), pytrace=False)
    print(f"\n{command}: {tried} of {len(given)} wild values of options")


@pytest.mark.parametrize("device", ["nonsense", "tpu", "cpu,nonsense"])
def test_a_platform_that_jax_has_not(corpus_file, tmp_path, device):
    command = [sys.executable, "-m", "charrnn", "train", str(corpus_file), "-m", str(tmp_path / "m"), "--no-baseline", *TINY]
    done = subprocess.run(command, env=os.environ | {"JAX_PLATFORMS": device}, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "JAX_PLATFORMS" in done.stderr.splitlines()[-1]
