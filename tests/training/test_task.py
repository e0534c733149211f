"""Another task than language modelling is trained by the same trainer: a label for each sequence, from the last state."""

import json
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import charrnn
from charrnn.models.archive import read_archive
from charrnn.models.folder import CURVE, LOG, MODEL
from charrnn.report.curve import draw_curve
from charrnn.training import start as starting
from charrnn.training.options import TrainOptions
from charrnn.training.start import resume, start
from charrnn.training.task import Held, Outcome
from charrnn.trees import flatten
from tests.conftest import assert_same_run, steps_of

LENGTH, SYMBOLS, LABELS = 7, 5, 2
# An Elman network h' = tanh(h U + W[x]), whose last state gives the label's logits h V.


@dataclass(frozen=True)
class Parity:
    """Whether a sequence of digits 0 to 4 begins with an even one. A line of the file is the digits and their label."""

    options: Any
    rows: np.ndarray  # digits and label

    name = "parity"
    unit = "sequences"
    figure = "errors_per_sequence"
    shown_as = ("errors in 100", 100.0)

    @classmethod
    def read(cls, paths, options, saved=None):
        assert saved in (None, {"labels": LABELS})
        (path,) = paths
        return cls(options, np.array([[int(c) for c in line] for line in Path(path).read_text().split()]))

    def planned(self):
        chosen = {"batch_size": 6, "hidden": 8, "learning_rate": 0.02, "weight_decay": 0.0, "minutes": None}
        return replace(self, options=self.options.filled(**chosen)), ["a toy"]

    digest = property(lambda self: str(int(self.rows.sum())))
    description = property(lambda self: {"labels": LABELS})
    notes = property(lambda self: [f"{len(self.rows)} sequences"])
    kept = None

    @property
    def batches(self):
        learnt, rows = self.rows[20:], self.options.batch_size

        class Batches:
            steps_per_epoch = len(learnt) // rows

            def __call__(self, step):
                chosen = np.random.default_rng([3, step]).choice(len(learnt), rows, replace=False)
                part = learnt[chosen].astype(np.int32)
                return {"digits": part[:, :-1], "labels": part[:, -1], "there": np.ones(rows, np.float32)}

            def shapes(self):
                return [(0, self.steps_per_epoch)]

        return Batches()

    @property
    def objective(self):
        def mean_nats(parameters, carry, batch, drop):
            logits = logits_of(parameters, batch["digits"], drop)
            nats = -jnp.take_along_axis(jax.nn.log_softmax(logits), batch["labels"][:, None], 1)[:, 0]
            wrong = (logits.argmax(1) != batch["labels"]) * batch["there"]
            return Outcome((nats * batch["there"]).sum(), wrong.sum(), batch["there"].sum(), carry)

        return mean_nats

    def parameters(self):
        draw = np.random.default_rng(self.options.seed).normal
        shapes = {"input": (SYMBOLS, 8), "recurrent": (8, 8), "output": (8, LABELS)}
        return {name: draw(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}

    shapes = parameters

    def carry(self, rows):
        return ()

    def model(self, parameters):
        return ParityModel(parameters)

    def held_out(self, model):
        logits = logits_of(model.parameters, self.rows[:20, :-1], lambda array, rate, place: array)
        wrong = int((np.asarray(logits).argmax(1) != self.rows[:20, -1]).sum())
        return Held(wrong / 20, {"errors": wrong})

    def sample(self, parameters):
        return None

    def summary(self):
        return {"labels": LABELS}

    def held_out_seconds(self, model):
        begin = time.perf_counter()
        self.held_out(model)
        return time.perf_counter() - begin

    def baseline(self, seconds):
        return {"errors_per_sequence": 0.5}

    def hybrid(self, network):
        return None


@dataclass
class ParityModel:
    parameters: dict
    summary: dict = field(default_factory=dict)

    def to_archive(self):
        return flatten(self.parameters), {"kind": "parity", "summary": self.summary}


def logits_of(parameters, digits_BT, drop):
    hidden_BH = jnp.zeros((len(digits_BT), 8))
    for t in range(digits_BT.shape[1]):
        hidden_BH = jnp.tanh(hidden_BH @ parameters["recurrent"] + parameters["input"][digits_BT[:, t]])
    return drop(hidden_BH[None], 0.1, 0)[0] @ parameters["output"]


@pytest.fixture
def examples(tmp_path, monkeypatch):
    monkeypatch.setitem(starting.TASKS, Parity.name, Parity)
    digits = np.random.default_rng(0).integers(0, SYMBOLS, (400, LENGTH))
    path = tmp_path / "digits"
    path.write_text("\n".join("".join(map(str, row)) + str(row[0] % 2) for row in digits))
    return str(path)


def test_it_learns_in_the_epochs_of_the_budget_and_the_best_is_kept(tmp_path, examples):
    session = start([examples], tmp_path / "m", TrainOptions(epochs=20.0, evaluate_every=300), task=Parity)
    assert session.journal.schedule.steps == 20 * (380 // 6)
    assert session.notes == ["400 sequences", "a toy", "length: 1,260 steps, 20 epochs"]
    history = steps_of(session)[-1].journal.history
    arrays, description = read_archive(tmp_path / "m" / MODEL)
    best = min(line.held_out for line in history)
    assert best < 0.1  # two digits in five are odd: who always says "even" errs in 0.4
    assert (description["kind"], description["summary"]["held_out"]["errors"]) == ("parity", round(best * 20))
    assert description["summary"]["sequences_seen"] == 6 * description["summary"]["steps"]
    assert arrays.keys() == {"input", "recurrent", "output"}
    lines = [json.loads(line) for line in (tmp_path / "m" / LOG).read_text().splitlines()]
    assert [line["held_out_errors_per_sequence"] for line in lines] == [line.held_out for line in history]
    assert {"sequences", "training_errors_per_sequence"} <= lines[0].keys()
    assert session.compared().journal.baseline == {"errors_per_sequence": 0.5}
    draw_curve(session.journal.evaluated(history[-1]), tmp_path / CURVE, Parity)
    assert "errors in 100" in (tmp_path / CURVE).read_text()


@pytest.mark.parametrize("devices", [1, 4])
def test_a_resumed_run_is_bit_for_bit_the_uninterrupted_one(tmp_path, examples, monkeypatch, devices):
    monkeypatch.setattr("charrnn.training.run.devices_for", lambda rows, hidden: devices)
    options = TrainOptions(steps=40, evaluate_every=15)
    steps_of(start([examples], tmp_path / "whole", options, task=Parity))
    steps_of(start([examples], tmp_path / "parts", options, task=Parity), stop_at=20)
    assert steps_of(resume(tmp_path / "parts", [], TrainOptions()))[-1].journal.step == 40
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


def test_minutes_are_measured_and_other_examples_refused(tmp_path, examples):
    session = start([examples], tmp_path / "m", TrainOptions(minutes=0.02), task=Parity)
    last = steps_of(session)[-1].journal
    assert last.schedule.fixed
    assert last.step == last.schedule.steps == last.history[-1].steps
    with open(examples, "a") as file:
        file.write("\n01234561")
    with pytest.raises(charrnn.CharrnnError, match="differs from"):
        resume(tmp_path / "m", [], TrainOptions(steps=10**6))


def test_a_task_that_is_not_known_here(tmp_path, examples, monkeypatch):
    steps_of(start([examples], tmp_path / "m", TrainOptions(steps=2), task=Parity))
    monkeypatch.delitem(starting.TASKS, Parity.name)
    with pytest.raises(charrnn.CharrnnError, match="holds a run of the task 'parity', which this charrnn does not know"):
        resume(tmp_path / "m", [], TrainOptions())
