"""Processes that train together, on one computer or many: how they are joined, and what they tell each other.

JAX connects them (jax.distributed). Arrays go from process to process inside compiled programs; all else goes as JSON
through the key-value store that process 0 runs for JAX. Every process comes to told() and gathered() in the same order and
equally often. A process that was joined to no others is a group of one.
"""

import atexit
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from charrnn.errors import CharrnnError
from charrnn.machine.last_words import LastWords
from charrnn.machine.prepare import A_DAY
from charrnn.machine.processors import processors
from charrnn.options import Options, option

AUTO = "auto"
HEARTBEAT = 50  # seconds without a sign of life (one is given in each half), after which JAX takes a process for dead
PATIENCE = 300  # seconds that the processes have to find each other
SLICE = 1.0  # seconds of waiting, between which signals are heeded and failures noticed
FAILED = "charrnn/failed"  # the key of what a process says that ends with an error
LOST = (
    "another process of this training has ended, or is out of reach; its own last line may say why. What was saved is "
    "whole: start all of them again with --resume"
)
# of the errors of gloo and of NCCL, which carry arrays between processes, and of the key-value store
CARRIERS = ("Gloo", "NCCL", "UNAVAILABLE", "CoordinationService")


class Lost(CharrnnError):
    """Another process cannot be reached."""


@dataclass(frozen=True, kw_only=True)
class GroupOptions(Options):
    """With which other processes one works."""

    coordinator: str | None = option(
        None,
        "Train with other processes: where process 0 listens; auto: as Slurm, Open MPI, Kubernetes or a TPU pod says.",
        metavar="HOST:PORT|auto",
    )
    processes: int | None = option(None, "With --coordinator HOST:PORT, how many processes there are.", least=1)
    process_id: int | None = option(None, "With --coordinator HOST:PORT, which of them this is, from 0.", least=0)

    def check(self) -> None:
        super().check()
        said = [self.processes is not None, self.process_id is not None]
        if self.coordinator in (None, AUTO):
            if any(said):
                raise CharrnnError(
                    "--processes and --process-id go with --coordinator HOST:PORT; name that, or leave them out"
                )
            return
        host, _, port = str(self.coordinator).rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
            raise CharrnnError(f"--coordinator {self.coordinator}: must be HOST:PORT, as in 10.0.0.1:4000, or auto")
        if self.processes is None or self.process_id is None:
            raise CharrnnError("--coordinator HOST:PORT needs --processes and --process-id")
        if self.process_id >= self.processes:
            raise CharrnnError(f"--process-id {self.process_id}: must be below --processes {self.processes}")


class _Group:
    """size, rank: how many processes there are, and which of them this is. client: of the key-value store."""

    def __init__(self, size: int, rank: int, client: Any, words: LastWords):
        self.size, self.rank, self.client, self.words = size, rank, client, words
        self._asked = 0

    def next_key(self) -> str:
        self._asked += 1
        return f"charrnn/{self._asked}"

    def set(self, key: str, value: str) -> None:
        with self._reaching():
            self.client.key_value_set(key, value)

    def get(self, key: str) -> str:
        """The value of a key, waited for. Raises CharrnnError where another process has ended with an error meanwhile."""
        while True:
            with self._reaching(), suppress(TimeoutError):
                return self._within_slice(key)
            with self._reaching():
                failed = self.client.key_value_dir_get(FAILED)
            if failed:
                raise CharrnnError(failed[0][1])

    def _within_slice(self, key: str) -> str:
        try:
            return self.client.blocking_key_value_get(key, int(1000 * SLICE))
        except RuntimeError as error:
            if "DEADLINE_EXCEEDED" in str(error):
                raise TimeoutError from None
            raise

    def fail(self, why: str) -> None:
        """Let those that wait for this process know that it ends."""
        with suppress(RuntimeError):
            self.client.key_value_set(f"{FAILED}/{self.rank}", f"process {self.rank} of {self.size} has ended: {why}")

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            if _of_carriers(error):
                raise Lost(LOST) from None
            raise


def _of_carriers(error: BaseException) -> bool:
    return isinstance(error, RuntimeError | ValueError) and any(name in str(error) for name in CARRIERS)


_group: _Group | None = None  # a process is in one group, as it is in JAX's


def size() -> int:
    return _group.size if _group else 1


def rank() -> int:
    return _group.rank if _group else 0


def first() -> bool:
    """Whether this is process 0, which alone writes files and tells how it goes."""
    return rank() == 0


def told(make: Callable[[], Any]) -> Any:
    """What process 0 makes, in all of them; plain values, as JSON takes them (a tuple comes as a list)."""
    if _group is None:
        return make()
    key = _group.next_key()
    if first():
        _group.set(key, json.dumps(make()))
    return json.loads(_group.get(key))


def gathered(value: Any) -> list[Any]:
    """What each process has, by rank; nobody has it before all have come."""
    if _group is None:
        return [value]
    key = _group.next_key()
    _group.set(f"{key}/{_group.rank}", json.dumps(value))
    return [json.loads(_group.get(f"{key}/{k}")) for k in range(_group.size)]


@contextmanager
def connecting() -> Iterator[None]:
    """For the block in which devices of several processes meet for the first time: what gloo prints of it is held back."""
    gathered("connecting")  # who comes first waits for half a minute only
    if _group is None:
        yield
    else:
        with _group.words.standard_output():
            yield


def fail(why: str) -> None:
    """Tell the others that this process is about to end without them."""
    if _group:
        _group.fail(why)


@contextmanager
def joined(options: GroupOptions) -> Iterator[None]:
    """While it lasts, this process is one of the group that the options name, if they name one.

    To be entered before JAX computes anything, and once in a process. The processes of one computer share its cores, each
    with devices of its own, all with equally many. At the end each waits for the others. Raises CharrnnError where there is
    no such group, and where another of its processes has ended.
    """
    global _group
    if options.coordinator is None:
        yield
        return
    words = LastWords(
        f"--coordinator {options.coordinator}: not all processes have come within {PATIENCE} seconds; each needs the same "
        "address, which it can reach, and a number of its own"
    )
    with _shared_processors() as share:
        try:
            _group = _connected(options, words)
        except CharrnnError:
            words.end()
            raise
        words.line = LOST
        try:
            share()
            yield
            gathered("done")
            import jax

            jax.distributed.shutdown()
        except BaseException as error:
            raise _ended(_group, error) from None
        finally:
            _group = None
    words.end()


def _ended(group: _Group, error: BaseException) -> BaseException:
    """The error that is raised for this one, when the others know of it, or have ended themselves."""
    group.fail((str(error) or type(error).__name__).splitlines()[0])
    lost = isinstance(error, Lost) or _of_carriers(error)
    if lost and group.rank:
        group.words.say_and_exit()  # JAX is about to end this process, for the store is gone with process 0
    if not group.rank:
        time.sleep(1.5 * SLICE)  # with this process the store ends: the others are to read there why
    atexit.register(_end_alone)
    return Lost(LOST) if lost else error


def _connected(options: GroupOptions, words: LastWords) -> _Group:
    import jax

    said: dict[str, Any] = {}
    if options.coordinator != AUTO:
        said = {
            "coordinator_address": options.coordinator,
            "num_processes": options.processes,
            "process_id": options.process_id,
            "cluster_detection_method": "deactivate",
        }
    jax.config.update("jax_enable_preemption_service", False)  # it would take SIGTERM for itself
    jax.config.update("jax_check_proxy_envs", False)  # a warning in several lines
    try:
        jax.distributed.initialize(
            **said,
            initialization_timeout=PATIENCE,
            heartbeat_timeout_seconds=HEARTBEAT,
            shutdown_timeout_seconds=A_DAY,  # process 0 may have work at the end that is its own
        )
    except (ValueError, RuntimeError) as error:
        if "before any JAX" in str(error) or "called once" in str(error):
            raise CharrnnError("--coordinator: JAX has computed in this program already; join before all else") from None
        if options.coordinator == AUTO and "be defined" in str(error):
            advice = "name --coordinator HOST:PORT with --processes and --process-id"
            raise CharrnnError(
                f"--coordinator auto: no Slurm, Open MPI, Kubernetes or TPU pod is found here; {advice}"
            ) from None
        raise CharrnnError(f"--coordinator {options.coordinator}: cannot be joined ({str(error).splitlines()[0]})") from None
    from jax._src.distributed import global_state  # JAX has no public name for the key-value store

    return _Group(global_state.num_processes, global_state.process_id, global_state.client, words)


def _end_alone() -> None:
    """At the program's end. JAX would wait there for the others, or fall over what they have left."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):
            stream.flush()
    os._exit(1)


@contextmanager
def _shared_processors() -> Iterator[Callable[[], None]]:
    """share(), to be called when the group is joined, gives the processes of one computer a share of its cores each, where
    their launcher has not; at the end this process may use what it might before."""
    before = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None

    def share() -> None:
        import jax

        settings: Any = jax.config
        ours = settings.jax_num_cpu_devices == processors()  # as machine.prepared says; else the user has said something
        cores = sorted(before or range(processors()))
        here = [socket.gethostname(), _boot(), cores]
        ranks = [k for k, other in enumerate(gathered(here)) if other == here]
        place = ranks.index(rank())
        own = cores[place :: len(ranks)] or [cores[place % len(cores)]]
        if before is not None:
            os.sched_setaffinity(0, own)
        each = min(gathered(len(own)))
        if ours:
            settings.update("jax_num_cpu_devices", each)

    try:
        yield share
    finally:
        if before is not None:
            os.sched_setaffinity(0, before)


def _boot() -> str:
    """What tells computers of one name apart."""
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read()
    except OSError:
        return ""
