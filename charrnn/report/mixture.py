"""Opening the model that a command was given, or the mixture of several, and saying what was fitted."""

from collections.abc import Sequence

from charrnn import api
from charrnn.models.language_model import LanguageModel
from charrnn.report.say import say


def open_models(
    models: Sequence[str],
    weights: Sequence[float] = (),
    mix: str = "log-linear",
    fit_on: str | None = None,
    encoding: str = "utf-8",
) -> LanguageModel:
    """The one model named, or the mixture of several; `encoding` is that of the text to fit weights on."""
    opened = [api.load(folder) for folder in models]
    if len(opened) == 1:
        return opened[0]
    mixture = api.mix(opened, weights=weights, way=mix, fit_on=[fit_on] if fit_on else [], encoding=encoding)
    if fit_on:
        fitted = " ".join(f"--weight {weight:.4f}" for weight in mixture.weights_M)
        say(f"weights fitted on {fit_on}: --mix {mixture.way} {fitted}")
    return mixture
