"""The networks that label texts, as models: Classifier, one label for a text; Tagger, one for each of its characters.

They run on numpy, many texts at once.

Shapes: T time, B rows, L labels.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from charrnn.models.archive import Archive
from charrnn.models.predictor import MISFIT, Answer, NetworkPredictor, config_and_vocabulary
from charrnn.network.arrays import Parameters
from charrnn.network.crf import best_paths, marginals
from charrnn.network.labelling import LabellingConfig, label_scores, read_texts
from charrnn.network.parameters import shapes_of
from charrnn.text.batches import encoded, in_batches, padded
from charrnn.text.examples import written_labels
from charrnn.text.vocabulary import Vocabulary
from charrnn.trees import unflatten


class Labeller(NetworkPredictor):
    """What they have in common. config: of the network, of type config_type; labels: their names, the most frequent first;
    temperature: what scores are divided by."""

    unit: ClassVar[str] = "label"
    config_type: ClassVar[type] = LabellingConfig

    def __init__(
        self,
        config: Any,
        vocabulary: Vocabulary,
        labels: Sequence[str],
        parameters: Parameters,
        summary: dict[str, Any] | None = None,
        temperature: float = 1.0,
    ):
        super().__init__(config, vocabulary, parameters, summary)
        assert config.labels == len(labels)
        self.labels, self.temperature = tuple(labels), temperature

    @classmethod
    def suits(cls, config: Any) -> bool:
        """Whether the class is for such networks."""
        return True

    def scores(self, texts: Sequence[str]) -> list[np.ndarray]:
        """For each text what stands before the softmax, temperature not counted: scores_L, or of each place scores_TL."""
        return self._of_each(texts, lambda ids_TB, lengths_B: label_scores(self.parameters, self.config, ids_TB, lengths_B))

    def _of_each(self, texts: Sequence[str], read: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> list[np.ndarray]:
        """What read(ids_TB, lengths_B) makes of each text: a row, or of each place of the text a row."""
        sequences = encoded(self.vocabulary, texts)
        found: list[np.ndarray] = [np.zeros(0)] * len(texts)
        for together in in_batches([len(ids) for ids in sequences]):
            ids_BT, lengths_B = padded([sequences[k] for k in together])
            made = read(ids_BT.T, lengths_B)
            for row, k in enumerate(together):
                found[k] = made[: len(texts[k]), row] if self.config.each else made[row]
        return found

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """vectors_NX: what the label of each text is read from; where each place has one, the mean over places."""
        read = self._of_each(texts, lambda ids_TB, lengths_B: read_texts(self.parameters, self.config, ids_TB, lengths_B))
        if self.config.each:
            read = [one.mean(0) if len(one) else np.zeros(self.config.reader.width) for one in read]
        return np.array(read, np.float32).reshape(len(texts), self.config.reader.width)

    def facts(self) -> dict[str, Any]:
        return super().facts() | {"labels": list(self.labels)}

    def to_archive(self) -> Archive:
        arrays, description = super().to_archive()
        return arrays, description | {"labels": list(self.labels), "temperature": self.temperature}

    @classmethod
    def from_archive(cls, arrays: Mapping[str, np.ndarray], description: Mapping[str, Any], path: Path) -> Self:
        """The model that to_archive() took apart. Raises CharrnnError, or what understood() makes one of."""
        config, vocabulary = config_and_vocabulary(cls.config_type, description)
        labels, temperature = [str(label) for label in description["labels"]], float(description["temperature"])
        if not (config.labels == len(labels) and 1e-3 <= temperature <= 1e3 and cls.suits(config)):
            raise ValueError(MISFIT)
        parameters = unflatten(shapes_of(config.weights()), arrays, path)
        return cls(config, vocabulary, labels, parameters, description.get("summary"), temperature)


class Classifier(Labeller):
    kind = "classifier"

    @classmethod
    def suits(cls, config: LabellingConfig) -> bool:
        return not config.each

    def predict(self, texts: Sequence[str], count: int = 1) -> list[list[Answer]]:
        found = []
        for scores_L in self.scores(texts):
            shares = softmax(scores_L / self.temperature)
            best = np.argsort(-shares, kind="stable")[:count].tolist()
            found.append([Answer(self.labels[k], float(shares[k]), self.labels[k]) for k in best])
        return found


class Tagger(Labeller):
    kind = "tagger"

    @classmethod
    def suits(cls, config: LabellingConfig) -> bool:
        return config.each

    def predict(self, texts: Sequence[str], count: int = 1) -> list[list[Answer]]:
        return [self._tagged(scores_TL, count) for scores_TL in self.scores(texts)]

    def nats(self, scores_TL: np.ndarray, labels_T: np.ndarray) -> float:
        """Of these labels (by their numbers), all together, from what scores() gives; the temperature is not counted."""
        if not len(labels_T):
            return 0.0
        if not self.config.crf:
            return nats_of(scores_TL, labels_T)
        joined_LL = self._transitions
        _, normaliser = marginals(scores_TL, joined_LL)
        own = scores_TL[np.arange(len(labels_T)), labels_T].astype(np.float64).sum()
        return normaliser - float(own + joined_LL[labels_T[:-1], labels_T[1:]].sum())

    @property
    def _transitions(self) -> np.ndarray:
        """Zeros where none are learnt: labels are independent then, given the network."""
        return self.parameters["transitions"] if self.config.crf else np.zeros((len(self.labels),) * 2)

    def _tagged(self, scores_TL: np.ndarray, count: int) -> list[Answer]:
        """more: "probabilities", of the label of each place by itself."""
        if not len(scores_TL):
            return [Answer("", 1.0, (), {"probabilities": []})]
        if count == 1 and not self.config.crf:
            shares_TL = softmax(scores_TL / self.temperature)
            best, each_T = shares_TL.argmax(1), shares_TL.max(1)
            labels = tuple(self.labels[k] for k in best)
            return [Answer(self.written(labels), float(each_T.prod()), labels, {"probabilities": each_T.tolist()})]
        scores_TL, joined_LL = scores_TL / self.temperature, self._transitions / self.temperature
        shares_TL, normaliser = marginals(scores_TL, joined_LL)
        answers: dict[str, Answer] = {}
        for path, score in best_paths(scores_TL, joined_LL, count):
            labels = tuple(self.labels[k] for k in path)
            each = shares_TL[np.arange(len(path)), path].tolist()
            answer = Answer(self.written(labels), float(np.exp(score - normaliser)), labels, {"probabilities": each})
            answers.setdefault(answer.text, answer)  # B and I in other places may mark the same spans, less probably
        return list(answers.values())

    def written(self, labels: Sequence[str]) -> str:
        """Labels as an answer has them."""
        return written_labels(labels, self.labels)


def nats_of(scores_NL: np.ndarray, right_N: np.ndarray) -> float:
    """−ln p of the right labels, all together, from what stands before the softmax."""
    scores_NL = scores_NL.astype(np.float64)
    most_N1 = scores_NL.max(1, keepdims=True)
    normaliser_N = np.log(np.exp(scores_NL - most_N1).sum(1)) + most_N1[:, 0]
    return float((normaliser_N - scores_NL[np.arange(len(right_N)), right_N]).sum())


def softmax(scores: np.ndarray) -> np.ndarray:
    """Over the last axis, in float64."""
    shares = np.exp(scores.astype(np.float64) - scores.max(-1, keepdims=True))
    return shares / shares.sum(-1, keepdims=True)
