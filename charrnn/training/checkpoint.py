"""What a run writes down to be continued bit for bit, and reading it again."""

import json
import logging
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

from charrnn.errors import CharrnnError
from charrnn.files import NotWritten, strict_json, write_bytes
from charrnn.machine import group
from charrnn.models.archive import Archive, from_json, read_archive, understood, write_archive
from charrnn.models.folder import LOG, MODEL, RESUME, check_sizes
from charrnn.network.config import FORM
from charrnn.training.journal import Journal
from charrnn.training.options import TrainOptions
from charrnn.training.saving import RUN, run_of_model
from charrnn.training.step import TrainState
from charrnn.training.task import Task
from charrnn.trees import flatten, unflatten

log = logging.getLogger(__name__)

BEST, CARRY = "best.", "carry."  # what the names of arrays in resume.safetensors begin with


@dataclass(frozen=True)
class Checkpoint:
    """A run at rest: its description, and arrays from which `restore` makes the training state."""

    run: str | None
    task: str  # its name
    options: TrainOptions  # filled
    paths: list[str]  # of the examples; absolute, as the options' `valid`
    digest: str  # of the examples
    described: dict[str, Any]  # by the task
    journal: Journal
    arrays: dict[str, np.ndarray]
    best: Archive | None  # the run's best model, where another lies in the folder
    path: Path

    def restore(self, template: TrainState) -> TrainState:
        """The training state, of the template's form. Raises CharrnnError where the arrays do not fit it."""
        leaves, form = jax.tree.flatten(template.optimizer)
        named = {str(k): leaf for k, leaf in enumerate(leaves)}
        tree = {**template._asdict(), "optimizer": named}
        # older files have rows of padding, as many as the devices of then needed
        needed = jax.tree.map(lambda leaf: leaf.shape[0], template.carry)
        rows = {CARRY + name: int(count) for name, count in flatten(needed).items()}
        arrays = {name: array[: rows.get(name)] if name in rows else array for name, array in self.arrays.items()}
        filled = unflatten(tree, arrays, self.path)
        filled["optimizer"] = jax.tree.unflatten(form, [filled["optimizer"][str(k)] for k in range(len(leaves))])
        return TrainState(**filled)


def save_checkpoint(
    folder: Path,
    state: TrainState,
    journal: Journal,
    task: Task,
    *,
    run: str | None,
    paths: list[str],
    valid: str | None,
) -> None:
    """Write resume.safetensors, and log.jsonl where that can be written; the state's carry is without padding. Names of
    files are absolute."""
    store = task.options.store
    optimizer = {str(k): leaf for k, leaf in enumerate(jax.tree.leaves(state.optimizer))}
    arrays = flatten({**state._asdict(), "optimizer": optimizer})
    description = {
        "kind": "resume",
        RUN: run,
        "task": task.name,
        "options": asdict(task.options) | {"valid": valid, "store": store and os.path.abspath(store)},
        "paths": paths,
        "digest": task.digest,
        "described": task.description,
        "journal": asdict(journal),
    }
    write_archive(folder / RESUME, arrays, description)
    lines = [line.log_line(task.unit, task.figure) for line in journal.history]
    try:
        write_bytes(folder / LOG, "".join(json.dumps(strict_json(line)) + "\n" for line in lines).encode())
    except NotWritten as error:  # what it says is in resume.safetensors too
        log.warning("%s", error)


def load_checkpoint(folder: Path) -> Checkpoint:
    """The run that a model folder holds. In a group process 0 reads it; the others learn from it all but the arrays.

    Raises CharrnnError where there is none, it is damaged, or the model in the folder is another run's.
    """
    path = folder / RESUME
    if group.first() and not path.exists():
        raise CharrnnError(f"{folder}: there is no run here to resume; start one without --resume")
    arrays, description = read_archive(path) if group.first() else ({}, {})
    description = group.told(lambda: description)
    best = {name.removeprefix(BEST): arrays.pop(name) for name in list(arrays) if name.startswith(BEST)}
    with understood(path):
        if "settings" in description:
            description = _as_now(description)
        if group.first():
            check_sizes(arrays, description["described"].get("network", {}))
        checkpoint = Checkpoint(
            run=description[RUN],
            task=description["task"],
            options=TrainOptions(**description["options"]),
            paths=description["paths"],
            digest=description["digest"],
            described=description["described"],
            journal=from_json(Journal, description["journal"]),
            arrays=arrays,
            best=(best, description["best"]) if best else None,  # in older files, after an interruption
            path=path,
        )
    if group.first() and (folder / MODEL).exists() and run_of_model(folder) != checkpoint.run:
        raise CharrnnError(
            f"{folder}: {MODEL} is of another run than {RESUME}, as a run leaves it that is killed while it takes a folder "
            f"over; train anew with --overwrite, or delete {RESUME} to keep the model"
        )
    return checkpoint


def _as_now(description: dict[str, Any]) -> dict[str, Any]:
    """The description of an older file, in which settings, text and network stood apart."""
    network, reading = dict(description["network"]), dict(description["reading"])
    form = {name: network[name] for name in ("hidden", "dropout", "embedding_dropout", *FORM) if name in network}
    if form["attention"] == "none":
        form["attention_window"] = None
    reading["lines"] = reading.pop("by_lines")
    paths = reading.pop("paths")
    if reading["valid"] is not None:
        reading["valid_fraction"] = None
    journal = description["journal"]
    journal = _renamed(journal, characters="predictions", nats_since="sum_since", characters_since="predictions_since")
    figures = {"training_nats_per_character": "training", "held_out_nats_per_character": "held_out"}
    history = [_renamed(line, characters="predictions", **figures) for line in journal["history"]]
    return {
        RUN: None,
        "task": "language modelling",
        "options": {**description["settings"], **form, **reading, "minutes": description["minutes"]},
        "paths": paths,
        "digest": description["digest"],
        "described": {name: description[name] for name in ("network", "vocabulary", "sources")},
        "journal": journal | {"history": history},
        "best": description["best"],
    }


def _renamed(data: dict[str, Any], **names: str) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in data.items()}
