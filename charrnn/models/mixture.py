"""Several language models as one: a weighted sum of their probabilities, or a weighted product, renormalised.

    linear       p(v) = Σ_m w_m p_m(v)                      Σ_m w_m = 1, none below 0
    log-linear   p(v) = Π_m p_m(v)^w_m / Z                  Z makes the sum over all symbols 1 (Klakow 1998)

Measured on held-out text, the product beats the sum. Weights that depend on the context (entropies, length of the n-gram's
match) gained 0.003 nats on text like that they were fitted on, and lost 0.006 on other text: not kept.

Shapes: B rows, T time, V symbols of the mixture, M models.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.archive import Archive
from charrnn.models.language_model import (
    Compilable,
    CompiledStep,
    LanguageModel,
    Read,
    SavedModel,
    State,
    describe,
)
from charrnn.models.options import WAYS
from charrnn.models.recurrent import COMPILED_WINDOW, RecurrentModel
from charrnn.text.symbols import BOUNDARY, UNKNOWN
from charrnn.text.vocabulary import Vocabulary
from charrnn.text.words import WordVocabulary
from charrnn.wording import symbol_name

MOST_WEIGHT = 1000.0  # of a log-linear mixture, which finds its best near 1; the greatest numbers would overflow


class Mixture:
    """A LanguageModel of others, each with its weight; a SavedModel where they are.

    Raises CharrnnError for weights and ways that cannot be (see checked_weights) and vocabularies that do not meet.
    """

    kind: ClassVar[str] = "mixture"
    folder: Path | None = None

    def __init__(
        self,
        models: Sequence[LanguageModel],
        weights: Sequence[float] = (),
        way: str = "log-linear",
        summary: dict[str, Any] | None = None,
    ):
        self.models, self.way, self.summary = tuple(models), way, summary or {}
        self.weights_M = checked_weights(len(models), weights, way)
        self.vocabulary = common_vocabulary(self.models)
        self._views = [_View(model.vocabulary, self.vocabulary) for model in self.models]

    @property
    def lines(self) -> bool:
        """Whether all the parts read lines; otherwise the texts are one stream."""
        return all(model.lines for model in self.models)

    def prepare(self, characters: float) -> None:
        for model in self.models:
            model.prepare(characters)

    @property
    def compiled(self) -> bool:
        """Whether one of its parts has so much to write that it is worth compiling."""
        return any(isinstance(model, Compilable) and model.compiled for model in self.models)

    def compiled_step(self) -> CompiledStep | None:
        steps = [model.compiled_step() if isinstance(model, Compilable) else None for model in self.models]
        found = [step for step in steps if step]
        if len(found) < len(steps):
            return None
        weights_M = self.weights_M.astype(np.float32)
        arrays = weights_M, [step.arrays for step in found], [view.arrays for view in self._views]
        return CompiledStep(_Reader(tuple(step.read for step in found), self.way), arrays)

    def start(self, rows: int) -> State:
        return tuple(model.start(rows) for model in self.models)

    def own_ids(self, ids_BT: np.ndarray) -> list[np.ndarray]:
        """The mixture's ids as ids of each model's own vocabulary."""
        return [view.ids(ids_BT) for view in self._views]

    def advance_each(self, state: State, ids_BT: np.ndarray) -> tuple[State, np.ndarray]:
        """As advance(), but log_probs_MBTV: what each model gives the mixture's symbols."""
        read = [m.advance(s, ids) for m, s, ids in zip(self.models, state, self.own_ids(ids_BT), strict=True)]
        return tuple(part[0] for part in read), self.viewed([part[1] for part in read])

    def viewed(self, log_probs: Sequence[np.ndarray]) -> np.ndarray:
        """log_probs_MBTV, what each model gives the mixture's symbols, from what it gives its own."""
        return np.stack([view.log_probs(of_model) for of_model, view in zip(log_probs, self._views, strict=True)])

    def joined(self, log_probs_MBTV: np.ndarray) -> np.ndarray:
        """log_probs_BTV of the mixture, from what each model gives its symbols."""
        with np.errstate(divide="ignore"):  # a weight of 0 leaves a model out
            return _mixed(log_probs_MBTV, self.weights_M.astype(np.float32), self.way)

    def advance(self, state: State, ids_BT: np.ndarray) -> tuple[State, np.ndarray]:
        after, log_probs_MBTV = self.advance_each(state, ids_BT)
        return after, self.joined(log_probs_MBTV)

    def target_log_probs(self, state: State, ids_BT: np.ndarray, targets_BT: np.ndarray) -> tuple[State, np.ndarray]:
        if self.way != "linear":
            apart = not self.compiled or (len(ids_BT) == 1 and ids_BT.shape[1] >= COMPILED_WINDOW)  # faster, in one long row
            if not apart and (step := self.compiled_step()):
                from charrnn.models import compiled

                state, found_BT = compiled.target_log_probs(step.read, step.arrays, state, ids_BT, targets_BT)
                return state, np.asarray(found_BT)
            state, log_probs_BTV = self.advance(state, ids_BT)
            return state, np.take_along_axis(log_probs_BTV, targets_BT[..., None], axis=2)[..., 0]
        read = [
            model.target_log_probs(its_state, view.ids(ids_BT), view.ids(targets_BT))
            for model, its_state, view in zip(self.models, state, self._views, strict=True)
        ]
        parts_MBT = np.stack([part[1] - view.shares_V[targets_BT] for part, view in zip(read, self._views, strict=True)])
        return tuple(part[0] for part in read), np.logaddexp.reduce(parts_MBT + _log(self.weights_M)[:, None, None], axis=0)

    def facts(self) -> dict[str, Any]:
        pairs = zip(self.weights_M.tolist(), self._saved_models(), strict=True)
        return {"mix": self.way, "parts": [{"weight": weight} | describe(part) for weight, part in pairs]}

    def to_archive(self) -> Archive:
        """Each part whole: its description, and its arrays under names that begin with parts.0., parts.1. and so on."""
        parts = [part.to_archive() for part in self._saved_models()]
        arrays = {f"{_prefix(k)}{name}": array for k, part in enumerate(parts) for name, array in part[0].items()}
        description = {
            "kind": self.kind,
            "mix": self.way,
            "weights": self.weights_M.tolist(),
            "parts": [part[1] for part in parts],
            "summary": self.summary,
        }
        return arrays, description

    @classmethod
    def from_archive(
        cls,
        arrays: Mapping[str, np.ndarray],
        description: Mapping[str, Any],
        path: Path,
        *,
        open_part: Callable[[Mapping[str, np.ndarray], Mapping[str, Any], Path], SavedModel],
    ) -> "Mixture":
        """The mixture that to_archive() took apart; open_part is folder.from_archive, which knows the kinds of parts.

        Raises CharrnnError, naming the part, or what understood() makes one of, where it is none.
        """
        weights, way, summary = description["weights"], description["mix"], description["summary"]
        models = [
            open_part(_without_prefix(arrays, _prefix(k)), part, path / _prefix(k).rstrip("."))
            for k, part in enumerate(description["parts"])
        ]
        try:
            return cls(models, weights, way, summary)
        except CharrnnError as error:  # which does not name the file
            raise ValueError(error) from None

    def _saved_models(self) -> list[SavedModel]:
        saved = []
        for model in self.models:
            assert isinstance(model, SavedModel), f"{type(model).__name__} cannot be saved"
            saved.append(model)
        return saved


def _prefix(part: int) -> str:
    return f"parts.{part}."


def _without_prefix(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """The arrays whose names begin with the prefix, named without it."""
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def checked_weights(count: int, weights: Sequence[float], way: str) -> np.ndarray:
    """The weights of a mixture as weights_M; without any given, all alike.

    Raises CharrnnError for fewer than two models and an unknown way, and where there are not as many weights as models, one
    is negative or above MOST_WEIGHT, or they do not sum to 1 in a linear mixture.
    """
    if count < 2:
        raise CharrnnError("a mixture is of two models or more; name another one")
    if way not in WAYS:
        raise CharrnnError(f"--mix {way}: choose one of {', '.join(WAYS)}")
    given = np.array(weights if len(weights) else [1 / count] * count, np.float64)
    shown = " ".join(f"{weight:g}" for weight in weights)
    if len(given) != count:
        raise CharrnnError(f"--weight {shown}: {len(given)} for {count} models; give each model one")
    if not ((given >= 0) & (given <= MOST_WEIGHT)).all() or not given.any():
        raise CharrnnError(f"--weight {shown}: weights are from 0 to {MOST_WEIGHT:,.0f}, and one is above 0")
    if way == "linear" and abs(given.sum() - 1) > 1e-6:
        raise CharrnnError(f"--weight {shown}: they sum to {given.sum():g}; in a linear mixture they must sum to 1")
    return given


def common_vocabulary(models: Sequence[LanguageModel]) -> Vocabulary:
    """The symbols of all models, the first's first. Raises CharrnnError where their vocabularies do not meet."""
    first, *others = (model.vocabulary for model in models)
    common = first
    for other in others:
        if other.level != first.level:
            raise CharrnnError(f"models of {first.level}s and of {other.level}s cannot be mixed; train both at one --level")
        if not set(other.symbols[BOUNDARY:]) & set(first.symbols[BOUNDARY:]):
            symbol = symbol_name(first.level)
            raise CharrnnError(
                f"the models have no {symbol} in common, so they cannot be mixed; were they meant for each other?"
            )
        if isinstance(first, WordVocabulary) and isinstance(other, WordVocabulary) and other.tokens != first.tokens:
            raise CharrnnError("the models cut texts into words in different ways; train both with the same --tokens")
        common = common.extended(other.symbols)
    return common


@dataclass(frozen=True)
class _Reader:
    """The `read` of the mixture's CompiledStep, of those of its parts."""

    parts: tuple[Read, ...]
    way: str

    def __call__(self, arrays: Any, state: State, ids_B: Any) -> tuple[State, Any]:
        weights_M, arrays_M, views_M = arrays
        after, log_probs = [], []
        for read, its_arrays, view, its_state in zip(self.parts, arrays_M, views_M, state, strict=True):
            its_state, log_probs_BV = read(its_arrays, its_state, view[0][ids_B] if view else ids_B)
            after.append(its_state)
            log_probs.append(log_probs_BV[:, view[0]] - view[1] if view else log_probs_BV)
        return tuple(after), _mixed(log_probs, weights_M, self.way)


class _View:
    """A model's symbols as the mixture's. Those that the model lacks share the probability of its unknown symbol."""

    def __init__(self, own: Vocabulary, common: Vocabulary):
        self._same = own.symbols == common.symbols
        self._own_ids_V = np.concatenate([[UNKNOWN], own.ids_of(common.symbols)])
        lacking_V = self._own_ids_V == UNKNOWN
        self.shares_V = np.where(lacking_V, np.log(lacking_V.sum()), 0).astype(np.float32)

    @property
    def arrays(self) -> tuple[Any, ...]:
        """own_ids_V and shares_V for a compiled loop; nothing where the symbols are the same."""
        return () if self._same else (self._own_ids_V, self.shares_V)

    def ids(self, ids_BT: np.ndarray) -> np.ndarray:
        return ids_BT if self._same else self._own_ids_V[ids_BT].astype(np.int32)

    def log_probs(self, log_probs_BTV: np.ndarray) -> np.ndarray:
        return log_probs_BTV if self._same else log_probs_BTV[..., self._own_ids_V] - self.shares_V


def networks_in(model: LanguageModel) -> list[RecurrentModel]:
    """The network that a model is, or those in a mixture."""
    parts = model.models if isinstance(model, Mixture) else [model]
    return [part for part in parts if isinstance(part, RecurrentModel)]


def _mixed(log_probs: Sequence[Any] | np.ndarray, weights_M: Any, way: str) -> Any:
    """The mixture's log-probabilities (..., V) of those that each model gives its symbols; of numpy and JAX alike."""
    xp = log_probs[0].__array_namespace__()
    if way == "linear":
        return reduce(xp.logaddexp, [of_model + xp.log(w) for of_model, w in zip(log_probs, weights_M, strict=True)])
    logits = sum(w * of_model for of_model, w in zip(log_probs, weights_M, strict=True))
    most = logits.max(-1, keepdims=True)
    return logits - most - xp.log(xp.exp(logits - most).sum(-1, keepdims=True))


def _log(weights: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):  # a weight of 0 leaves a model out
        return np.log(weights)
