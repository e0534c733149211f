"""The course of the learning rate over a run.

Most schedules are functions of the share of the run that is done; Mikolov's depends on held-out figures as well, which
is why a schedule is a value that each evaluation turns into the next one.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

# Mikolov's toolkit counts held-out likelihood as improved when its logarithm gains more than this share (RNNLM 0.3).
LEAST_GAIN = 0.003

# The rate rises in this number of steps where no --warmup is given, and stays at its peak for this share of the run. So its
# beginning is the same whatever the length, which a run of minutes knows only when it has been measured.
WARMUP_STEPS = 10
CONSTANT_SHARE = 0.1

# factor of the peak rate at a share of the rest of the run
_COURSES: dict[str, Callable[[float], float]] = {
    "cosine": lambda share: 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)),
    "constant": lambda share: 1.0,
    "exponential": lambda share: 0.01**share,
    "halving": lambda share: 1.0,
}
SCHEDULES = tuple(_COURSES)


@dataclass(frozen=True)
class Schedule:
    """The learning rate of a run of `steps` steps: an estimate until they are `fixed`, which they are in the constant share.

    warmup: share of the run in which the rate rises from 0; None for WARMUP_STEPS. constant: share of the run before the
    course of its name begins; 0 in runs that were begun before there was one.

    "halving" is Mikolov's (2010): the rate is constant until the first epoch without improvement of held-out likelihood,
    from then on halved each epoch, and the run ends when that no longer helps. `best`, `halvings` and `over` follow it.
    """

    name: str
    peak: float
    steps: int
    warmup: float | None = 0.0
    constant: float = 0.0
    fixed: bool = True
    best: float = math.inf
    halvings: int = 0
    over: bool = False

    def __post_init__(self):  # a file may say anything
        if self.name not in _COURSES or self.steps < 1 or not 0 <= self.constant < 1 or self.halvings < 0:
            raise ValueError(f"{self.name!r} of {self.steps} steps is no schedule")

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        warm = WARMUP_STEPS if self.warmup is None else self.warmup * self.steps
        rise = min(1.0, (step + 1) / warm) if warm else 1.0
        share = max(0.0, step / self.steps - self.constant) / (1 - self.constant) if self.fixed else 0.0
        return self.peak * rise * _COURSES[self.name](share) * 0.5**self.halvings

    def after_evaluation(self, figure: float) -> "Schedule":
        """The schedule from here on, given the held-out figure of the epoch that ended."""
        if self.name != "halving":
            return self
        improved = figure * (1 + LEAST_GAIN) < self.best
        best = min(self.best, figure)
        if self.halvings:
            return replace(self, best=best, halvings=self.halvings + 1, over=not improved)
        return replace(self, best=best, halvings=0 if improved else 1)
