"""Choosing among hypotheses: their earlier scores joined with a language model's.

    total = earlier + weight · log10 p(text) + penalty · characters

Shapes: H hypotheses, W weights, P penalties.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.language_model import LanguageModel
from charrnn.scoring.log_probs import score_sentences
from charrnn.scoring.options import RescoreOptions
from charrnn.text.nbest import Hypothesis, read_lists, read_references

WEIGHTS = (0.0, *np.geomspace(0.05, 20, 40).tolist(), 1.0)
PENALTIES = tuple(np.linspace(-1, 1, 41).tolist())


@dataclass(frozen=True)
class Rescored:
    """A hypothesis, the model's base-10 logarithm of its probability, and its total."""

    hypothesis: Hypothesis
    language: float
    total: float


@dataclass(frozen=True)
class Errors:
    """The wrong characters of the best hypotheses with this weight and penalty, and of how many characters.

    `earlier` is how many are wrong by the earlier scores alone, `least` in the hypotheses nearest to the references.
    """

    weight: float
    penalty: float
    wrong: int
    earlier: int
    least: int
    characters: int


def rescore(model: LanguageModel, lists: Sequence[str], options: RescoreOptions) -> tuple[list[Rescored], Errors | None]:
    """The hypotheses of the lists (files) with their totals, in order, and their errors where there are references.

    These are those of options.tune, which finds weight and penalty too, or of options.references.

    With options.best, only the best hypothesis of each utterance. Raises CharrnnError for what is no list.
    """
    hypotheses = read_lists(lists, options.format, glue=options.join, encoding=options.encoding)
    right = options.tune or options.references
    references = read_references(right, options.encoding) if right else None
    language_H = language_scores(model, hypotheses)
    weight, penalty, errors = options.lm_weight, options.length_penalty, None
    if references is not None:
        grid = () if options.tune else ((weight,), (penalty,))
        errors = fewest_errors(hypotheses, language_H, references, *grid)
        weight, penalty = errors.weight, errors.penalty
    rescored = totals(hypotheses, language_H, weight, penalty)
    return (best_of_each(rescored) if options.best else rescored), errors


def language_scores(model: LanguageModel, hypotheses: Sequence[Hypothesis]) -> np.ndarray:
    """log10 p of each hypothesis, each read from a fresh state, its end counted, [H]."""
    model.prepare(sum(len(h.text) + 1 for h in hypotheses))
    scores = score_sentences(model, [h.text for h in hypotheses])
    return np.array([-score.tally.spelt_nats / math.log(10) for score in scores])


def totals(hypotheses: Sequence[Hypothesis], language_H: np.ndarray, weight: float, penalty: float) -> list[Rescored]:
    lengths_H = np.array([len(h.text) for h in hypotheses])
    totals_H = np.array([h.earlier for h in hypotheses]) + weight * language_H + penalty * lengths_H
    return [Rescored(*triple) for triple in zip(hypotheses, language_H.tolist(), totals_H.tolist(), strict=True)]


def best_of_each(rescored: Sequence[Rescored]) -> list[Rescored]:
    """The hypothesis with the highest total of each utterance (the first, of several), in the order of the utterances."""
    best: dict[str, Rescored] = {}
    for one in rescored:
        before = best.get(one.hypothesis.utterance)
        if before is None or one.total > before.total:
            best[one.hypothesis.utterance] = one
    return list(best.values())


def fewest_errors(
    hypotheses: Sequence[Hypothesis],
    language_H: np.ndarray,
    references: Mapping[str, str],
    weights: Sequence[float] = WEIGHTS,
    penalties: Sequence[float] = PENALTIES,
) -> Errors:
    """The weight and penalty of a grid with which the best hypotheses have the fewest character errors.

    Of several such, the one nearest to weight 1 and penalty 0. Raises CharrnnError where an utterance has no reference,
    or a reference no hypotheses.
    """
    groups: dict[str, list[int]] = {}
    for k, hypothesis in enumerate(hypotheses):
        groups.setdefault(hypothesis.utterance, []).append(k)
    for here, there, what in ((groups, references, "reference"), (references, groups, "hypothesis")):
        missing = [utterance for utterance in here if utterance not in there]
        if missing:
            raise CharrnnError(f"utterance {missing[0]!r} has no {what}; give each of the lists its reference")
    weights_W, penalties_P = np.array(weights), np.array(penalties)
    errors_WP = np.zeros((len(weights_W), len(penalties_P)), np.int64)
    earlier = least = 0
    for utterance, members in groups.items():
        texts = [hypotheses[k].text for k in members]
        errors_H = np.array([edit_distance(text, references[utterance]) for text in texts])
        lengths_H, earlier_H = np.array(list(map(len, texts))), np.array([hypotheses[k].earlier for k in members])
        totals_WPH = earlier_H + weights_W[:, None, None] * language_H[members] + penalties_P[:, None] * lengths_H
        errors_WP += errors_H[totals_WPH.argmax(-1)]
        earlier += int(errors_H[earlier_H.argmax()])
        least += int(errors_H.min())
    distance_WP = np.abs(np.log(np.maximum(weights_W, 1e-3)))[:, None] + np.abs(penalties_P)
    place = np.lexsort((distance_WP.ravel(), errors_WP.ravel()))[0]
    w, p = np.unravel_index(place, errors_WP.shape)
    characters = sum(len(references[utterance]) for utterance in groups)
    return Errors(weights[w], penalties[p], int(errors_WP[w, p]), earlier, least, characters)


def edit_distance(one: str, other: str) -> int:
    """The fewest characters to insert, delete or replace to turn one text into the other (Levenshtein 1966)."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]
