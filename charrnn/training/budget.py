"""A run's budget: of epochs as a number of steps, of minutes as the number that what is measured while it trains allows."""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import jax
import numpy as np

from charrnn.machine import group
from charrnn.training.journal import Journal
from charrnn.training.options import TrainOptions
from charrnn.training.run import Run
from charrnn.training.schedules import CONSTANT_SHARE
from charrnn.training.task import Batches, Model, Tree

EVALUATION_SHARE = 0.05  # of the time, for evaluations and saving, where more than one evaluation is made
BASELINE_SHARE = 0.1  # of the time, for the simple model that the run is compared with
MOST_EVALUATIONS = 20
LEAST_MEASURED = 2  # steps, before anything is made of their time
FIXED_AT = 0.9 * CONSTANT_SHARE  # of the steps
CORRECTED_FROM = 0.02  # of the time, by which the projected end is off
LOOKS = 20  # at the clock, beside those at evaluations
AIM = 0.985  # of the time: what comes after the last look is not known to the second
CLOSING_SHARE, MOST_CLOSING = 0.5, 6.0  # of the seconds that starting took: the last lines, the end of the process
BYTES_A_SECOND = 2e8  # written by a checkpoint


def steps_said(run: Run, said: TrainOptions) -> int | None:
    """The steps of a budget in steps or epochs; None where it is in minutes."""
    if said.steps:
        return said.steps
    return max(1, math.ceil(said.epochs * run.task.batches.steps_per_epoch)) if said.epochs else None


class Pace:
    """How long a step of each shape of batch takes, and how long each shape took to compile.

    Steps are waited for one behind: when one is done, the next has been sent. batch(step): the rows of this process.
    """

    def __init__(self, batches: Batches, batch: Callable[[int], Tree] | None = None):
        self._often = {shape_of((batch or batches)(step)): often for step, often in batches.shapes()}
        self._compiling: dict[tuple, float] = {}
        self._seconds: dict[tuple, float] = {}
        self._steps: dict[tuple, float] = {}
        self._measured = 0
        self._under_way: deque[tuple] = deque()
        self._since = time.perf_counter()
        self._disturbed = False

    def sent(self, shape: tuple, seconds: float) -> None:
        """A step was begun on a batch of this shape, and `seconds` passed before its call returned, in which the shape was
        compiled if it is new."""
        if shape not in self._compiling:
            self._compiling[shape] = seconds
            self._disturbed = True
        self._under_way.append(shape)

    def done(self) -> None:
        """The oldest step under way is done."""
        shape, now = self._under_way.popleft(), time.perf_counter()
        if not self._disturbed:
            self._seconds[shape] = self._seconds.get(shape, 0.0) + now - self._since
            self._steps[shape] = self._steps.get(shape, 0.0) + 1
            self._measured += 1
        self._since, self._disturbed = now, False

    def rested(self) -> None:
        """The time since the last step that was done went elsewhere."""
        self._since, self._disturbed = time.perf_counter(), bool(self._under_way)

    def forget_half(self) -> None:
        """Let what comes weigh more than what was: the machine may have other work by now."""
        for measured in self._seconds, self._steps:
            for shape in measured:
                measured[shape] /= 2

    @property
    def known(self) -> bool:
        return self._measured >= LEAST_MEASURED

    @property
    def seconds_a_step(self) -> float:
        """Mean over an epoch; a shape that has not been met takes the time of the others by its size."""
        size = sum(_size(shape) * steps for shape, steps in self._steps.items())
        by_size = sum(self._seconds.values()) / size
        total = 0.0
        for shape, often in self._often.items():
            steps = self._steps.get(shape)
            total += often * (self._seconds[shape] / steps if steps else _size(shape) * by_size)
        return total / sum(self._often.values())

    @property
    def compiling(self) -> float:
        """Seconds of the shape that took longest."""
        return max(self._compiling.values(), default=0.0)

    @property
    def still_to_compile(self) -> float:
        """Seconds for the shapes that have not been met."""
        each = sum(self._compiling.values()) / len(self._compiling)
        return each * len(self._often.keys() - self._compiling.keys())


def shape_of(batch: Tree) -> tuple:
    return tuple(np.shape(leaf) for leaf in jax.tree.leaves(batch))


def _size(shape: tuple) -> int:
    return sum(math.prod(part) for part in shape)


@dataclass
class TimeBudget:
    """Seconds for everything from `begun` (of time.perf_counter) on, and what they come to in steps, of which there may be a
    most. closing: what is kept of them for what follows the last step; who adds work there adds its time.
    closing_evaluations, closing_compilations: kept likewise, as so many times what an evaluation takes, and what compiling
    a step took. In a group, what process 0 makes of it holds for all."""

    seconds: float
    begun: float
    run: Run
    most_steps: int | None = None
    closing: float = 0.0
    closing_evaluations: float = 0.0
    closing_compilations: float = 0.0
    evaluation: float | None = field(default=None, init=False)  # seconds that one takes, with its checkpoint
    pace: Pace = field(init=False)
    _looked: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.closing += min(MOST_CLOSING, CLOSING_SHARE * (time.perf_counter() - self.begun))
        self.pace = Pace(self.run.task.batches, self.run.batch)

    def measure_evaluation(self, model: Model, parameters: Tree) -> None:
        """What an evaluation and its checkpoint will take, before the first; a guess where no time is left to measure it."""
        size = sum(np.size(leaf) for leaf in jax.tree.leaves(parameters))
        # the model, and parameters and two moments of each to resume from, before and after: eight arrays of float32
        self.evaluation = 0.1 + 32 * size / BYTES_A_SECOND
        if self.left > 0:
            self.evaluation += self.run.task.held_out_seconds(model)
        self.pace.rested()

    def evaluated(self, seconds: float) -> None:
        """An evaluation and its checkpoint took so many seconds."""
        self.evaluation = seconds
        self.pace.rested()

    def fixed(self, journal: Journal, taken: int) -> Journal:
        """The journal with the number of steps that fits: an estimate, until nearly all are taken in which the rate does not
        depend on it."""
        steps, every = group.told(lambda: self._fitting(journal, taken))
        if taken < FIXED_AT * steps:
            return replace(journal, schedule=replace(journal.schedule, steps=steps))
        return replace(journal, schedule=replace(journal.schedule, steps=steps, fixed=True), evaluate_every=every)

    def corrected(self, journal: Journal, taken: int, *, evaluated: bool) -> Journal:
        """The journal with another number of steps where the end would be off; between evaluations the clock is looked at
        now and then."""
        steps = journal.schedule.steps
        look = taken * LOOKS // steps
        if taken >= steps or self.evaluation is None or not self.pace.known or (look == self._looked and not evaluated):
            return journal
        self._looked = look

        def look_at_the_clock() -> tuple[int, int, bool]:
            fitting, every = self._fitting(journal, taken)
            off = abs(fitting - steps) * self.pace.seconds_a_step
            return fitting, every, off >= CORRECTED_FROM * self.seconds

        fitting, every, correct = group.told(look_at_the_clock)
        self.pace.forget_half()
        if not correct:
            return journal
        return replace(journal, schedule=replace(journal.schedule, steps=fitting), evaluate_every=every)

    @property
    def left(self) -> float:
        """Seconds for steps and evaluations."""
        closing = self.closing + self.closing_evaluations * (self.evaluation or 0.0)
        closing += self.closing_compilations * self.pace.compiling
        return AIM * self.seconds - closing - (time.perf_counter() - self.begun)

    def minutes_for(self, steps: int, journal: Journal) -> float:
        """The budget that would do for this number of steps."""
        return (self.seconds + (steps - journal.schedule.steps) * self.pace.seconds_a_step) / 60

    def _fitting(self, journal: Journal, taken: int) -> tuple[int, int]:
        """The number of steps that ends in time, of which so many are taken, and the steps between evaluations."""
        assert self.evaluation is not None
        left = self.left - self.pace.still_to_compile
        each, said = self.pace.seconds_a_step, self.run.evaluate_every
        evaluations = max(1, min(MOST_EVALUATIONS, int(EVALUATION_SHARE * self.seconds / self.evaluation)))
        to_come = evaluations
        if journal.schedule.fixed:
            evaluations = min(evaluations, -(-journal.schedule.steps // journal.evaluate_every))
            to_come = max(1, evaluations - evaluations * taken // journal.schedule.steps)
        if said:
            more = (left - self.evaluation) / (each + self.evaluation / said)
        else:
            more = (left - to_come * self.evaluation) / each
        steps = taken + max(1, int(more))
        if self.most_steps:
            steps = min(steps, self.most_steps)
        return steps, said or -(-steps // evaluations)
