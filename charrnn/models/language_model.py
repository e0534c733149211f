"""What every language model answers to, and the sums that every figure is made of."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

import numpy as np

from charrnn.models.archive import Archive
from charrnn.models.predictor import Predictor
from charrnn.text.symbols import BOUNDARY
from charrnn.text.vocabulary import Vocabulary
from charrnn.trees import map_tree

LISTS = ("symbol_counts",)  # of a summary, as long as the vocabulary, and so not shown with the rest
PRIME_WINDOW = 256  # characters of a primer that are read in one call

State = Any  # a tree of arrays whose first axis is the rows; only its own model reads it, others may pick rows (take_rows)
Memory = Any  # the same, of what draws the characters
# choose(memory, log_probs_BV, uniforms_B) -> memory, ids_B draws the next ones; hashable, at home with numpy and JAX arrays
Choose = Callable[[Memory, Any, Any], tuple[Memory, Any]]
# read(arrays, state, ids_B) -> state, log_probs_BV after one more character of each row; hashable, traced by JAX
Read = Callable[[Any, State, Any], tuple[State, Any]]


@runtime_checkable
class LanguageModel(Protocol):
    """A distribution over the next character given all before it.

    Reading in two calls, the state handed on, equals reading in one. Rows do not feel each other.
    """

    vocabulary: Vocabulary

    @property
    def lines(self) -> bool:
        """Whether the model's texts are lines, each from boundary to boundary, or one stream."""
        ...

    def prepare(self, characters: float) -> None:
        """Prepare for N characters: a model may then get ready for long work."""
        ...

    def start(self, rows: int) -> State:
        """The state before anything is read."""
        ...

    def advance(self, state: State, ids_BT: np.ndarray) -> tuple[State, np.ndarray]:
        """The state after ids_BT, read in order, and log_probs_BTV (natural logarithms, float32).

        log_probs[b, t] is the distribution of the character after ids[b, t].
        """
        ...

    def target_log_probs(self, state: State, ids_BT: np.ndarray, targets_BT: np.ndarray) -> tuple[State, np.ndarray]:
        """advance(), but only log_probs_BT of the targets: much less to compute or to hold for many symbols."""
        ...


class CompiledStep(NamedTuple):
    """How a model reads one character of each row inside a compiled loop: `read`, and the arrays that it is given."""

    read: Read
    arrays: Any


@runtime_checkable
class Compilable(LanguageModel, Protocol):
    """A language model that may write compiled by JAX, which prepare() decides."""

    @property
    def compiled(self) -> bool: ...

    def compiled_step(self) -> CompiledStep | None:
        """None where it cannot be."""
        ...


@runtime_checkable
class SavedModel(LanguageModel, Protocol):
    """A language model that a model folder can hold. Its class has from_archive(), which undoes to_archive()."""

    kind: ClassVar[str]  # its name in files, see KINDS in models/folder.py
    summary: dict[str, Any]  # how the model came about, JSON-able; for people to read, nothing depends on it
    folder: Path | None  # where it was opened

    def facts(self) -> dict[str, Any]:
        """What the model is made of, JSON-able."""
        ...

    def to_archive(self) -> Archive:
        """The named arrays and the description that archive.write_archive takes; the description says the kind."""
        ...


def describe(model: SavedModel | Predictor) -> dict[str, Any]:
    """Everything known of a model, JSON-able: kind, what it is made of, vocabulary, summary and the held-out figures."""
    held_out = model.summary.get("held_out") or {}
    summary = {name: value for name, value in model.summary.items() if name not in LISTS}
    if not isinstance(model, SavedModel):
        return {"kind": model.kind, **model.facts(), **summary}
    return {
        "kind": model.kind,
        **model.facts(),
        "vocabulary": model.vocabulary.to_json() | {"size": model.vocabulary.size},
        **summary,
        "reading": "lines" if model.lines else "stream",
        "nats_per_character": held_out.get("nats_per_character"),
        "bits_per_character": held_out.get("bits_per_character"),
    }


def read_prime(model: LanguageModel, prime: np.ndarray, rows: int) -> tuple[State, np.ndarray]:
    """The state after a boundary and all of the prime but its last character, and that last one as ids_B."""
    ids_BT = np.tile(np.concatenate([[BOUNDARY], prime]).astype(np.int32), (rows, 1))
    state = model.start(rows)
    for begin in range(0, ids_BT.shape[1] - 1, PRIME_WINDOW):
        state, _ = model.advance(state, ids_BT[:, begin : min(begin + PRIME_WINDOW, ids_BT.shape[1] - 1)])
    return state, ids_BT[:, -1]


def take_rows(state: State, rows: np.ndarray) -> State:
    """A state, or a memory, with rows picked, repeated or left out."""
    return map_tree(lambda part: np.asarray(part)[rows], state)


def generate(
    model: LanguageModel, state: State, memory: Memory, ids_B: np.ndarray, uniforms_TB: np.ndarray, choose: Choose
) -> tuple[State, Memory, np.ndarray]:
    """The characters after ids_B, one for each row of uniforms_TB: state, choose's memory and ids_BT (T new ones)."""
    step = model.compiled_step() if isinstance(model, Compilable) and model.compiled else None
    if step is None:
        return generate_step_by_step(model, state, memory, ids_B, uniforms_TB, choose)
    from charrnn.models import compiled

    carry = (state, memory, ids_B)
    (state, memory, _), ids_BT = compiled.generate(step.read, choose, step.arrays, carry, uniforms_TB)
    return state, memory, np.asarray(ids_BT)


def generate_step_by_step(
    model: LanguageModel, state: State, memory: Memory, ids_B: np.ndarray, uniforms_TB: np.ndarray, choose: Choose
) -> tuple[State, Memory, np.ndarray]:
    """As generate(), by way of advance: for models that are not compiled, and for few characters."""
    written = []
    for uniforms_B in uniforms_TB:
        state, log_probs_BTV = model.advance(state, ids_B[:, None])
        memory, ids_B = choose(memory, log_probs_BTV[:, 0], uniforms_B)
        written.append(ids_B)
    return state, memory, np.stack(written, axis=1)


@dataclass(frozen=True)
class Tally:
    """A sum of negative log-probabilities and the number of characters it is over. Tallies add.

    `unknown` of the characters were unknown symbols, and `unknown_nats` is their share of the sum.
    """

    nats: float = 0.0
    characters: int = 0
    unknown_nats: float = 0.0
    unknown: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.nats + other.nats,
            self.characters + other.characters,
            self.unknown_nats + other.unknown_nats,
            self.unknown + other.unknown,
        )

    @property
    def nats_per_character(self) -> float:
        """NaN where there are no characters."""
        return self.nats / self.characters if self.characters else math.nan

    @property
    def bits_per_character(self) -> float:
        return self.nats_per_character / math.log(2)

    @property
    def perplexity(self) -> float:
        """exp of nats_per_character; infinity where that is too large for a float."""
        return math.exp(self.nats_per_character) if not self.nats_per_character > 700 else math.inf

    def without_unknown(self) -> "Tally":
        return Tally(self.nats - self.unknown_nats, self.characters - self.unknown)

    def to_json(self) -> dict[str, float | int]:
        return {
            "characters": self.characters,
            "nats_per_character": self.nats_per_character,
            "bits_per_character": self.bits_per_character,
            "perplexity": self.perplexity,
            "unknown": self.unknown,
        }
