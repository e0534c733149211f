"""A run's budget of minutes or epochs as a number of steps."""

import math
import time

import jax
import numpy as np

from charrnn.training.options import TrainOptions
from charrnn.training.plan import MOST_EPOCHS
from charrnn.training.run import Run
from charrnn.training.task import Tree

# A run on a time budget spends about this share of it on evaluations, and this share on measuring its speed.
EVALUATION_SHARE = 0.05
MEASURING_SHARE = 0.02
MOST_EVALUATIONS = 20
CHECKPOINT_SECONDS = 0.1


def steps_within(run: Run, said: TrainOptions, parameters: Tree, begun: float) -> tuple[int, int | None]:
    """The steps of the budget that was said (of the run's minutes, where none was), and the steps between evaluations where
    the budget has a say in them."""
    epoch = run.task.batches.steps_per_epoch
    if said.steps:
        return said.steps, None
    if said.epochs:
        return max(1, math.ceil(said.epochs * epoch)), None
    steps, every = measured_steps(run, parameters, begun)
    if not said.minutes:
        steps = min(steps, MOST_EPOCHS * epoch)
    return steps, min(every, max(1, steps // 2))


def measured_steps(run: Run, parameters: Tree, begun: float) -> tuple[int, int]:
    """The run's budget of minutes as a number of steps, and a number of steps between evaluations that fits it.

    Measures a few steps of each shape of batch and one evaluation, on a copy of the state that is thrown away. begun: the
    time.perf_counter() from which the budget counts.
    """
    budget = run.options.minutes * 60
    seconds_a_step = _seconds_a_step(run, parameters, budget * MEASURING_SHARE)
    model = run.task.model(jax.tree.map(np.asarray, parameters))
    run.task.held_out(model)  # compiles
    start = time.perf_counter()
    run.task.held_out(model)
    evaluation = time.perf_counter() - start + CHECKPOINT_SECONDS
    left = budget - (time.perf_counter() - begun)
    evaluations = max(1, min(MOST_EVALUATIONS, int(left * EVALUATION_SHARE / evaluation)))
    steps = max(1, int((left - evaluations * evaluation) / seconds_a_step))
    return steps, -(-steps // evaluations)


def _seconds_a_step(run: Run, parameters: Tree, seconds: float) -> float:
    """Mean time of a step over an epoch, measured for about `seconds` seconds, compilation left out.

    Each step is waited for: steps that queue up on several host devices can starve one another and end the process.
    """
    state = run.state(parameters)
    shapes = run.task.batches.shapes()
    total = 0.0
    for first, often in shapes:
        batch = run.task.batches(first)
        state, report = run.step(state, batch, 0.0)
        jax.block_until_ready(report)  # compiled now
        begin, count = time.perf_counter(), 0
        while count < 2 or time.perf_counter() - begin < seconds / len(shapes):
            state, report = run.step(state, batch, 0.0)
            jax.block_until_ready(report)
            count += 1
        total += often * (time.perf_counter() - begin) / count
    return total / sum(often for _, often in shapes)
