"""What every model answers to that is no language model: it is given a line, and has an answer."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np

from charrnn.models.archive import Archive, from_json
from charrnn.network.arrays import Parameters
from charrnn.text.vocabulary import Vocabulary
from charrnn.text.words import vocabulary_from
from charrnn.trees import flatten

MISFIT = "sizes or values that cannot be"


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


class NetworkPredictor:
    """What predictors of one network have in common: a configuration that has a `reader`, characters, parameters."""

    kind: ClassVar[str]
    folder: Path | None = None

    def __init__(self, config: Any, vocabulary: Vocabulary, parameters: Parameters, summary: dict[str, Any] | None):
        assert config.reader.vocabulary_size == vocabulary.size
        self.config, self.vocabulary, self.parameters, self.summary = config, vocabulary, parameters, summary or {}

    def facts(self) -> dict[str, Any]:
        return {
            "network": asdict(self.config),
            "parameters": sum(array.size for array in flatten(self.parameters).values()),
            "vocabulary": self.vocabulary.to_json() | {"size": self.vocabulary.size},
        }

    def to_archive(self) -> Archive:
        description = {
            "kind": self.kind,
            "network": asdict(self.config),
            "vocabulary": self.vocabulary.to_json(),
            "summary": self.summary,
        }
        return flatten(self.parameters), description


def config_and_vocabulary(config_type: type, description: Mapping[str, Any]) -> tuple[Any, Vocabulary]:
    """Those that to_archive() described. Raises KeyError, TypeError or ValueError where they are none, or do not fit."""
    config, vocabulary = from_json(config_type, description["network"]), vocabulary_from(description["vocabulary"])
    if vocabulary.level != "char" or config.reader.vocabulary_size != vocabulary.size:
        raise ValueError(MISFIT)
    return config, vocabulary


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
