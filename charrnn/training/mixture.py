"""A mixture from model folders and options: opened, weighed or fitted on a text, put in a model folder of its own."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.folder import forget_training, open_model
from charrnn.models.kept_text import kept_text, save_with_text
from charrnn.models.language_model import LanguageModel
from charrnn.models.mixture import Mixture
from charrnn.scoring.fit_mixture import fit
from charrnn.scoring.score import text_sequences
from charrnn.text.corpus import read_units


def make_mixture(
    models: Sequence[Path | LanguageModel],
    folder: Path | None = None,
    *,
    weights: Sequence[float] = (),
    way: str = "log-linear",
    fit_on: Sequence[str] = (),
    encoding: str = "utf-8",
    overwrite: bool = False,
) -> Mixture:
    """The mixture of models, or of those in folders; saved in `folder` where one is named.

    weights: one for each model, or none: then all are alike, or fitted on the text files fit_on. The text that the
    models learnt from is kept where the folders of all of them keep it: one after the other, equal ones once. Raises
    CharrnnError for weights that cannot be, vocabularies that do not meet, and where the folder holds a model (unless
    overwrite) or cannot be written.
    """
    if len(weights) and fit_on:
        raise CharrnnError("--weight gives the weights and --fit-on finds them; leave one out")
    opened = [open_model(model) if isinstance(model, Path) else model for model in models]
    mixture = Mixture(opened, weights, way)
    if folder:
        from charrnn.training.preparation import check_folder  # takes 25 ms, for saving alone

        check_folder(folder, overwrite, option="-o")
    if fit_on:
        vocabulary = mixture.vocabulary
        units = read_units(fit_on, level=vocabulary.level, encoding=encoding)
        mixture = fit(opened, text_sequences(vocabulary, units, lines=mixture.lines), way)
    if folder:
        _save(mixture, folder, fit_on, _kept_texts(models))
    return mixture


def _save(mixture: Mixture, folder: Path, fitted_on: Sequence[str], text: np.ndarray | None) -> None:
    from charrnn.training.preparation import figures_summary

    fitted = {"fitted_on": list(fitted_on)} if fitted_on else {}
    mixture.summary = fitted | figures_summary(None, ("charrnn", "numpy"))
    save_with_text(mixture, folder, text)
    forget_training(folder)


def _kept_texts(models: Sequence[Path | LanguageModel]) -> np.ndarray | None:
    """The different texts that the models' folders keep, one after the other; None where one keeps none."""
    texts: list[np.ndarray] = []
    for model in models:
        text = kept_text(model) if isinstance(model, Path) else None
        if text is None:
            return None
        if not any(np.array_equal(text, other) for other in texts):
            texts.append(text)
    return np.concatenate(texts)
