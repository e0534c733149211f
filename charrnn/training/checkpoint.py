"""What a run writes down: its journal, and everything that continues it bit for bit."""

import json
import math
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import jax
import numpy as np

from charrnn.errors import CharrnnError
from charrnn.files import strict_json, write_bytes
from charrnn.models.archive import read_archive, write_archive
from charrnn.models.folder import LOG, MODEL, RESUME
from charrnn.network.config import NetworkConfig
from charrnn.text.vocabulary import Vocabulary
from charrnn.training.plan import Settings
from charrnn.training.schedules import Schedule
from charrnn.training.step import TrainState
from charrnn.trees import flatten, unflatten

Archive = tuple[dict[str, np.ndarray], dict[str, Any]]  # arrays and description, as models.archive reads and writes them
BEST = "best."  # what its arrays begin with in resume.safetensors


@dataclass(frozen=True)
class Evaluation:
    """One line of log.jsonl, where null stands for a figure that is not finite.

    The training figure is the mean since the evaluation before, measured with dropout; NaN where all steps were skipped.
    """

    step: int
    epoch: float
    characters: int
    seconds: float
    learning_rate: float
    training_nats_per_character: float
    held_out_nats_per_character: float | None
    skipped: int


@dataclass(frozen=True)
class Journal:
    """How far a run has come. seconds: time spent on it, all sittings together."""

    schedule: Schedule  # knows how many steps the run has
    evaluate_every: int
    step: int = 0
    characters: int = 0
    seconds: float = 0.0
    skipped: int = 0
    skipped_in_a_row: int = 0
    nats_since: float = 0.0
    characters_since: int = 0
    best: float | None = None
    best_step: int = 0
    without_gain: int = 0
    history: tuple[Evaluation, ...] = field(default=())

    def skipped_one(self) -> "Journal":
        """The journal after a step whose loss or gradient was not finite."""
        return replace(self, step=self.step + 1, skipped=self.skipped + 1, skipped_in_a_row=self.skipped_in_a_row + 1)

    def counted(self, nats: float, characters: int) -> "Journal":
        """The journal after a step that was taken."""
        return replace(
            self,
            step=self.step + 1,
            characters=self.characters + characters,
            nats_since=self.nats_since + nats,
            characters_since=self.characters_since + characters,
            skipped_in_a_row=0,
        )

    def evaluated(self, evaluation: Evaluation) -> "Journal":
        """The journal after an evaluation; without held-out text every evaluation counts as the best so far.

        A figure that is not finite is never the best.
        """
        figure = evaluation.held_out_nats_per_character
        better = figure is None or (math.isfinite(figure) and (self.best is None or figure < self.best))
        return replace(
            self,
            history=(*self.history, evaluation),
            schedule=self.schedule if figure is None else self.schedule.after_evaluation(figure),
            best=figure if better else self.best,
            best_step=self.step if better else self.best_step,
            without_gain=0 if better else self.without_gain + 1,
            nats_since=0.0,
            characters_since=0,
        )

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Journal":
        history = tuple(Evaluation(**line) for line in data["history"])
        return cls(**{**data, "schedule": Schedule(**data["schedule"]), "history": history})


@dataclass(frozen=True)
class Checkpoint:
    """A run at rest: its description, and arrays from which `restore` makes the training state."""

    network: NetworkConfig
    vocabulary: Vocabulary
    settings: Settings
    reading: dict[str, Any]  # how the corpus was read: files, encoding, split
    sources: tuple[str, ...]  # the corpus as it was first named
    digest: str  # of the corpus
    minutes: float | None
    journal: Journal
    arrays: dict[str, np.ndarray]
    best: Archive | None  # the run's best model, where another lies in the folder (see save_checkpoint)
    path: Path

    def restore(self, template: TrainState) -> TrainState:
        """The training state, of the template's form. Raises CharrnnError where the arrays do not fit it."""
        leaves, form = jax.tree.flatten(template.optimizer)
        named = {str(k): leaf for k, leaf in enumerate(leaves)}
        tree = {**template._asdict(), "optimizer": named}
        filled = unflatten(tree, self.arrays, self.path)
        filled["optimizer"] = jax.tree.unflatten(form, [filled["optimizer"][str(k)] for k in range(len(leaves))])
        return TrainState(**filled)

    def put_back_best(self) -> None:
        """Let model.safetensors be what it would be, had the run not been interrupted."""
        if self.best is not None:
            write_archive(self.path.with_name(MODEL), *self.best)


def save_checkpoint(folder: Path, state: TrainState, best: Archive | None = None, **described: Any) -> None:
    """Write resume.safetensors and log.jsonl; `described` are the fields of Checkpoint but arrays, best and path.

    best: the run's best model, where that of an interruption is about to take its place in model.safetensors.
    """
    optimizer = {str(k): leaf for k, leaf in enumerate(jax.tree.leaves(state.optimizer))}
    arrays = flatten({**state._asdict(), "optimizer": optimizer})
    description = {
        "kind": "resume",
        **described,
        "network": asdict(described["network"]),
        "vocabulary": described["vocabulary"].to_json(),
        "settings": asdict(described["settings"]),
        "journal": asdict(described["journal"]),
        "best": best and best[1],
    }
    arrays |= {BEST + name: array for name, array in best[0].items()} if best else {}
    write_archive(folder / RESUME, arrays, description)
    lines = [json.dumps(strict_json(asdict(line))) + "\n" for line in described["journal"].history]
    write_bytes(folder / LOG, "".join(lines).encode())


def load_checkpoint(folder: Path) -> Checkpoint:
    """The run that a model folder holds. Raises CharrnnError where there is none or it is damaged."""
    path = folder / RESUME
    if not path.exists():
        raise CharrnnError(f"{folder}: there is no run here to resume; start one without --resume")
    arrays, description = read_archive(path)
    best = {name.removeprefix(BEST): arrays.pop(name) for name in list(arrays) if name.startswith(BEST)}
    try:
        return Checkpoint(
            network=NetworkConfig(**description["network"]),
            vocabulary=Vocabulary(**description["vocabulary"]),
            settings=Settings(**description["settings"]),
            reading=description["reading"],
            sources=tuple(description["sources"]),
            digest=description["digest"],
            minutes=description["minutes"],
            journal=Journal.from_json(description["journal"]),
            arrays=arrays,
            best=(best, description["best"]) if best else None,
            path=path,
        )
    except (KeyError, TypeError) as error:
        raise CharrnnError(f"{path}: its description is not one that this charrnn understands ({error})") from None
