"""Putting models in their folder: which run one is of, what goes first, what is added to its summary."""

import secrets
from pathlib import Path
from typing import Any

from charrnn.files import remove, writing
from charrnn.models.archive import Archive, read_archive, write_archive
from charrnn.models.folder import CURVE, LOG, MODEL, RESUME, TEXT
from charrnn.models.kept_text import keep_text
from charrnn.text.long_array import LongArray
from charrnn.training.task import Model

RUN = "run"  # in the description of model.safetensors and of resume.safetensors: what tells a run from all others


def new_run() -> str:
    return secrets.token_hex(8)


def archive_of(model: Model, run: str | None) -> Archive:
    """A model of the run; None, of one that was begun before runs had names."""
    arrays, description = model.to_archive()
    return arrays, description | ({RUN: run} if run else {})


def save_first(model: Archive, folder: Path, text: LongArray | None = None) -> None:
    """Write a run's first model, and the text (units) where it is to be kept, in place of what was in the folder.

    The text of a model that was here before goes first: the folder never holds a model with the text of another. What
    else is of another run goes last: until the model is written, for which there may be no room, that run can be resumed;
    then the names of the runs differ, until nothing is left to resume.
    """
    with writing(folder / MODEL):
        remove(folder / TEXT)
        write_archive(folder / MODEL, *model)
        for stale in (RESUME, LOG, CURVE):
            (folder / stale).unlink(missing_ok=True)
    if text is not None:
        keep_text(folder, text)


def run_of_model(folder: Path) -> str | None:
    """The run that the folder's model is of; None of one from before runs had names."""
    return read_archive(folder / MODEL)[1].get(RUN)


def add_to_summary(folder: Path, **facts: Any) -> None:
    """Let the summary of the folder's model say more."""
    write_archive(folder / MODEL, *saying_more(read_archive(folder / MODEL), **facts))


def saying_more(model: Archive, **facts: Any) -> Archive:
    """The model with more in its summary."""
    arrays, description = model
    return arrays, description | {"summary": description["summary"] | facts}
