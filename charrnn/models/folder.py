"""The model folder: which files there are, and opening the model in it whatever its kind."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.archive import read_archive, understood, write_archive
from charrnn.models.labeller import Classifier, Tagger
from charrnn.models.language_model import LanguageModel, SavedModel
from charrnn.models.mixture import Mixture
from charrnn.models.ngram.model import NgramModel
from charrnn.models.predictor import Predictor
from charrnn.models.recurrent import RecurrentModel
from charrnn.models.rewriter import Rewriter
from charrnn.models.tree_labeller import TreeLabeller

MODEL = "model.safetensors"  # the best weights so far, self-contained
RESUME = "resume.safetensors"  # everything to continue bit for bit
LOG = "log.jsonl"  # one line an evaluation
CURVE = "curve.svg"
TEXT = "text.safetensors"  # what was learnt from, where it is kept
LOCK = "lock.json"  # by which process the folder is written to, see lock.py


def exists(folder: Path) -> bool:
    return (folder / MODEL).exists() or (folder / RESUME).exists()


def save_model(model: SavedModel, folder: Path) -> None:
    write_archive(folder / MODEL, *model.to_archive())


def open_model(folder: Path, *, compiled: bool = False) -> SavedModel:
    """The language model in a folder; `compiled` prepares it for long work (see RecurrentModel).

    Raises CharrnnError where there is none, or it is damaged, of a kind unknown here, or no language model.
    """
    model = language_model(open_any(folder))
    if compiled:
        model.prepare(math.inf)
    return model


def language_model(model: Any) -> Any:
    """The model, which is one. Raises CharrnnError where it is not."""
    if isinstance(model, LanguageModel):
        return model
    where = f"{model.folder}: holds" if model.folder else "this is"
    raise CharrnnError(
        f"{where} a {model.kind}, no language model; ask it with `charrnn predict -m {model.folder or 'MODEL'}`"
    )


def predictor(model: Any) -> Predictor:
    """The model, which answers lines. Raises CharrnnError where it is a language model."""
    if not isinstance(model, LanguageModel):
        return model
    folder = getattr(model, "folder", None)
    where = f"{folder}: holds" if folder else "this is"
    raise CharrnnError(f"{where} a language model, which writes and scores text: use charrnn sample, or score")


def open_predictor(folder: Path) -> Predictor:
    """The model in a folder that answers lines. Raises CharrnnError as open_model does, and where it is a language model."""
    return predictor(open_any(folder))


def open_any(folder: Path) -> SavedModel | Predictor:
    """The model in a folder, whatever its kind."""
    if not (folder / MODEL).exists():
        if folder.is_file():
            raise CharrnnError(f"{folder}: is a file; name the folder that the model is in, here {folder.parent}")
        if (folder / LOCK).exists():
            raise CharrnnError(f"{folder}: no model here yet; a training that has begun saves one when it first evaluates")
        raise CharrnnError(f"{folder}: there is no model here; make one with `charrnn train CORPUS -m {folder}`")
    model = from_archive(*read_archive(folder / MODEL), folder / MODEL)
    model.folder = folder
    return model


def from_archive(arrays: Mapping[str, np.ndarray], description: Mapping[str, Any], path: Path) -> Any:
    """The model that its to_archive() took apart.

    Raises CharrnnError, naming `path`, where the kind is unknown here, the parts do not fit, or weights are not finite: a
    file whose checksum is right may still have been made by anybody.
    """
    kind = description.get("kind") if isinstance(description, Mapping) else None
    if not isinstance(kind, str) or kind not in KINDS:
        raise CharrnnError(f"{path}: holds a model of kind {kind!r:.80}, which this charrnn does not know")
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise CharrnnError(f"{path}: {name} holds numbers that are not finite; restore it from a copy or train again")
    with understood(path):
        check_sizes(arrays, description.get("network", {}))
        return KINDS[kind](arrays, description, path)


def check_sizes(arrays: Mapping[str, np.ndarray], network: Mapping[str, Any]) -> None:
    """Raises ValueError where the network is said to be larger than its arrays are: nothing of that size is to be begun."""
    most = sum(array.size for array in arrays.values())
    for name, size in network.items():
        if isinstance(size, Mapping):
            check_sizes(arrays, size)
        if isinstance(size, int | float) and not 0 <= size <= (len(arrays) if name == "layers" else max(most, 1 << 20)):
            raise ValueError(f"{name} is {size}")


KINDS: dict[str, Callable[[Mapping[str, np.ndarray], Mapping[str, Any], Path], SavedModel | Predictor]] = {
    Classifier.kind: Classifier.from_archive,
    Tagger.kind: Tagger.from_archive,
    Rewriter.kind: Rewriter.from_archive,
    TreeLabeller.kind: TreeLabeller.from_archive,
    RecurrentModel.kind: RecurrentModel.from_archive,
    NgramModel.kind: NgramModel.from_archive,
    Mixture.kind: partial(Mixture.from_archive, open_part=from_archive),
}
