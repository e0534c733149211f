"""Opening the model that a command was given, or the mixture of several, and saying what was fitted."""

from collections.abc import Sequence

from charrnn import api
from charrnn.models.language_model import LanguageModel
from charrnn.models.mixture import Mixture
from charrnn.models.options import MixtureOptions
from charrnn.report.say import say


def open_and_say(models: Sequence[str], options: MixtureOptions) -> LanguageModel:
    """The one model named, or the mixture of several; weights that were fitted are said."""
    model = api.open_models(models, options)
    if isinstance(model, Mixture) and options.fit_on:
        fitted = " ".join(f"--weight {weight:.4f}" for weight in model.weights_M)
        say(f"weights fitted on {options.fit_on}: --mix {model.way} {fitted}")
    return model
