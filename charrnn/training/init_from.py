"""A training that starts from another model's weights (--init-from)."""

from dataclasses import replace
from pathlib import Path

import jax
import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.folder import open_model
from charrnn.models.recurrent import RecurrentModel
from charrnn.network.config import FORM
from charrnn.network.parameters import Parameters
from charrnn.text.words import WordVocabulary
from charrnn.training.hybrid import network_of
from charrnn.training.options import TrainOptions


def network_in(folder: Path) -> RecurrentModel:
    """The network of a model folder. Raises CharrnnError where there is none, or several."""
    network = network_of(open_model(folder))
    if network is None:
        raise CharrnnError(f"{folder}: is no recurrent network, nor a mixture with one, so its weights cannot start one")
    return network


def like(options: TrainOptions, before: RecurrentModel) -> TrainOptions:
    """The options with the network's form taken from a model. Raises CharrnnError where they ask for another."""
    form = {name: getattr(before.config, name) for name in ("hidden", "softmax", *FORM)}
    form["level"] = before.vocabulary.level
    if isinstance(before.vocabulary, WordVocabulary):
        form["tokens"] = before.vocabulary.tokens
    if before.config.attention == "none":
        del form["attention_window"]
    for name, value in form.items():
        if getattr(options, name) not in (None, value):
            raise CharrnnError(
                f"--{name.replace('_', '-')} {getattr(options, name)}: the model of --init-from has {value}; leave it out"
            )
    return replace(options, **form)


def grown(before: RecurrentModel, fresh: Parameters) -> Parameters:
    """The model's parameters, with those of new symbols taken from freshly made ones."""

    def grow(old: np.ndarray, new: np.ndarray) -> np.ndarray:
        larger = np.array(new)
        larger[tuple(slice(size) for size in old.shape)] = old
        return larger

    return jax.tree.map(grow, before.parameters, fresh)
