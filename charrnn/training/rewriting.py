"""The task of rewriting: from a source its target, each a text.

Shapes: B rows, S symbols of a source, T of a target, its end counted.
"""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Self

import jax.numpy as jnp
import numpy as np

from charrnn.models.archive import from_json
from charrnn.models.rewriter import Rewriter, with_end
from charrnn.network.arrays import Drop
from charrnn.network.parameters import bias_by_counts
from charrnn.network.reader import ReaderConfig
from charrnn.network.rewriting import RewritingConfig, begun, decode, encode, target_log_probs
from charrnn.scoring.predict import QUESTIONS
from charrnn.text.batches import encoded, padded
from charrnn.text.examples import Examples, Pair
from charrnn.text.vocabulary import Vocabulary
from charrnn.text.words import vocabulary_from
from charrnn.training.examples import USUAL, ExampleBatches, ExampleTask
from charrnn.training.options import TrainOptions
from charrnn.training.task import Held, Objective, Outcome, Tree

ANSWERED = 200  # held-out pairs, evenly spread, that are answered in an evaluation


class PairBatch(NamedTuple):
    """sources_BS and targets_BT, and their lengths_B (0 in rows of padding)."""

    sources_BS: np.ndarray
    source_lengths_B: np.ndarray
    targets_BT: np.ndarray
    target_lengths_B: np.ndarray


@dataclass(frozen=True)
class Rewrite(ExampleTask):
    """A target for each source."""

    name: ClassVar[str] = "rewrite"
    kind: ClassVar[str] = Rewriter.kind
    unit = "characters"
    figure = "nats_per_character"
    usual: ClassVar[dict[str, Any]] = USUAL | {"attention": "additive", "dropout": 0.1}

    @classmethod
    def _fresh(cls, options: TrainOptions, examples: Examples, vocabulary: Vocabulary) -> Self:
        return cls(options, examples, vocabulary)

    @classmethod
    def _restored(cls, options: TrainOptions, examples: Examples, saved: dict[str, Any]) -> Self:
        return cls(options, examples, vocabulary_from(saved["vocabulary"]), from_json(RewritingConfig, saved["network"]))

    @classmethod
    def read_of(cls, example: Pair) -> Sequence[str]:
        return example.source, example.target

    @classmethod
    def size_of(cls, example: Pair) -> int:
        return max(len(example.source), len(example.target) + 1)

    @property
    def description(self) -> dict[str, Any]:
        return {"network": asdict(self.network), "vocabulary": self.vocabulary.to_json()}

    def configured(self, options: TrainOptions) -> RewritingConfig:
        assert options.attention is not None
        names = ("cell", "layers", "hidden", "embedding", "dropout", "direction")
        reader = ReaderConfig(self.vocabulary.size, **{name: getattr(options, name) for name in names})
        return RewritingConfig(reader, options.attention, options.copy)

    @cached_property
    def longest(self) -> tuple[int, int]:
        """Symbols of the longest source and of the longest target learnt from."""
        pairs = self.examples.training
        return max(1, *(len(one.source) for one in pairs)), max(len(one.target) for one in pairs)

    @property
    def about_examples(self) -> str:
        return f"{super().about_examples}, sources of up to {self.longest[0]:,}, targets of up to {self.longest[1]:,}"

    @cached_property
    def _targets(self) -> list[np.ndarray]:
        """The ids of the targets learnt from, with their ends."""
        return [with_end(self.vocabulary.encode(one.target)) for one in self.examples.training]

    def parameters(self) -> Tree:
        parameters = super().parameters()
        counts_V = np.bincount(np.concatenate(self._targets), minlength=self.vocabulary.size)
        parameters["output"]["bias"] = bias_by_counts(counts_V)
        return parameters

    def model(self, parameters: Tree) -> Rewriter:
        return Rewriter(self.network, self.vocabulary, self.longest, parameters)

    @cached_property
    def batches(self) -> ExampleBatches:
        sources, targets = encoded(self.vocabulary, [one.source for one in self.examples.training]), self._targets
        rows = self.options.batch_size

        lengths = [np.array([len(ids) for ids in texts]) for texts in (sources, targets)]

        def make(chosen: np.ndarray, group: np.ndarray) -> PairBatch:
            missing = [np.zeros(0, np.int32)] * (rows - len(chosen))
            one, other = (
                padded([ids[k] for k in chosen] + missing, int(of[group].max()))
                for ids, of in zip((sources, targets), lengths, strict=True)
            )
            return PairBatch(*one, *other)

        return ExampleBatches(self.sizes, self.options, make)

    @property
    def objective(self) -> Objective:
        network, product = self.network, self.product

        def nats_of_batch(parameters: Tree, carry: Tree, batch: PairBatch, drop: Drop) -> Outcome:
            how: dict[str, Any] = {"compiled": True, "drop": drop, "product": product}
            targets_TB = batch.targets_BT.T
            source, state = encode(parameters, network, batch.sources_BS.T, batch.source_lengths_B, **how)
            _, written = decode(parameters, network, source, state, begun(targets_TB), **how)
            there_TB = jnp.arange(len(targets_TB))[:, None] < batch.target_lengths_B
            nats = -(target_log_probs(written, source, targets_TB) * there_TB).sum()
            return Outcome(nats, nats, batch.target_lengths_B.sum(), carry)

        return nats_of_batch

    def nats(self, model: Rewriter, examples: Sequence[Any]) -> tuple[float, int]:
        return model.nats([(one.source, one.target) for one in examples])

    def held_out_seconds(self, model: Rewriter) -> float:
        """By the whole of it: what is answered does not grow with the examples."""
        begin = time.perf_counter()
        self.held_out(model)
        return time.perf_counter() - begin

    def _held(self, model: Rewriter, examples: Sequence[Any]) -> Held:
        """Of all examples the nats; of ANSWERED at most, the answers with the most probable symbol at every step."""
        nats, predictions = self.nats(model, examples)
        asked = [examples[k] for k in np.linspace(0, len(examples) - 1, min(len(examples), ANSWERED)).astype(int)]
        answers = [found[0] for found in model.predict([one.source for one in asked], beam=1)]
        measured = QUESTIONS[self.kind].measured(asked, answers, model)
        figure = nats / predictions
        return Held(figure, {self.figure: figure, self.unit: predictions, **measured})
