"""Speed of training, sampling and scoring on this machine, for a network of random weights and random text."""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np

from charrnn.machine.memory import peak_memory_bytes
from charrnn.models.language_model import generate
from charrnn.models.recurrent import RecurrentModel
from charrnn.network.config import FORM, NetworkConfig
from charrnn.network.forward import zero_state
from charrnn.network.parameters import init_parameters
from charrnn.scoring.log_probs import sequence_log_probs
from charrnn.text.batches import Batch
from charrnn.text.vocabulary import Vocabulary
from charrnn.training.clusters import best_cutoffs, scores_a_character
from charrnn.training.options import BenchOptions
from charrnn.writing.choice import Choice, Drawing
from charrnn.writing.draw import STEPS, uniforms

LINES = 1024  # scored at a time, of 5 to 120 characters
LEAST = 3  # times that a step is measured, however long it takes


def measure(options: BenchOptions) -> dict[str, Any]:
    """The figures, JSON-able: the options, machine, and for each of the three what its function below says."""
    import jax

    from charrnn.machine.devices import measure_gigaflops

    device = {"platform": jax.default_backend(), "kind": jax.devices()[0].device_kind, "count": jax.local_device_count()}
    figures: dict[str, Any] = {"options": asdict(options), "device": device}
    figures["peak_gigaflops"] = measure_gigaflops(options.precision)
    for name, function in (("training", _training), ("sampling", _sampling), ("scoring", _scoring)):
        if options.only in (None, name):
            figures[name] = function(options)
    if "training" in figures:
        training = figures["training"]
        training["share_of_peak"] = training["gigaflops"] / figures["peak_gigaflops"]
    if (peak := peak_memory_bytes()) is not None:
        figures["peak_memory_megabytes"] = peak / 2**20
    return figures


def network_of(options: BenchOptions) -> NetworkConfig:
    form = {name: getattr(options, name) for name in FORM}
    if options.embedding is None:
        form["embedding"] = options.hidden
    if options.softmax == "adaptive":
        form["cutoffs"] = best_cutoffs(_frequencies(options.symbols + 1))
    return NetworkConfig(options.symbols + 1, hidden=options.hidden, **form)


def _frequencies(symbols: int) -> np.ndarray:
    """How often each symbol occurs, as a share: by Zipf's law, but the unknown symbol, which never does."""
    frequencies = np.append(0, 1 / np.arange(1, symbols))
    return frequencies / frequencies.sum()


def _text(random: np.random.Generator, symbols: int, size: int | tuple[int, int]) -> np.ndarray:
    return random.choice(symbols, size, p=_frequencies(symbols)).astype(np.int32)


def _timed(action: Callable[[], Any], seconds: float) -> tuple[float, float]:
    """Seconds of the first call, which compiles, and the median of the later ones."""
    begin = time.perf_counter()
    action()
    first = time.perf_counter() - begin
    times: list[float] = []
    action()
    while len(times) < LEAST or sum(times) < seconds:
        begin = time.perf_counter()
        action()
        times.append(time.perf_counter() - begin)
    return first, statistics.median(times)


def _training(options: BenchOptions) -> dict[str, Any]:
    """Whole steps: forward, back-propagation through time, clipping, AdamW."""
    import jax

    from charrnn.machine.devices import devices_for
    from charrnn.training.language_modelling import nats_of_batch
    from charrnn.training.optimizer import make_optimizer
    from charrnn.training.step import TrainState, make_mesh, make_step, place

    network, rows, window = network_of(options), options.batch_size, options.window
    mesh = make_mesh(devices_for(rows, network.hidden))
    optimizer = make_optimizer("adamw", clip=1.0, weight_decay=0.05)
    step = make_step(nats_of_batch(network, 0.0, options.precision), optimizer, mesh)
    parameters = jax.tree.map(jax.numpy.array, init_parameters(network, 1))
    key = jax.random.key_data(jax.random.key(1))
    state = place(TrainState(parameters, optimizer.init(parameters), zero_state(network, rows), key, np.int32(0)), mesh)
    ids = _text(np.random.default_rng(0), network.vocabulary_size, (rows, window + 1))
    batch = Batch(ids[:, :-1], ids[:, 1:], np.ones((rows, window), np.float32), np.zeros(rows, bool))

    def take_step() -> None:
        nonlocal state
        state, report = step(state, batch, 1e-3)
        jax.block_until_ready(report)

    first, each = _timed(take_step, options.seconds)
    speed = rows * window / each
    scores = round(scores_a_character(_frequencies(network.vocabulary_size), network.cutoffs))
    return {
        "characters_per_second": speed,
        "step_milliseconds": each * 1000,
        "gigaflops": 6 * network.weights_to_learn(scores) * speed / 1e9,
        "compile_seconds": first,
        "devices": mesh.size,
    }


def _model(options: BenchOptions) -> RecurrentModel:
    network = network_of(options)
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
            generate(model, state, (), ids_B, draws, drawing)

        first, each = _timed(draw, options.seconds)
        figures[name] = {"characters_per_second": rows * STEPS / each, "compile_seconds": first}
    return figures


def _scoring(options: BenchOptions) -> dict[str, Any]:
    """Lines of mixed length, sorted into batches and scored; the time to compile is that of a first pass over a part."""
    model, random = _model(options), np.random.default_rng(0)
    lengths = random.integers(5, 120, LINES)
    lines = [_text(random, model.vocabulary.size, n + 2) for n in lengths]
    begin = time.perf_counter()
    sequence_log_probs(model, lines[:64])
    first = time.perf_counter() - begin
    begin, characters = time.perf_counter(), 0
    while characters == 0 or time.perf_counter() - begin < options.seconds:
        sequence_log_probs(model, lines)
        characters += int((lengths + 1).sum())
    return {"characters_per_second": characters / (time.perf_counter() - begin), "compile_seconds": first}
