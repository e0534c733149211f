"""A training run but for what changes while it goes on: configuration, text, compiled step, and its budget in steps."""

import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import jax
import numpy as np
import optax

from charrnn.machine.devices import devices_for
from charrnn.models.language_model import Tally
from charrnn.models.recurrent import RecurrentModel
from charrnn.network.config import NetworkConfig
from charrnn.network.forward import zero_state
from charrnn.network.parameters import Parameters, parameter_shapes
from charrnn.scoring.log_probs import text_sequences, text_tally
from charrnn.text.batches import Batches, LineBatches, StreamBatches, compact
from charrnn.text.corpus import Corpus
from charrnn.text.vocabulary import Vocabulary
from charrnn.training.checkpoint import Archive, Checkpoint, Journal, save_checkpoint
from charrnn.training.optimizer import make_optimizer
from charrnn.training.plan import Settings
from charrnn.training.schedules import Schedule
from charrnn.training.step import Step, TrainState, make_mesh, make_step, padded_rows, place

# A held-out stream is read in up to PIECES pieces side by side, each of PIECE characters or more.
PIECES, PIECE = 32, 2048
# A run on a time budget spends about this share of it on evaluations, and this share on measuring its speed.
EVALUATION_SHARE = 0.05
MEASURING_SHARE = 0.02
MOST_EVALUATIONS = 20
EVALUATIONS = 10  # of a run whose budget is in steps or epochs
CHECKPOINT_SECONDS = 0.1


@dataclass(frozen=True)
class Run:
    folder: Path
    network: NetworkConfig
    vocabulary: Vocabulary
    settings: Settings
    corpus: Corpus
    reading: dict[str, Any]  # how the corpus was read, for resuming: with absolute paths
    minutes: float | None = None
    keep_text: bool | None = None  # in the folder; None, of a resumed run: as it is

    @cached_property
    def batches(self) -> Batches:
        settings, training = self.settings, self.corpus.training
        if settings.lines:
            return LineBatches(training, self.vocabulary, settings.batch_size, settings.seed, settings.window)
        ids = compact(self.vocabulary.encode(training), self.vocabulary.size)
        return StreamBatches(ids, settings.batch_size, settings.window, settings.seed)

    @cached_property
    def mesh(self) -> jax.sharding.Mesh:
        return make_mesh(devices_for(self.settings.batch_size, self.network.hidden))

    @cached_property
    def optimizer(self) -> optax.GradientTransformation:
        return make_optimizer(self.settings.optimizer, clip=self.settings.clip, weight_decay=self.settings.weight_decay)

    @cached_property
    def step(self) -> Step:
        unknown = self.vocabulary.unknown_probability
        return make_step(self.network, self.optimizer, unknown, self.mesh, self.settings.precision)

    @cached_property
    def held_out(self) -> list[np.ndarray]:
        """The held-out text as sequences of ids: its lines, or one stream."""
        return text_sequences(self.vocabulary, self.corpus.held_out, lines=self.settings.lines)

    def held_out_tally(self, model: RecurrentModel) -> Tally | None:
        """The held-out figure of a model; None where nothing is held out."""
        characters = sum(map(len, self.held_out))
        return text_tally(model, self.held_out, pieces=max(1, min(PIECES, characters // PIECE)))

    def state(self, parameters: Parameters) -> TrainState:
        """The training state before the first step; the parameters are copied."""
        carry = zero_state(self.network, padded_rows(self.settings.batch_size, self.mesh.size))
        key = jax.random.key_data(jax.random.key(self.settings.seed))
        parameters = jax.tree.map(jax.numpy.array, parameters)
        state = TrainState(parameters, self.optimizer.init(parameters), carry, key, np.int32(0))
        return place(state, self.mesh)

    def restored(self, saved: Checkpoint) -> TrainState:
        return place(saved.restore(self.state(parameter_shapes(self.network))), self.mesh)

    def journal(self, steps: int, evaluate_every: int | None) -> Journal:
        """An empty journal for a run of so many steps; with Mikolov's schedule every epoch is evaluated."""
        settings = self.settings
        if settings.schedule == "halving":
            evaluate_every = self.batches.steps_per_epoch
        schedule = Schedule(settings.schedule, settings.learning_rate, steps, settings.warmup)
        return Journal(schedule, evaluate_every or max(1, -(-steps // EVALUATIONS)))

    def ended(self, journal: Journal) -> str | None:
        """Why no further step is to be taken; None where one is."""
        patience = self.settings.patience
        if journal.schedule.over:
            return "halving the learning rate no longer helps"
        if patience and journal.without_gain >= patience:
            return f"evaluations without gain in a row: {patience}, as --patience says"
        return "all its steps are taken" if journal.step >= journal.schedule.steps else None

    def model(self, parameters: Parameters, summary: dict[str, Any] | None = None) -> RecurrentModel:
        on_host = jax.tree.map(np.asarray, parameters)
        return RecurrentModel(self.network, self.vocabulary, on_host, summary, lines=self.settings.lines, compiled=True)

    def save(self, state: TrainState, journal: Journal, best: Archive | None = None) -> None:
        save_checkpoint(
            self.folder,
            state,
            best,
            network=self.network,
            vocabulary=self.vocabulary,
            settings=self.settings,
            reading=self.reading,
            sources=self.corpus.sources,
            digest=self.corpus.digest,
            minutes=self.minutes,
            journal=journal,
        )


def measured_steps(run: Run, parameters: Parameters, begun: float) -> tuple[int, int]:
    """The run's budget of minutes as a number of steps, and a number of steps between evaluations that fits it.

    Measures a few steps of each window length and one evaluation, on a copy of the state that is thrown away. begun: the
    time.perf_counter() from which the budget counts.
    """
    assert run.minutes is not None
    budget = run.minutes * 60
    seconds_a_step = _seconds_a_step(run, parameters, budget * MEASURING_SHARE)
    model = run.model(parameters)
    run.held_out_tally(model)  # compiles
    start = time.perf_counter()
    run.held_out_tally(model)
    evaluation = time.perf_counter() - start + CHECKPOINT_SECONDS
    left = budget - (time.perf_counter() - begun)
    evaluations = max(1, min(MOST_EVALUATIONS, int(left * EVALUATION_SHARE / evaluation)))
    steps = max(1, int((left - evaluations * evaluation) / seconds_a_step))
    return steps, -(-steps // evaluations)


def _seconds_a_step(run: Run, parameters: Parameters, seconds: float) -> float:
    """Mean time of a step over an epoch, measured for about so many seconds, compilation left out."""
    state = run.state(parameters)
    shapes = run.batches.shapes()
    total = 0.0
    for first, often in shapes:
        batch = run.batches(first)
        state, report = run.step(state, batch, 0.0)
        jax.block_until_ready(report)  # compiled now
        begin, count = time.perf_counter(), 0
        while count < 2 or time.perf_counter() - begin < seconds / len(shapes):
            state, report = run.step(state, batch, 0.0)
            jax.block_until_ready(report)
            count += 1
        total += often * (time.perf_counter() - begin) / count
    return total / sum(often for _, often in shapes)
