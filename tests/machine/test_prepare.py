"""The computer is set up once, for as long as charrnn works; what the user has set wins, and all is given back."""

import json
import os
import subprocess
import sys

import pytest

from charrnn.machine import prepare, prepared
from charrnn.machine.prepare import XLA_FLAGS
from charrnn.machine.processors import processors

TOLD = ("XLA_FLAGS", "TF_CPP_MIN_LOG_LEVEL", "OPENBLAS_NUM_THREADS", "JAX_NUM_CPU_DEVICES", "JAX_COMPILATION_CACHE_DIR",
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS")  # fmt: skip
START = f"""
import json, os, sys
def told():
    return {{name: os.environ.get(name) for name in {TOLD!r}}}
def config():
    import jax
    return [jax.config.jax_compilation_cache_dir, jax.config.jax_persistent_cache_min_compile_time_secs]
def compiled():
    import jax
    return float(jax.jit(lambda x: x * x)(3.0))
"""


@pytest.fixture
def python(tmp_path):
    """python(program, **environment) -> what it prints, read as JSON, in a process that nobody has set up."""

    def run(program, **environment):
        plain = {name: value for name, value in os.environ.items() if name not in TOLD}
        plain |= {"XDG_CACHE_HOME": str(tmp_path)} | environment
        done = subprocess.run([sys.executable, "-c", START + program], env=plain, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    return run


def test_importing_charrnn_imports_no_jax_and_changes_nothing(python):
    program = "before = dict(os.environ); import charrnn, charrnn.network.config; "
    assert python(program + "print(json.dumps([before == dict(os.environ), 'jax' in sys.modules]))") == [True, False]


BEFORE_JAX = """
from charrnn.machine import prepared
before = told()
with prepared(all_processors=True, own_process=True):
    given, early = told(), "jax" in sys.modules
    import jax
    value, there, devices = compiled(), config(), jax.device_count()
    folder = os.environ["JAX_COMPILATION_CACHE_DIR"]
    programs = len(os.listdir(folder))
after = told()
compiled_after = float(jax.jit(lambda x: x * x * x)(3.0))
print(json.dumps([before, given, early, value, there, devices, programs, after, config(), len(os.listdir(folder))]))
"""


def test_jax_finds_all_in_the_environment_when_it_starts_and_it_is_given_back(python):
    before, given, early, value, there, devices, programs, after, config_after, programs_after = python(BEFORE_JAX)
    assert before == after == dict.fromkeys(TOLD)
    assert (early, value) == (False, 9.0)
    assert given["XLA_FLAGS"] == " ".join(f"{name}={said}" for name, said in XLA_FLAGS.items())
    assert (given["TF_CPP_MIN_LOG_LEVEL"], given["OPENBLAS_NUM_THREADS"]) == ("3", "1")
    assert there == [given["JAX_COMPILATION_CACHE_DIR"], 0.0]
    assert devices == processors() == int(given["JAX_NUM_CPU_DEVICES"])
    assert config_after == [None, 1.0]
    assert programs_after == programs > 0  # what is compiled afterwards goes elsewhere


def test_what_the_user_has_set_stays(python, tmp_path):
    said = {
        "XLA_FLAGS": f"{next(iter(XLA_FLAGS))}=true --xla_cpu_enable_fast_math=false",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "OPENBLAS_NUM_THREADS": "2",
        "JAX_NUM_CPU_DEVICES": "3",
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path / "mine"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "9.5",
    }
    before, given, _, _, there, devices, *_ = python(BEFORE_JAX.replace("len(os.listdir(folder))", "0"), **said)
    ours = " ".join(f"{name}={value}" for name, value in list(XLA_FLAGS.items())[1:])
    assert before == said
    assert given == said | {"XLA_FLAGS": f"{ours} {said['XLA_FLAGS']}"}
    assert (there, devices) == ([said["JAX_COMPILATION_CACHE_DIR"], 9.5], 3)


def test_the_number_of_devices_may_stand_in_the_flags_too_and_the_flags_in_a_file(python, tmp_path):
    program = "from charrnn.machine import prepared\nwith prepared(all_processors=True):\n print(json.dumps(told()))"
    given = python(program, XLA_FLAGS="--xla_force_host_platform_device_count=3")
    assert given["JAX_NUM_CPU_DEVICES"] is None
    assert python(program, XLA_FLAGS=str(tmp_path / "flags"))["XLA_FLAGS"] == str(tmp_path / "flags")


@pytest.mark.parametrize("quiet", [False, True])
def test_where_jax_came_first_the_cache_is_used_if_xla_keeps_quiet_about_it(python, quiet):
    program = """
import jax
from charrnn.machine import prepared
with prepared(all_processors=True):
    there, devices = config(), jax.device_count()
print(json.dumps([there, devices, config()]))
"""
    there, devices, after = python(program, **({"TF_CPP_MIN_LOG_LEVEL": "3"} if quiet else {}))
    assert (there[0] is not None) == quiet
    assert (devices, after) == (processors(), [None, 1.0])


def test_where_jax_runs_already_its_devices_stay(python):
    program = """
import jax
jax.config.update("jax_num_cpu_devices", 5)
jax.devices()
from charrnn.machine import prepared
with prepared(all_processors=True):
    print(json.dumps(jax.device_count()))
"""
    assert python(program) == 5


def test_one_after_the_other_and_one_in_the_other(python):
    program = """
from charrnn.machine import prepared
seen = []
with prepared():
    with prepared():
        compiled()
    seen.append(config()[0] is not None)
with prepared():
    seen.append(config()[0] is not None)
print(json.dumps([*seen, config()[0], told()]))
"""
    assert python(program) == [True, True, None, dict.fromkeys(TOLD)]


def test_a_failure_gives_all_back(python):
    program = """
from charrnn.machine import prepared
try:
    with prepared(own_process=True):
        raise KeyboardInterrupt
except KeyboardInterrupt:
    print(json.dumps(told()))
"""
    assert python(program) == dict.fromkeys(TOLD)


@pytest.mark.parametrize(("command", "devices"), [("train", "all"), ("bench", "all"), ("score", "one"), ("sample", "one")])
def test_training_and_bench_have_every_processor_and_other_commands_one_device(python, command, devices):
    program = f"""
from charrnn.cli import main
seen = []
def work(context): seen.append([told()["JAX_NUM_CPU_DEVICES"], told()["JAX_COMPILATION_CACHE_DIR"] is not None])
import click
main.cli.get_command = lambda context, name: click.Command(name, callback=lambda: work(None))
main.cli(["{command}"], standalone_mode=False)
print(json.dumps([*seen, told()]))
"""
    seen, after = python(program)
    assert seen == [str(processors()) if devices == "all" else None, command != "bench"]
    assert after == dict.fromkeys(TOLD)


def test_functions_of_the_api_set_the_computer_up_and_give_it_back(python, corpus_file, tmp_path):
    program = f"""
import charrnn
seen = []
model = charrnn.train({str(corpus_file)!r}, {str(tmp_path / "m")!r}, steps=2, hidden=8, window=8, batch_size=4,
                      on_progress=lambda progress: seen.append([told()["XLA_FLAGS"], config()[0] is not None]))
charrnn.score(model, "the cat")
print(json.dumps([seen[-1], told(), config()[0]]))
"""
    flags = " ".join(f"{name}={said}" for name, said in XLA_FLAGS.items())
    assert python(program) == [[flags, True], dict.fromkeys(TOLD), None]


def test_a_version_of_xla_that_may_not_know_our_flags_gets_none(monkeypatch):
    """It would end the program at a flag that it does not know."""
    monkeypatch.setattr(prepare, "jaxlib_version", lambda: "jaxlib-0.11.0")
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=x")
    with prepared():
        assert os.environ["XLA_FLAGS"] == "--xla_dump_to=x"
