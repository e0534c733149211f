"""What every training begins with and notes in the end, whatever it trains."""

import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from charrnn.errors import CharrnnError
from charrnn.models.folder import exists
from charrnn.models.kept_text import save_with_text
from charrnn.models.language_model import SavedModel, Tally
from charrnn.text.corpus import Corpus
from charrnn.text.symbols import UNKNOWN
from charrnn.text.vocabulary import Vocabulary
from charrnn.training.options import ReadingOptions


def check_folder(folder: Path, overwrite: bool, *, resumable: bool = False, option: str = "-m") -> None:
    """Raises CharrnnError where the folder, which `option` names, holds a model (unless overwrite) or cannot be written."""
    if exists(folder) and not overwrite:
        resume = "--resume it, " if resumable else ""
        raise CharrnnError(f"{folder}: holds a model already; {resume}--overwrite it, or name another with {option}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CharrnnError(f"{folder}: cannot be written ({error.strerror}); name another place with {option}") from None


def save_first(model: SavedModel, folder: Path, corpus: Corpus, *, with_text: bool) -> None:
    """Write a training's first model, where asked for with the text learnt from (held-out text is not)."""
    save_with_text(model, folder, corpus.training if with_text else None)


def build_vocabulary(corpus: Corpus, options: ReadingOptions) -> Vocabulary:
    """The vocabulary of the training part. Raises CharrnnError where every character is rarer than --min-count."""
    vocabulary = Vocabulary.build(corpus.training, options.level, options.min_count)
    if vocabulary.symbols == "\n":
        raise CharrnnError(f"--min-count {options.min_count}: no character is seen so often; give a smaller number")
    return vocabulary


def describe(corpus: Corpus, vocabulary: Vocabulary) -> list[str]:
    """Size of the text, and what a user should know of its characters."""
    training, held_out = len(corpus.training), len(corpus.held_out)
    notes = [f"text: {training:,} characters to learn from, {held_out:,} held out, {vocabulary.size - 1:,} different"]
    unknown = int((vocabulary.encode(corpus.held_out) == UNKNOWN).sum())
    if unknown:
        notes.append(f"held-out text has {unknown:,} characters that are unknown in the text learnt from")
    if held_out < 2:
        notes.append("nothing is held out, for the text is too short: the last weights are kept, not the best")
    return notes


def corpus_summary(corpus: Corpus, lines: bool) -> dict[str, Any]:
    """What a model notes of its text, as JSON takes it."""
    return {
        "reading": "lines" if lines else "stream",
        "corpus": {
            "sources": list(corpus.sources),
            "training_characters": len(corpus.training),
            "held_out_characters": len(corpus.held_out),
        },
    }


def figures_summary(tally: Tally | None, packages: Sequence[str]) -> dict[str, Any]:
    """The versions of the packages that made the model, and its held-out figures with and without unknown characters."""
    return {
        "versions": {name: metadata.version(name) for name in packages},
        "held_out": None if tally is None else tally.to_json() | {"known": tally.without_unknown().to_json()},
    }
