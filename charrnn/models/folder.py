"""The model folder: which files there are, and opening the model in it whatever its kind."""

from pathlib import Path

from charrnn.errors import CharrnnError
from charrnn.models.archive import read_archive, write_archive
from charrnn.models.language_model import LanguageModel
from charrnn.models.ngram.model import KIND as NGRAM
from charrnn.models.ngram.model import NgramModel
from charrnn.models.recurrent import KIND as RECURRENT
from charrnn.models.recurrent import RecurrentModel

MODEL = "model.safetensors"  # the best weights so far, self-contained
RESUME = "resume.safetensors"  # everything to continue bit for bit
LOG = "log.jsonl"  # one line an evaluation
CURVE = "curve.svg"
TEXT = "text.safetensors"  # what was learnt from, where it is kept


def exists(folder: Path) -> bool:
    return (folder / MODEL).exists() or (folder / RESUME).exists()


def save_model(model: RecurrentModel | NgramModel, folder: Path) -> None:
    write_archive(folder / MODEL, *model.to_archive())


def load_model(folder: Path, *, compiled: bool = False) -> LanguageModel:
    """The model in a folder; `compiled` for long work (see RecurrentModel).

    Raises CharrnnError where there is none, or it is damaged, or of a kind unknown here.
    """
    if not (folder / MODEL).exists():
        raise CharrnnError(f"{folder}: there is no model here; make one with `charrnn train CORPUS -m {folder}`")
    arrays, description = read_archive(folder / MODEL)
    if description.get("kind") == RECURRENT:
        return RecurrentModel.from_archive(arrays, description, folder / MODEL, compiled=compiled)
    if description.get("kind") == NGRAM:
        return NgramModel.from_archive(arrays, description, folder / MODEL)
    raise CharrnnError(f"{folder}: holds a model of kind {description.get('kind')!r}, which this charrnn does not know")
