"""Speed of training, sampling and scoring on this machine, for a network of random weights and random text."""

import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from charrnn.machine.memory import peak_memory_bytes
from charrnn.models.recurrent import RecurrentModel
from charrnn.network.config import FORM, NetworkConfig
from charrnn.network.forward import zero_state
from charrnn.network.parameters import init_parameters
from charrnn.scoring.score import sequence_log_probs
from charrnn.text.batches import Batch
from charrnn.text.vocabulary import Vocabulary
from charrnn.writing.choice import Choice, Drawing
from charrnn.writing.sample import STEPS, uniforms

LINES = 20_000  # scored, of 5 to 120 characters


@dataclass(frozen=True)
class BenchOptions:
    """A network, a batch and a time for each measurement; embedding None is as long as `hidden`."""

    cell: str = "lstm"
    layers: int = 1
    hidden: int = 512
    embedding: int | None = None
    batch_size: int = 32
    window: int = 96
    streams: int = 64
    symbols: int = 65
    direction: str = "forward"
    attention: str = "none"
    attention_window: int = 64
    precision: str = "float32"
    seconds: float = 4.0

    @property
    def network(self) -> NetworkConfig:
        form = {name: getattr(self, name) for name in FORM}
        if self.embedding is None:
            form["embedding"] = self.hidden
        return NetworkConfig(self.symbols + 1, hidden=self.hidden, **form)


def measure(options: BenchOptions, only: str | None = None) -> dict[str, Any]:
    """The figures, JSON-able: the options, machine, and for each of the three what its function below says."""
    from charrnn.machine.devices import measure_gigaflops

    figures: dict[str, Any] = {"options": asdict(options), "peak_gigaflops": measure_gigaflops()}
    for name, function in (("training", _training), ("sampling", _sampling), ("scoring", _scoring)):
        if only in (None, name):
            figures[name] = function(options)
    if "training" in figures:
        training = figures["training"]
        training["share_of_peak"] = training["gigaflops"] / figures["peak_gigaflops"]
    if (peak := peak_memory_bytes()) is not None:
        figures["peak_memory_megabytes"] = peak / 2**20
    return figures


def _timed(action: Callable[[], Any], seconds: float) -> tuple[float, float]:
    """Seconds of the first call, which compiles, and the median of the later ones."""
    begin = time.perf_counter()
    action()
    first = time.perf_counter() - begin
    times: list[float] = []
    action()
    while len(times) < 5 or sum(times) < seconds:
        begin = time.perf_counter()
        action()
        times.append(time.perf_counter() - begin)
    return first, statistics.median(times)


def _training(options: BenchOptions) -> dict[str, Any]:
    """Whole steps: forward, back-propagation through time, clipping, AdamW."""
    import jax

    from charrnn.machine.devices import devices_for
    from charrnn.training.optimizer import make_optimizer
    from charrnn.training.step import TrainState, make_mesh, make_step, padded_rows, place

    network, rows, window = options.network, options.batch_size, options.window
    mesh = make_mesh(devices_for(rows, network.hidden))
    optimizer = make_optimizer("adamw", clip=1.0, weight_decay=0.05)
    step = make_step(network, optimizer, 0.0, mesh, options.precision)
    parameters = jax.tree.map(jax.numpy.array, init_parameters(network, 1))
    carry = zero_state(network, padded_rows(rows, mesh.size))
    key = jax.random.key_data(jax.random.key(1))
    state = place(TrainState(parameters, optimizer.init(parameters), carry, key, np.int32(0)), mesh)
    ids = np.random.default_rng(0).integers(1, network.vocabulary_size, (rows, window + 1)).astype(np.int32)
    batch = Batch(ids[:, :-1], ids[:, 1:], np.ones((rows, window), np.float32), np.zeros(rows, bool))

    def take_step() -> None:
        nonlocal state
        state, report = step(state, batch, 1e-3)
        jax.block_until_ready(report)

    first, each = _timed(take_step, options.seconds)
    speed = rows * window / each
    return {
        "characters_per_second": speed,
        "step_milliseconds": each * 1000,
        "gigaflops": 6 * network.weights * speed / 1e9,
        "compile_seconds": first,
        "devices": mesh.size,
    }


def _model(options: BenchOptions) -> RecurrentModel:
    network = options.network
    symbols = "\n" + "".join(map(chr, range(0x4E00, 0x4E00 + network.vocabulary_size - 2)))
    return RecurrentModel(network, Vocabulary(symbols), init_parameters(network, 1), compiled=True)


def _sampling(options: BenchOptions) -> dict[str, Any]:
    """One stream and many, each drawn with temperature 0.8."""
    model, drawing = _model(options), Drawing(Choice(temperature=0.8))
    figures: dict[str, Any] = {}
    for name, rows in (("one_stream", 1), ("many_streams", options.streams)):
        state, ids_B = model.start(rows), np.ones(rows, np.int32)
        draws = uniforms(1, rows, 0, STEPS)

        def draw(state=state, ids_B=ids_B, draws=draws) -> None:
            model.generate(state, (), ids_B, draws, drawing)

        first, each = _timed(draw, options.seconds)
        figures[name] = {"characters_per_second": rows * STEPS / each, "compile_seconds": first}
    return figures


def _scoring(options: BenchOptions) -> dict[str, Any]:
    """Lines of mixed length, sorted into batches and scored; the time to compile is that of a first pass over a part."""
    model, random = _model(options), np.random.default_rng(0)
    lengths = random.integers(5, 120, LINES)
    lines = [random.integers(1, model.vocabulary.size, n + 2).astype(np.int32) for n in lengths]
    begin = time.perf_counter()
    sequence_log_probs(model, lines[:64])
    first = time.perf_counter() - begin
    sequence_log_probs(model, lines)
    begin, characters = time.perf_counter(), 0
    while characters == 0 or time.perf_counter() - begin < options.seconds:
        sequence_log_probs(model, lines)
        characters += int((lengths + 1).sum())
    return {"characters_per_second": characters / (time.perf_counter() - begin), "compile_seconds": first}


def print_figures(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(figures) + "\n")
        return
    options = figures["options"]
    print(f"{_title(options)}; peak {figures['peak_gigaflops']:,.0f} GFLOP/s")
    if "training" in figures:
        part = figures["training"]
        print(f"training           {part['characters_per_second']:>12,.0f} characters/s   {_compiled(part)}")
        if options["precision"] != "float32":
            print(f"                   {options['precision']:>12} products, held against the peak of float32 ones")
        print(f"                   {part['gigaflops']:>12,.0f} GFLOP/s, {part['share_of_peak']:.0%} of the peak")
    if "sampling" in figures:
        one, many = figures["sampling"]["one_stream"], figures["sampling"]["many_streams"]
        print(f"sampling, 1 stream {one['characters_per_second']:>12,.0f} characters/s   {_compiled(one)}")
        title = f"sampling, {options['streams']} streams"
        print(f"{title:19}{many['characters_per_second']:>12,.0f} characters/s   {_compiled(many)}")
    if "scoring" in figures:
        part = figures["scoring"]
        print(f"scoring            {part['characters_per_second']:>12,.0f} characters/s   {_compiled(part)}")
    if "peak_memory_megabytes" in figures:
        print(f"memory             {figures['peak_memory_megabytes']:>12,.0f} MB at the most")


def _title(options: dict[str, Any]) -> str:
    """The network and batch in words; what is as always is left out."""
    unusual = {
        "both directions": options["direction"] == "both",
        f"{options['attention']} attention over {options['attention_window']}": options["attention"] != "none",
    }
    network = f"{options['layers']} × {options['hidden']} {options['cell'].upper()}"
    batch = f"batch {options['batch_size']} × {options['window']}, {options['symbols']} symbols"
    return ", ".join([network, *(words for words, said in unusual.items() if said), batch])


def _compiled(figures: dict[str, Any]) -> str:
    return f"compiled in {figures['compile_seconds']:.1f} s"
