"""A model of lines `label<TAB>text` as a classifier of texts, by Bayes' rule."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.language_model import LanguageModel
from charrnn.scoring.log_probs import score_sentences

SEPARATOR = "\t"


@dataclass(frozen=True)
class Labelled:
    """A text, the label that stood before it (None: there was none), and the posterior of each label."""

    text: str
    given: str | None
    posterior: dict[str, float]

    @property
    def label(self) -> str:
        return max(self.posterior, key=self.posterior.__getitem__)


def classify(model: LanguageModel, lines: Sequence[str], labels: Sequence[str]) -> list[Labelled]:
    """p(label | text) = p(label, text) / Σ p(other label, text), each from the line that the two make.

    A line may be a text, or one of the labels, a tab and a text. Raises CharrnnError where a label is there twice or empty,
    and where the model knows no tab, so has not learnt labelled lines.
    """
    if len(set(labels)) < len(labels) or "" in labels:
        raise CharrnnError(f"--labels {','.join(labels)}: a label is empty or repeated; give each once")
    if model.vocabulary.unknown_in(SEPARATOR):
        raise CharrnnError("--labels: the model has seen no tabs; train it with --lines on lines of label, tab and text")
    split = [_parted(line, labels) for line in lines]
    joined = [label + SEPARATOR + text for _, text in split for label in labels]
    log_probs = np.array([-score.tally.nats for score in score_sentences(model, joined)]).reshape(-1, len(labels))
    shares = np.exp(log_probs - log_probs.max(1, keepdims=True)) if len(lines) else log_probs
    posteriors = (shares / shares.sum(1, keepdims=True)).tolist()
    return [
        Labelled(text, given, dict(zip(labels, posterior, strict=True)))
        for (given, text), posterior in zip(split, posteriors, strict=True)
    ]


def _parted(line: str, labels: Sequence[str]) -> tuple[str | None, str]:
    label, separator, text = line.partition(SEPARATOR)
    return (label, text) if separator and label in labels else (None, line)
