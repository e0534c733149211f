"""A mixture that is saved: weighed or fitted on a text, put in a model folder of its own."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np

from charrnn.models.kept_text import NotKept, joined_texts
from charrnn.models.language_model import LanguageModel
from charrnn.models.lock import check_folder, locked
from charrnn.models.mixture import Mixture
from charrnn.models.options import MixOptions
from charrnn.scoring.fit_mixture import mixture_of
from charrnn.training.reading import versions
from charrnn.training.saving import archive_of, new_run, save_first


def make_mixture(models: Sequence[LanguageModel], folder: Path | None, options: MixOptions) -> Mixture:
    """The mixture of the models, saved in `folder` where one is named.

    The text that the models learnt from is kept where the folders of all of them keep it: one after the other, equal ones
    once. Raises CharrnnError for weights that cannot be, vocabularies that do not meet, and where the folder holds a model
    (unless options.overwrite), is in use or cannot be written.
    """
    mixture = Mixture(models, options.weight, options.mix)  # or an error, before there is a folder
    with locked(folder, option="-o") if folder else nullcontext():
        if folder:
            check_folder(folder, options.overwrite, option="-o")
        if options.fit_on:
            mixture = mixture_of(models, options)
        if folder:
            fitted = {"fitted_on": [options.fit_on]} if options.fit_on else {}
            mixture.summary = {**fitted, "versions": versions(("charrnn", "numpy")), "held_out": None}
            save_first(archive_of(mixture, new_run()), folder, _kept_texts(models))
    return mixture


def _kept_texts(models: Sequence[LanguageModel]) -> np.ndarray | None:
    """The texts that the models' folders keep; None where one of them keeps none."""
    try:
        return joined_texts(models)
    except NotKept:
        return None
