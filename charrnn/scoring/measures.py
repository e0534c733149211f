"""How good answers are, held against the right ones: the measures of each task, JSON-able."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from charrnn.models.labeller import Tagger
from charrnn.models.predictor import Answer
from charrnn.scoring.rescore import edit_distance
from charrnn.text.bracketed import NO_LABEL, Bracketed
from charrnn.text.examples import Labelled, Pair, Tagged, spans_of

BINS = 10  # of probabilities, in the expected calibration error


def share(right: float, of: int) -> float | None:
    """None where there is nothing to divide by."""
    return right / of if of else None


def f1(found: Counter, given: Counter, both: Counter) -> dict[str, float | None]:
    """Precision, recall and their harmonic mean, of counts of what was found, what is given, and what is both."""
    right = both.total()
    precision, recall = share(right, found.total()), share(right, given.total())
    return {"precision": precision, "recall": recall, "f1": share(2 * right, found.total() + given.total())}


def of_labels(examples: Sequence[Labelled], answers: Sequence[Answer], model: Any = None) -> dict[str, Any]:
    """accuracy; macro_f1, the mean over the labels that are given or answered; labels with their figures; confusion, given
    label by answered label; calibration_error (Guo et al. 2017)."""
    given, found = [one.label for one in examples], [one.text for one in answers]
    names = [name for name, _ in Counter(given + found).most_common()]
    right = np.array([a == b for a, b in zip(given, found, strict=True)], bool)
    confusion = Counter(zip(given, found, strict=True))
    of_given, of_found, labels = Counter(given), Counter(found), {}
    for name in names:
        counts = (Counter({name: number}) for number in (of_found[name], of_given[name], confusion[name, name]))
        labels[name] = {"given": of_given[name], **f1(*counts)}
    table: dict[str, dict[str, int]] = {name: {} for name in names}
    for (name, other), number in confusion.items():
        table[name][other] = number
    return {
        "texts": len(given),
        "accuracy": share(float(right.sum()), len(given)),
        "macro_f1": share(sum(one["f1"] or 0.0 for one in labels.values()), len(labels)),
        "calibration_error": calibration_error(np.array([one.probability for one in answers]), right),
        "labels": labels,
        "confusion": {name: row for name, row in table.items() if row},
    }


def calibration_error(probabilities: np.ndarray, right: np.ndarray) -> float | None:
    """How far off from how often answers are right their probabilities are, on average, by bins of probability."""
    if not len(right):
        return None
    place = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    return float(sum(abs(right[place == k].sum() - probabilities[place == k].sum()) for k in range(BINS)) / len(right))


def of_tags(examples: Sequence[Tagged], answers: Sequence[Answer], model: Tagger) -> dict[str, Any]:
    """accuracy of places; spans with precision, recall and f1, and those of each name where there are several; whole, the
    share of lines all of whose labels are right."""
    names = [*model.labels, *{label for one in examples for label in one.labels} - {*model.labels}]
    places = sum(len(one.text) for one in examples)
    found: Counter = Counter()
    given: Counter = Counter()
    both: Counter = Counter()
    right = whole = 0
    for example, answer in zip(examples, answers, strict=True):
        same = sum(a == b for a, b in zip(example.labels, answer.said, strict=True))
        right, whole = right + same, whole + (same == len(example.labels))
        one, other = (Counter(spans_of(labels, names)) for labels in (answer.said, example.labels))
        for into, spans in ((found, one), (given, other), (both, one & other)):
            into.update(name for _, _, name in spans.elements())
    kinds = sorted(found.keys() | given.keys())
    each = {kind: f1(*(Counter({kind: counts[kind]}) for counts in (found, given, both))) for kind in kinds}
    return {
        "texts": len(examples),
        "characters": places,
        "accuracy": share(right, places),
        "whole": share(whole, len(examples)),
        "spans": {"given": given.total(), **f1(found, given, both)} | ({"names": each} if len(kinds) > 1 else {}),
    }


def of_trees(examples: Sequence[Bracketed], answers: Sequence[Answer], model: Any = None) -> dict[str, Any]:
    """accuracy of roots, node_accuracy of all nodes, inner_accuracy of those that are no words, and how many they are; where
    trees are deeper than any learnt from, that of these alone, and of all by levels. What has no label counts nowhere."""
    nodes: Counter = Counter()
    right: Counter = Counter()
    roots: Counter = Counter()
    deeper: Counter = Counter()
    for example, answer in zip(examples, answers, strict=True):
        for node, (label, said) in enumerate(zip(example.labels, answer.said, strict=True)):
            if label == NO_LABEL:
                continue
            inner = example.words[node] is None
            nodes[inner] += 1
            right[inner] += label == said
            if node == 0:
                levels = example.levels[0]
                for counts in (roots, deeper) if answer.more["deeper_than_learnt"] else (roots,):
                    counts[levels, label == said] += 1
    found = _of_roots(roots) | {
        "nodes": nodes.total(),
        "node_accuracy": share(right.total(), nodes.total()),
        "inner_nodes": nodes[True],
        "inner_accuracy": share(right[True], nodes[True]),
    }
    if deeper:
        by_levels = {
            str(n): Counter({key: k for key, k in roots.items() if key[0] == n}) for n in sorted({n for n, _ in roots})
        }
        found |= {"deeper": _of_roots(deeper), "levels": {n: _of_roots(counts) for n, counts in by_levels.items()}}
    return {"trees": len(examples)} | found


def _of_roots(counts: Counter) -> dict[str, Any]:
    """Of counts by levels and whether the root is right."""
    right = sum(count for (_, is_right), count in counts.items() if is_right)
    return {"roots": counts.total(), "accuracy": share(right, counts.total())}


def of_rewrites(examples: Sequence[Pair], answers: Sequence[Answer], model: Any = None) -> dict[str, Any]:
    """exact, the share of answers that are right, and character_error_rate, how many characters are wrong (Levenshtein 1966)
    over how many the right answers have; "longer": the same of sources that are longer than any learnt from."""
    pairs = list(zip(examples, answers, strict=True))
    longer = [(one, answer) for one, answer in pairs if answer.more["longer_than_learnt"]]
    return {**_of_pairs(pairs), "longer": _of_pairs(longer)}


def _of_pairs(pairs: Sequence[tuple[Pair, Answer]]) -> dict[str, Any]:
    wrong = sum(edit_distance(answer.text, one.target) for one, answer in pairs)
    return {
        "texts": len(pairs),
        "exact": share(sum(answer.text == one.target for one, answer in pairs), len(pairs)),
        "character_error_rate": share(wrong, sum(len(one.target) for one, _ in pairs)),
    }
