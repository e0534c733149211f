"""What every model answers to that is no language model: it is given a line, and has an answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np

from charrnn.models.archive import Archive


@dataclass(frozen=True)
class Answer:
    """What a model says of a line, as a line of examples has it; `said` is the same as the model's own task takes it apart.

    probability: of the whole answer, given the line; of a tree, of its root's label. more: what else there is to say,
    JSON-able.
    """

    text: str
    probability: float
    said: Any = None
    more: dict[str, Any] = field(default_factory=dict)


class Predictor(Protocol):
    """A model that a model folder can hold. Its class has from_archive(), which undoes to_archive()."""

    kind: ClassVar[str]  # its name in files, see KINDS in models/folder.py
    unit: ClassVar[str]  # what it predicts: label
    summary: dict[str, Any]  # how the model came about, JSON-able; for people to read, nothing depends on it
    folder: Path | None  # where it was opened

    def predict(self, texts: Sequence[str], count: int = 1) -> list[list[Answer]]:
        """For each text up to `count` answers, the most probable first."""
        ...

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """vectors_NX, float32: what the answer to each text is read from."""
        ...

    def facts(self) -> dict[str, Any]:
        """What the model is made of, JSON-able."""
        ...

    def to_archive(self) -> Archive:
        """The named arrays and the description that archive.write_archive takes; the description says the kind."""
        ...
