"""What charrnn asks of the computer before it works: once, by whoever starts (the command line, a function of the API).

JAX and XLA read the environment when they start, and never again. So this must come before them, and imports neither;
where JAX has been imported already, what can still be set is set in its configuration. What the user has set stays and
wins. Importing charrnn changes nothing: a program that imports it may never use it, or have other plans for JAX. Without
this, everything computes the same, but more slowly.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from charrnn.machine.compilation_cache import cache_folder, jaxlib_version
from charrnn.machine.memory import keeping_freed_memory
from charrnn.machine.processors import processors

A_DAY = 24 * 60 * 60  # seconds
XLA_FLAGS = {
    # the concurrency-optimised scheduler costs a third of the speed of small recurrent networks on CPUs
    "--xla_cpu_enable_concurrency_optimized_scheduler": "false",
    # between processes, of which one may be writing while the others wait
    "--xla_cpu_collective_timeout_seconds": str(A_DAY),
    # XLA ends the whole process where one host device waits this long for another, by default 40 seconds: too short where
    # the machine is busy with other work, or the process was stopped
    "--xla_cpu_collective_call_terminate_timeout_seconds": str(A_DAY),
}
TRIED = "jaxlib-0.10."  # what the flags were tried with
DEVICES_FLAG = "--xla_force_host_platform_device_count"
CACHE, CACHE_FROM, DEVICES = (
    "jax_compilation_cache_dir", "jax_persistent_cache_min_compile_time_secs", "jax_num_cpu_devices",
)  # fmt: skip
DEFAULTS: Mapping[str, Any] = {CACHE: None, CACHE_FROM: 1.0, DEVICES: -1}  # of JAX
LOG_LEVEL, QUIET = "TF_CPP_MIN_LOG_LEVEL", "3"


@contextmanager
def prepared(*, all_processors: bool = False, cache: bool = True, own_process: bool = False) -> Iterator[None]:
    """While it lasts, the computer is set up for charrnn; at its end the user has it back as it was. It may be nested.

    all_processors: every processor core is a device of its own, as training wants it. Two devices with half the rows each
    train recurrent networks 1.2 to 1.6 times as fast on two cores as one device with two threads, for their small products
    leave threads waiting for each other. Other work has one device.

    cache: what JAX compiles is kept on disk for the next time; not where the time to compile is measured.

    own_process: nobody else works in this process, so numpy too is set up, which nobody could undo. Short work is numpy's,
    in products too small to share out: threads that wait for each other make a text of 500 characters take ten times as
    long on a busy machine.

    Once JAX has started, its flags and devices are what they are: that is not given back, nor can it be set any more.
    """
    settings = _jax_settings(all_processors, cache)
    environment = {"XLA_FLAGS": _xla_flags(os.environ.get("XLA_FLAGS", "")), LOG_LEVEL: os.environ.get(LOG_LEVEL, QUIET)}
    if "jax" not in sys.modules:
        environment |= {name.upper(): str(value) for name, value in settings.items()}
    if own_process:
        environment["OPENBLAS_NUM_THREADS"] = os.environ.get("OPENBLAS_NUM_THREADS", "1")
    with ExitStack() as stack:
        stack.enter_context(_environment(environment))
        stack.enter_context(_jax_configured(settings))
        stack.enter_context(keeping_freed_memory())
        yield


def _jax_settings(all_processors: bool, cache: bool) -> dict[str, Any]:
    """What JAX is to be told, by the names of its configuration; nothing that the user has said."""
    settings: dict[str, Any] = {}
    if cache and not _said(CACHE) and _quiet() and (folder := cache_folder()):
        settings[CACHE] = str(folder)
        if not _said(CACHE_FROM):
            settings[CACHE_FROM] = 0.0
    if all_processors and not _said(DEVICES) and DEVICES_FLAG not in os.environ.get("XLA_FLAGS", ""):
        settings[DEVICES] = processors()
    return settings


def _said(name: str) -> bool:
    """Whether the user has given a value to one of JAX's settings."""
    if jax := sys.modules.get("jax"):
        return getattr(jax.config, name) != DEFAULTS[name]
    return name.upper() in os.environ


def _quiet() -> bool:
    """Whether XLA keeps to itself what it says of each program that comes from the cache.

    It reports tuning hints of its compiler as features that the processor lacks, a screenful a program; real failures
    raise exceptions. It reads how much to say when JAX is imported, which puts the level there where none is given: so
    none there now means that ours was, and has been taken back since.
    """
    return "jax" not in sys.modules or os.environ.get(LOG_LEVEL, QUIET) == QUIET


def _knows_our_flags() -> bool:
    try:
        return jaxlib_version().startswith(TRIED)
    except RuntimeError:
        return False


def _xla_flags(said: str) -> str:
    """The user's flags and, before them, ours that they do not mention. They may also name a file: then that alone.

    XLA ends a program at a flag that it does not know, so versions that ours were not tried with get none.
    """
    if not _knows_our_flags() or (said and not said.startswith("-")):
        return said
    names = {flag.split("=")[0] for flag in said.split()}
    return " ".join([*(f"{name}={value}" for name, value in XLA_FLAGS.items() if name not in names), said]).strip()


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if os.environ.get(name) != wanted[name]:
                continue  # somebody else has set it since
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _jax_configured(settings: Mapping[str, Any]) -> Iterator[None]:
    """The settings in JAX's configuration: put there now, or by JAX from the environment when it is imported."""
    if "jax" in sys.modules:
        for name, value in settings.items():
            _configure(name, value)
    try:
        yield
    finally:
        if jax := sys.modules.get("jax"):
            for name, value in settings.items():
                if getattr(jax.config, name) == value:
                    _configure(name, DEFAULTS[name])
            if CACHE in settings:  # JAX would go on with the one that it has opened
                from jax.experimental.compilation_cache import compilation_cache

                compilation_cache.reset_cache()


def _configure(name: str, value: Any) -> None:
    try:
        sys.modules["jax"].config.update(name, value)
    except RuntimeError:
        assert name == DEVICES  # JAX has started, with the devices it has
