"""The text that a model was trained on, kept in its folder where asked for: what it writes can be compared with it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.archive import read_archive, write_archive
from charrnn.models.folder import TEXT
from charrnn.models.language_model import LanguageModel
from charrnn.models.mixture import Mixture
from charrnn.text.long_array import LongArray, blocks, value_counts

KIND = "text"
MOST_KEPT = 1 << 28  # characters: the file is made in memory, and read whole


def check_keepable(units: LongArray) -> None:
    """Raises CharrnnError where the text is too long to be kept."""
    if len(units) > MOST_KEPT:
        raise CharrnnError(
            f"--keep-text keeps texts of up to {MOST_KEPT:,} characters, and this has {len(units):,}; leave it out"
        )


def keep_text(folder: Path, units: LongArray) -> None:
    """Write the text (units, see text/vocabulary.py) into the model folder, in the smallest integer type that holds it."""
    largest, end = int(value_counts(units)[0].max(initial=0)), 0
    kept = np.empty(len(units), np.min_scalar_type(largest))
    for block in blocks(units):
        begin, end = end, end + len(block)
        kept[begin:end] = block
    write_archive(folder / TEXT, {"units": kept}, {"kind": KIND})


def kept_text(folder: Path) -> np.ndarray | None:
    """The units kept in a model folder; None where none are. Raises CharrnnError where the file is damaged."""
    if not (folder / TEXT).exists():
        return None
    arrays, description = read_archive(folder / TEXT)
    if description.get("kind") != KIND or set(arrays) != {"units"}:
        raise CharrnnError(f"{folder / TEXT}: holds no text of a model; restore it from a copy or train again")
    return arrays["units"]


class NotKept(CharrnnError):
    """The text that a model was trained on is not in its folder."""


def text_learnt_from(model: LanguageModel) -> np.ndarray:
    """The units that the model's folder keeps; of a mixture without a folder, those of its parts.

    Raises NotKept, and CharrnnError where the file is damaged.
    """
    folder = getattr(model, "folder", None)
    if folder is None and isinstance(model, Mixture):
        return joined_texts(model.models)
    units = kept_text(folder) if folder else None
    if units is None:
        where = folder or "the model"
        means = "name it with --corpus FILE, or train with --keep-text"
        raise NotKept(f"{where}: does not hold the text to compare with for --novel, --not-in-corpus and --report; {means}")
    return units


def joined_texts(models: Sequence[LanguageModel]) -> np.ndarray:
    """The different texts that the models have learnt from, one after the other. Raises as text_learnt_from does."""
    texts: list[np.ndarray] = []
    for model in models:
        text = text_learnt_from(model)
        if not any(np.array_equal(text, other) for other in texts):
            texts.append(text)
    return np.concatenate(texts)
