"""What a task is: all that the trainer, checkpoints, budgets and progress know of what is learnt.

A task has the examples and knows how they are batched, which network reads them, what is made small, how held-out examples
are measured, and which model is saved. To add one: a class with what `Task` names, and a line in TASKS (training/start.py).
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import numpy as np

from charrnn.network.arrays import Array, Drop
from charrnn.text.long_array import LongArray

Tree = Any  # of arrays: dictionaries, lists, named tuples


class Outcome(NamedTuple):
    """What a batch comes to, as sums over its rows: what is made small (divided by the count, over all devices), what is
    reported of it, and how many predictions that is about; and what is carried to the next batch."""

    total: Array
    reported: Array
    predictions: Array
    carry: Tree


# objective(parameters, carry, batch, drop) is traced by JAX; rows that are all zero, with which a batch is padded, count for
# nothing and touch no other row
Objective = Callable[[Tree, Tree, Tree, Drop], Outcome]


class Held(NamedTuple):
    """What a model makes of the held-out examples: the figure, lower being better, and what its summary says of it."""

    figure: float
    summary: dict[str, Any]


class Batches(Protocol):
    """batches(step) is a tree of numpy arrays whose first axis is the rows: a pure function of the seed and the step;
    batches(step, rows) is a part of the same, where several processes share the rows."""

    @property
    def steps_per_epoch(self) -> int: ...

    def __call__(self, step: int, rows: slice | None = None) -> Tree: ...

    def shapes(self) -> list[tuple[int, int]]:
        """For each shape that occurs, a step that has it, and how many steps of an epoch have."""
        ...


class Model(Protocol):
    """What is saved as model.safetensors."""

    summary: dict[str, Any]

    def to_archive(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]: ...


class Task(Protocol):
    """Examples and a network that learns from them."""

    name: ClassVar[str]

    @property
    def unit(self) -> str:
        """What is predicted, in the plural: characters."""
        ...

    @property
    def figure(self) -> str:
        """What is measured of training and of held-out examples, lower being better: nats_per_character."""
        ...

    @property
    def rival(self) -> str | None:
        """What `baseline` makes, in words; None where it makes nothing."""
        ...

    @property
    def shown_as(self) -> tuple[str, float]:
        """What a person is shown of the figure, and the factor it takes: bits per character."""
        ...

    @property
    def options(self) -> Any:
        """training.options.TrainOptions; of a planned task, filled."""
        ...

    @classmethod
    def read(cls, paths: Sequence[str], options: Any, saved: dict[str, Any] | None = None) -> Self:
        """The examples of these files, before JAX is used; of a run that goes on, `saved` is its `description`.

        Raises CharrnnError where nothing can be learnt from them.
        """
        ...

    def planned(self) -> tuple[Self, list[str]]:
        """The task with its options filled in and its network chosen, and the reasons in plain words."""
        ...

    @property
    def digest(self) -> str:
        """A fingerprint of the examples, by which a run that goes on knows them."""
        ...

    @property
    def description(self) -> dict[str, Any]:
        """All that `read` needs beside files and options, as JSON takes it."""
        ...

    @property
    def notes(self) -> list[str]:
        """What a person should know of the examples, one line each; of a planned task."""
        ...

    @property
    def batches(self) -> Batches: ...

    @property
    def objective(self) -> Objective: ...

    def parameters(self) -> Tree:
        """The first parameters, float32."""
        ...

    def shapes(self) -> Tree:
        """A tree of arrays of the parameters' shapes and types, in next to no time and memory."""
        ...

    def carry(self, rows: int) -> Tree:
        """What is carried from batch to batch before the first, numpy arrays whose first axis is the rows; () if nothing."""
        ...

    def model(self, parameters: Tree) -> Model:
        """The model that is measured and saved."""
        ...

    def held_out(self, model: Any) -> Held | None:
        """None where nothing is held out. All processes of the group ask for it, and have the same."""
        ...

    def held_out_seconds(self, model: Any) -> float:
        """About how long held_out() will take, by a part of the examples; what is compiled for it then is."""
        ...

    def sample(self, parameters: Tree) -> str | None:
        """A few words that the network writes by now, in next to no time; None where it writes none."""
        ...

    def summary(self) -> dict[str, Any]:
        """What a model says of its examples."""
        ...

    def baseline(self, seconds: float) -> dict[str, Any] | None:
        """What a simple model, made of the same examples in about so many seconds, makes of the held-out ones: its figure by
        the name of `figure`, and what else there is to say. None where there is none, or it would take longer."""
        ...

    def hybrid(self, network: Any) -> Any:
        """The model that takes the place of the best one when the run has ended, where options.hybrid; None: none does."""
        ...

    @property
    def kept(self) -> LongArray | None:
        """The units of text that are kept beside the model; None where that was not asked for."""
        ...
