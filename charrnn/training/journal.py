"""How far a run has come, and what its evaluations found."""

import math
from dataclasses import dataclass, field, replace
from typing import Any

from charrnn.training.schedules import Schedule


@dataclass(frozen=True)
class Evaluation:
    """What one evaluation found. Figures are those that the task names, lower being better.

    training: the mean since the evaluation before, measured with dropout; NaN where all steps were skipped. predictions:
    how many were learnt from, from the first step on. steps: of the whole run, as fixed by then, where its
    budget is time. samples: what the network wrote since the evaluation before, each with `step` and `text`. gradient_norm,
    clipped: since the evaluation before, the mean norm of the gradient, before clipping, and the share of steps in which
    that acted; None where no step was taken, and in files from before they were noted.
    """

    step: int
    epoch: float
    predictions: int
    seconds: float
    learning_rate: float
    training: float
    held_out: float | None
    skipped: int
    steps: int | None = None
    samples: tuple[dict[str, Any], ...] = ()
    gradient_norm: float | None = None
    clipped: float | None = None

    def log_line(self, unit: str, figure: str) -> dict[str, Any]:
        """The line of log.jsonl, in the task's words."""
        return {
            "step": self.step,
            "epoch": self.epoch,
            unit: self.predictions,
            "seconds": self.seconds,
            "learning_rate": self.learning_rate,
            f"training_{figure}": self.training,
            f"held_out_{figure}": self.held_out,
            "gradient_norm": self.gradient_norm,
            "clipped": self.clipped,
            "skipped": self.skipped,
            **({} if self.steps is None else {"steps": self.steps}),
            **({"samples": self.samples} if self.samples else {}),
        }


@dataclass(frozen=True)
class Journal:
    """How far a run has come. seconds: time spent on it, all sittings together. sum_since, predictions_since: the task's
    figure since the last evaluation; norms_since, clipped_since, steps_since: the gradients since then. samples: as in the
    evaluation to come; sampled: the thirds of the run that have been. resumed: after how many predictions it was.

    baseline: what the task's simple model makes of the held-out examples.
    """

    schedule: Schedule  # knows how many steps the run has
    evaluate_every: int  # 0 until the number of steps is fixed, where that decides
    step: int = 0
    predictions: int = 0
    seconds: float = 0.0
    skipped: int = 0
    skipped_in_a_row: int = 0
    sum_since: float = 0.0
    predictions_since: int = 0
    norms_since: float = 0.0
    clipped_since: int = 0
    steps_since: int = 0
    best: float | None = None
    best_step: int = 0
    without_gain: int = 0
    history: tuple[Evaluation, ...] = field(default=())
    baseline: dict[str, Any] | None = None
    samples: tuple[dict[str, Any], ...] = ()
    sampled: int = 0
    resumed: tuple[int, ...] = ()

    def skipped_one(self) -> "Journal":
        """The journal after a step whose loss or gradient was not finite."""
        return replace(self, step=self.step + 1, skipped=self.skipped + 1, skipped_in_a_row=self.skipped_in_a_row + 1)

    def counted(self, reported: float, predictions: int, gradient_norm: float, clipped: bool) -> "Journal":
        """The journal after a step that was taken, on a gradient that had this norm before it was clipped, or was not."""
        return replace(
            self,
            step=self.step + 1,
            predictions=self.predictions + predictions,
            sum_since=self.sum_since + reported,
            predictions_since=self.predictions_since + predictions,
            norms_since=self.norms_since + gradient_norm,
            clipped_since=self.clipped_since + clipped,
            steps_since=self.steps_since + 1,
            skipped_in_a_row=0,
        )

    def evaluated(self, evaluation: Evaluation) -> "Journal":
        """The journal after an evaluation; without held-out examples every evaluation counts as the best so far.

        A figure that is not finite is never the best.
        """
        figure = evaluation.held_out
        better = figure is None or (math.isfinite(figure) and (self.best is None or figure < self.best))
        return replace(
            self,
            history=(*self.history, evaluation),
            schedule=self.schedule if figure is None else self.schedule.after_evaluation(figure),
            best=figure if better else self.best,
            best_step=self.step if better else self.best_step,
            without_gain=0 if better else self.without_gain + 1,
            sum_since=0.0,
            predictions_since=0,
            norms_since=0.0,
            clipped_since=0,
            steps_since=0,
            samples=(),
        )

    def wrote(self, text: str | None) -> "Journal":
        """The journal with a sample of what the network writes by now; None where it could not write."""
        sample = () if text is None else ({"step": self.step, "text": text},)
        return replace(self, samples=(*self.samples, *sample), sampled=self.thirds)

    @property
    def has_sample(self) -> bool:
        """Whether there is one of the last step."""
        of_last = self.history[-1].samples if self.history and self.history[-1].step == self.step else ()
        return any(sample.get("step") == self.step for sample in (*self.samples, *of_last))

    @property
    def thirds(self) -> int:
        """How many thirds of the run are done."""
        return 3 * self.step // self.schedule.steps
