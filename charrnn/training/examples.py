"""What the tasks have in common that learn from examples, one a line: reading them, cutting them into batches, measuring."""

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from charrnn.machine import group
from charrnn.network.parameters import make_parameters, shapes_of
from charrnn.network.precision import PRODUCTS
from charrnn.scoring.predict import QUESTIONS
from charrnn.text.batches import Grouped, edges_of, groups_within
from charrnn.text.examples import Example, Examples, read_examples
from charrnn.text.symbols import UNKNOWN
from charrnn.text.vocabulary import Vocabulary, to_units
from charrnn.training.options import TrainOptions
from charrnn.training.plan import DEFAULT_BUDGET, DEFAULT_MINUTES, rate_for
from charrnn.training.reading import build_vocabulary
from charrnn.training.task import Held, Objective, Tree
from charrnn.trees import map_tree
from charrnn.wording import counted

# What is chosen where nothing else is said. These networks are small, for so are most collections of examples.
USUAL: dict[str, Any] = {
    "cell": "lstm",
    "layers": 1,
    "hidden": 128,
    "embedding": 64,
    "dropout": 0.2,
    "direction": "both",
    "weight_decay": 0.05,
    "precision": "float32",
}
ROWS = 32
LENGTHS = 3  # that examples are padded to, at most; each is compiled, which takes COMPILING seconds
COMPILING = 5.0
MUCH_LONGER = 10  # times what nearly all are: an example that costs more than it is worth
MEASURED = 256  # held-out examples by which it is measured how long all of them take


class ExampleBatches:
    """Examples of like size together, shuffled anew each epoch. make(chosen, group) makes a batch of the indices chosen,
    padded to what all those of the group need."""

    def __init__(self, sizes: np.ndarray, options: TrainOptions, make: Callable[[np.ndarray, np.ndarray], Tree]):
        assert options.batch_size
        assert options.line_lengths
        self._grouped = Grouped(sizes, options.batch_size, options.seed, edges_of(sizes, options.line_lengths))
        self._make = make
        self.steps_per_epoch, self.shapes = self._grouped.steps_per_epoch, self._grouped.shapes

    def __call__(self, step: int, rows: slice | None = None) -> Tree:
        of, chosen = self._grouped(step)
        batch = self._make(chosen, self._grouped.members[of])
        return batch if rows is None else map_tree(lambda part: part[rows], batch)


@dataclass(frozen=True)
class ExampleTask(ABC):
    """See training/task.py. A task of this kind says which network it has, what a batch is, and what is made small.

    network: its configuration, once planned; it knows its weights.
    """

    options: Any  # TrainOptions; once planned, filled
    examples: Examples
    vocabulary: Vocabulary
    network: Any = None

    name: ClassVar[str]
    unit: ClassVar[str]  # what is predicted, in the plural
    figure: ClassVar[str]
    rival: ClassVar[str | None] = None
    kind: ClassVar[str]  # of the model that is saved
    usual: ClassVar[dict[str, Any]] = USUAL
    kept = None

    @classmethod
    def read(cls, paths: Sequence[str], options: TrainOptions, saved: dict[str, Any] | None = None) -> Self:
        if not saved:
            options = options.filled(**cls.usual)
        question = QUESTIONS[cls.kind]
        examples = read_examples(
            paths,
            question.parse,
            form=question.form,
            valid=options.valid,
            valid_fraction=options.valid_fraction,
            encoding=options.encoding,
        )
        if saved:
            return cls._restored(options, examples, saved)
        text = "\n".join(one for example in examples.training for one in cls.read_of(example))
        vocabulary = build_vocabulary(to_units(text), options)
        return cls._fresh(options, examples, vocabulary)

    @classmethod
    @abstractmethod
    def _fresh(cls, options: TrainOptions, examples: Examples, vocabulary: Vocabulary) -> Self: ...

    @classmethod
    @abstractmethod
    def _restored(cls, options: TrainOptions, examples: Examples, saved: dict[str, Any]) -> Self:
        """From its description."""

    @classmethod
    @abstractmethod
    def read_of(cls, example: Any) -> Sequence[str]:
        """The texts of an example whose characters the network reads or writes."""

    @classmethod
    @abstractmethod
    def size_of(cls, example: Any) -> int:
        """By which examples are put together; those of a batch are padded to the largest."""

    @cached_property
    def sizes(self) -> np.ndarray:
        """Of the examples learnt from."""
        return np.array([self.size_of(one) for one in self.examples.training])

    @abstractmethod
    def configured(self, options: TrainOptions) -> Any:
        """The configuration of the network that filled options ask for."""

    def planned(self) -> tuple[Self, list[str]]:
        options, reasons = self.options, []
        if (options.epochs, options.steps, options.minutes) == (None, None, None):
            reasons.append(DEFAULT_BUDGET)
            options = replace(options, minutes=DEFAULT_MINUTES)
        rate, rows = rate_for(options.optimizer, options.hidden), max(1, min(ROWS, len(self.examples.training) // 4))
        lengths = LENGTHS
        if options.minutes is not None:
            lengths = min(LENGTHS, groups_within(self.sizes, 60 * options.minutes, COMPILING))
        options = options.filled(learning_rate=rate, batch_size=rows, line_lengths=lengths)
        return replace(self, options=options, network=self.configured(options)), reasons

    @property
    def shown_as(self) -> tuple[str, float]:
        return f"bits per {self.unit.removesuffix('s')}", 1 / math.log(2)

    @property
    def digest(self) -> str:
        return self.examples.digest

    @property
    def notes(self) -> list[str]:
        learnt, held_out = self.examples.training, self.examples.held_out
        notes = [f"examples: {len(learnt):,} to learn from, {len(held_out):,} held out; {self.about_examples}"]
        unknown = sum(int((self.vocabulary.encode(text) == UNKNOWN).sum()) for one in held_out for text in self.read_of(one))
        if unknown:
            notes.append(f"held-out examples have {counted(unknown, 'character')} unknown in those learnt from")
        longest, usual = int(self.sizes.max()), int(np.quantile(self.sizes, 0.99))
        if longest > MUCH_LONGER * max(usual, 50):
            found = f"the longest example is {longest:,} long, 99 in 100 are at most {usual:,}"
            notes.append(f"{found}: others are padded to it, which takes time; leave it out")
        if not held_out:
            notes.append("nothing is held out: the last weights are kept, not the best")
        return notes

    @property
    def about_examples(self) -> str:
        different = self.vocabulary.size - 2  # the unknown symbol and the boundary stand in none
        return f"{counted(different, 'different character')}"

    @property
    @abstractmethod
    def batches(self) -> Any: ...

    @property
    @abstractmethod
    def objective(self) -> Objective: ...

    @property
    def product(self) -> Callable:
        return PRODUCTS[self.options.precision]

    def parameters(self) -> Tree:
        return make_parameters(self.network.weights(), self.options.seed)

    def shapes(self) -> Tree:
        return shapes_of(self.network.weights())

    def carry(self, rows: int) -> Tree:
        return ()

    @abstractmethod
    def model(self, parameters: Tree) -> Any: ...

    @abstractmethod
    def nats(self, model: Any, examples: Sequence[Example]) -> tuple[float, int]:
        """Nats of the right answers, and the number of predictions that they come to."""

    def held_out(self, model: Any) -> Held | None:
        """Its summary has nats and predictions, and the measures of the task. Process 0 of a group measures for all."""
        if not self.examples.held_out:
            return None
        held = Held(*group.told(lambda: self._held(model, self.examples.held_out)))
        return held if held.summary[self.unit] else None

    def _held(self, model: Any, examples: Sequence[Example]) -> Held:
        nats, predictions = self.nats(model, examples)
        answers = [found[0] for found in model.predict([QUESTIONS[self.kind].text(one) for one in examples])]
        measured = QUESTIONS[self.kind].measured(examples, answers, model)
        figure = nats / max(1, predictions)
        return Held(figure, {self.figure: figure, self.unit: predictions, **measured})

    def held_out_seconds(self, model: Any) -> float:
        examples = self.examples.held_out
        part = examples[:: max(1, len(examples) // MEASURED)]
        if not part:
            return 0.0
        begin = time.perf_counter()
        self._held(model, part)
        return (time.perf_counter() - begin) * len(examples) / len(part)

    def sample(self, parameters: Tree) -> str | None:
        """None: what such a network answers, its measures say."""
        return None

    def summary(self) -> dict[str, Any]:
        learnt, held_out = self.examples.training, self.examples.held_out
        return {
            "examples": {"sources": list(self.examples.sources), "training": len(learnt), "held_out": len(held_out)},
        }

    def baseline(self, seconds: float) -> dict[str, Any] | None:
        return None

    def hybrid(self, network: Any) -> Any:
        return None
