"""The tasks of labelling: one label for a text (Classify), or one for each of its characters (Tag).

Shapes: B rows, T time, L labels.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Self

import jax.numpy as jnp
import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.archive import from_json
from charrnn.models.labeller import Classifier, Labeller, Tagger, nats_of, softmax
from charrnn.models.ngram.model import NgramModel
from charrnn.models.predictor import Answer
from charrnn.network.arrays import Array, Drop
from charrnn.network.crf import log_likelihoods
from charrnn.network.labelling import LabellingConfig, label_scores
from charrnn.network.loss import pick_targets
from charrnn.network.parameters import bias_by_counts
from charrnn.network.reader import ReaderConfig
from charrnn.scoring.log_probs import score_sentences
from charrnn.scoring.predict import QUESTIONS
from charrnn.text.batches import encoded, padded
from charrnn.text.examples import Examples
from charrnn.text.vocabulary import Vocabulary
from charrnn.text.words import vocabulary_from
from charrnn.training.examples import ExampleBatches, ExampleTask
from charrnn.training.options import TrainOptions
from charrnn.training.task import Held, Objective, Outcome, Tree
from charrnn.wording import counted

MOST_NAMED = 6  # labels, with how often each occurs
BASELINE_ORDER = 5  # of the n-grams that a classifier is compared with
BASELINE_SECONDS, BASELINE_MOST = 1e-5, 20.0  # for a character, roughly; where it would take longer, there is none


class LabelBatch(NamedTuple):
    """ids_BT, lengths_B (0 in rows of padding), and labels_B or labels_BT."""

    ids_BT: np.ndarray
    lengths_B: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Labelling(ExampleTask):
    """labels: their names, the most frequent of those learnt from first."""

    labels: tuple[str, ...] = field(default=(), kw_only=True)

    model_type: ClassVar[type[Labeller]]
    unit = "labels"
    figure = "nats_per_label"

    @classmethod
    def labels_of(cls, example: Any) -> Sequence[str]:
        raise NotImplementedError

    @classmethod
    def _fresh(cls, options: TrainOptions, examples: Examples, vocabulary: Vocabulary) -> Self:
        counts = Counter(label for one in examples.training for label in cls.labels_of(one))
        labels = tuple(label for label, _ in counts.most_common())
        if len(labels) < 2:
            named = f"one distinct label, {labels[0]!r}" if labels else "no label"
            raise CharrnnError(f"{', '.join(examples.sources)}: {named}; there is nothing to learn without two or more")
        new = {label for one in examples.held_out for label in cls.labels_of(one)} - set(labels)
        if new:
            raise CharrnnError(
                f"{options.valid or ', '.join(examples.sources)}: held-out examples have {counted(len(new), 'label')} that "
                f"those learnt from lack: {', '.join(sorted(new)[:5])}; give examples of each"
            )
        return cls(options, examples, vocabulary, labels=labels)

    @classmethod
    def _restored(cls, options: TrainOptions, examples: Examples, saved: dict[str, Any]) -> Self:
        vocabulary, network = vocabulary_from(saved["vocabulary"]), from_json(cls.model_type.config_type, saved["network"])
        return cls(options, examples, vocabulary, network, labels=tuple(saved["labels"]))

    @classmethod
    def read_of(cls, example: Any) -> Sequence[str]:
        return (example.text,)

    @classmethod
    def size_of(cls, example: Any) -> int:
        return max(1, len(example.text))

    @property
    def description(self) -> dict[str, Any]:
        return {
            "network": asdict(self.network),
            "vocabulary": self.vocabulary.to_json(),
            "labels": list(self.labels),
        }

    def reader(self, options: TrainOptions) -> ReaderConfig:
        names = ("cell", "layers", "hidden", "embedding", "dropout", "direction")
        return ReaderConfig(self.vocabulary.size, **{name: getattr(options, name) for name in names})

    @property
    def about_examples(self) -> str:
        counts = [f"{label} {count:,}" for label, count in zip(self.labels, self._counts_L.tolist(), strict=True)]
        more = f" … {counts[-1]}" if len(counts) > MOST_NAMED + 1 else "".join(f", {one}" for one in counts[MOST_NAMED:])
        return f"{super().about_examples}, {counted(len(counts), 'label')}: {', '.join(counts[:MOST_NAMED])}{more}"

    @cached_property
    def _counts_L(self) -> np.ndarray:
        """How often each label occurs in the examples learnt from."""
        counts = Counter(label for one in self.examples.training for label in self.labels_of(one))
        return np.array([counts[label] for label in self.labels])

    def summary(self) -> dict[str, Any]:
        return super().summary() | {"label_counts": dict(zip(self.labels, self._counts_L.tolist(), strict=True))}

    def parameters(self) -> Tree:
        parameters = super().parameters()
        parameters["output"]["bias"] = bias_by_counts(self._counts_L)
        return parameters

    def model(self, parameters: Tree) -> Labeller:
        return self.model_type(self.network, self.vocabulary, self.labels, parameters)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {label: k for k, label in enumerate(self.labels)}

    def numbered(self, example: Any) -> np.ndarray:
        """The example's labels by their numbers."""
        return np.array([self._numbers[label] for label in self.labels_of(example)], np.int32)

    @cached_property
    def batches(self) -> ExampleBatches:
        ids = encoded(self.vocabulary, [one.text for one in self.examples.training])
        labels = [self.numbered(one) for one in self.examples.training]
        rows, sizes = self.options.batch_size, self.sizes

        def make(chosen: np.ndarray, group: np.ndarray) -> LabelBatch:
            width = int(sizes[group].max())
            missing = [np.zeros(0, np.int32)] * (rows - len(chosen))
            ids_BT, lengths_B = padded([ids[k] for k in chosen] + missing, width)
            labels_BT, _ = padded([labels[k] for k in chosen] + missing, width if self.network.each else 1)
            return LabelBatch(ids_BT, lengths_B, labels_BT if self.network.each else labels_BT[:, 0])

        return ExampleBatches(sizes, self.options, make)

    @property
    def objective(self) -> Objective:
        network, product = self.network, self.product

        def nats_of_batch(parameters: Tree, carry: Tree, batch: LabelBatch, drop: Drop) -> Outcome:
            lengths_B, labels = batch.lengths_B, batch.labels.T
            scores = label_scores(parameters, network, batch.ids_BT.T, lengths_B, compiled=True, drop=drop, product=product)
            counts: Array = lengths_B if network.each else lengths_B > 0
            if network.crf:
                log_probs = log_likelihoods(scores, parameters["transitions"], labels, lengths_B) * (lengths_B > 0)
            else:
                there = jnp.arange(len(labels))[:, None] < lengths_B if network.each else lengths_B > 0
                log_probs = pick_targets(scores, labels, 0.0) * there
            nats = -log_probs.sum()
            return Outcome(nats, nats, counts.sum(), carry)

        return nats_of_batch


@dataclass(frozen=True)
class Classify(Labelling):
    """A label for each text."""

    name: ClassVar[str] = "classify"
    kind: ClassVar[str] = Classifier.kind
    model_type = Classifier

    @classmethod
    def labels_of(cls, example: Any) -> Sequence[str]:
        return (example.label,)

    def configured(self, options: TrainOptions) -> LabellingConfig:
        pooling = "last" if options.attention == "none" else "attention"
        return LabellingConfig(self.reader(options), len(self.labels), pooling=pooling)

    def nats(self, model: Classifier, examples: Sequence[Any]) -> tuple[float, int]:
        return nats_of(np.stack(model.scores([one.text for one in examples])), self._right(examples)), len(examples)

    rival: ClassVar[str | None] = "an n-gram of the texts of each label"

    def baseline(self, seconds: float) -> dict[str, Any] | None:
        """By Bayes' rule: p(label | text) from p(label) and an n-gram's p(text | label)."""
        learnt, held_out = self.examples.training, self.examples.held_out
        work = sum(len(one.text) for one in learnt) + len(self.labels) * sum(len(one.text) for one in held_out)
        if not held_out or work * BASELINE_SECONDS > min(seconds, BASELINE_MOST):
            return None
        of_label: dict[str, list[str]] = {}
        for one in learnt:
            of_label.setdefault(one.label, []).append(one.text)
        texts = [one.text for one in held_out]
        scores_NL = np.tile(np.log(self._counts_L / self._counts_L.sum()), (len(texts), 1))
        for k, label in enumerate(self.labels):
            ids = self.vocabulary.encode("\n".join(of_label[label]))
            model = NgramModel.train(ids, self.vocabulary, order=BASELINE_ORDER, lines=True)
            scores_NL[:, k] -= [score.tally.nats for score in score_sentences(model, texts)]
        right_N = self._right(held_out)
        accuracy = float((scores_NL.argmax(1) == right_N).mean())
        nats = nats_of(scores_NL, right_N) / len(texts)
        made = f"n-grams of the texts of each label, order {BASELINE_ORDER}"
        return {"made": made, self.figure: nats, "accuracy": accuracy}

    def _right(self, examples: Sequence[Any]) -> np.ndarray:
        return np.concatenate([self.numbered(one) for one in examples])

    def _held(self, model: Classifier, examples: Sequence[Any]) -> Held:
        """The model's temperature is fitted on them. How good its probabilities are is told by each half of the examples,
        with the temperature that the other half asks for."""
        scores_NL = np.stack(model.scores([one.text for one in examples])).astype(np.float64)
        right_N = self._right(examples)
        halves = [np.arange(k, len(examples), 2) for k in (0, 1)]
        shares_NL = np.zeros_like(scores_NL)
        for on, of in (halves, halves[::-1]):
            shares_NL[on] = softmax(scores_NL[on] / (best_temperature(scores_NL[of], right_N[of]) if len(of) else 1.0))
        model.temperature = best_temperature(scores_NL, right_N)
        answers = [Answer(self.labels[k], float(shares_NL[n, k])) for n, k in enumerate(shares_NL.argmax(1))]
        measured = QUESTIONS[self.kind].measured(examples, answers, model)
        measured["nats_per_label_calibrated"] = -float(np.log(shares_NL[np.arange(len(right_N)), right_N]).mean())
        figure = nats_of(scores_NL, right_N) / len(examples)
        return Held(figure, {self.figure: figure, self.unit: len(examples), **measured})


@dataclass(frozen=True)
class Tag(Labelling):
    """A label for each character of a text."""

    name: ClassVar[str] = "tag"
    kind: ClassVar[str] = Tagger.kind
    model_type = Tagger

    @classmethod
    def labels_of(cls, example: Any) -> Sequence[str]:
        return example.labels

    def configured(self, options: TrainOptions) -> LabellingConfig:
        return LabellingConfig(self.reader(options), len(self.labels), each=True, crf=options.crf)

    rival: ClassVar[str | None] = "how often each character has each label"

    def baseline(self, seconds: float) -> dict[str, Any] | None:
        """Each character has the labels that it has in the examples learnt from, as often, one more of each being added."""
        if not self.examples.held_out:
            return None
        counts_VL = np.ones((self.vocabulary.size, len(self.labels)))
        for one in self.examples.training:
            np.add.at(counts_VL, (self.vocabulary.encode(one.text), self.numbered(one)), 1)
        ids = np.concatenate([self.vocabulary.encode(one.text) for one in self.examples.held_out])
        right_N = np.concatenate([self.numbered(one) for one in self.examples.held_out])
        scores_NL = np.log(counts_VL[ids])
        accuracy = float((scores_NL.argmax(1) == right_N).mean())
        return {"made": self.rival, self.figure: nats_of(scores_NL, right_N) / len(ids), "accuracy": accuracy}

    def nats(self, model: Tagger, examples: Sequence[Any]) -> tuple[float, int]:
        nats = 0.0
        for one, scores_TL in zip(examples, model.scores([one.text for one in examples]), strict=True):
            nats += model.nats(scores_TL, self.numbered(one))
        return nats, sum(len(one.text) for one in examples)


def best_temperature(scores_NL: np.ndarray, right_N: np.ndarray) -> float:
    """The temperature, from 1/8 to 8, with which the right labels have the fewest nats (Guo et al. 2017), by golden section:
    nats are convex in its inverse.

    One in N + 2 of the labels is taken for any other at random, as Platt (1999) does: of few examples, or where all are
    right, hardly anything is certain.
    """
    low, high = 1 / 8, 8.0
    ratio, doubt = (5**0.5 - 1) / 2, 1 / (len(right_N) + 2)
    every = np.arange(scores_NL.shape[1])

    def nats(inverse: float) -> float:
        scaled_NL = scores_NL * inverse
        at_random = np.mean([nats_of(scaled_NL, np.full(len(right_N), label)) for label in every])
        return (1 - doubt) * nats_of(scaled_NL, right_N) + doubt * float(at_random)

    for _ in range(30):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if nats(left) < nats(right):
            high = right
        else:
            low = left
    return 2 / (low + high)
