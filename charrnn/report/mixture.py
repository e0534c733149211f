"""Opening the model that a command was given, or the mixture of several, saving mixtures, and saying what was fitted."""

from collections.abc import Sequence
from pathlib import Path

from charrnn import api
from charrnn.models.folder import MODEL
from charrnn.models.language_model import LanguageModel
from charrnn.models.mixture import Mixture
from charrnn.report.say import say


def open_models(
    models: Sequence[str],
    weights: Sequence[float] = (),
    mix: str = "log-linear",
    fit_on: str | None = None,
    encoding: str = "utf-8",
) -> LanguageModel:
    """The one model named, or the mixture of several; `encoding` is that of the text to fit weights on."""
    if len(models) == 1:
        return api.load(models[0])
    mixture = api.mix(models, weight=weights, mix=mix, fit_on=fit_on or (), encoding=encoding)
    if fit_on:
        say(f"weights fitted on {fit_on}: {_options(mixture)}")
    return mixture


def run_mixing(
    models: Sequence[str],
    output: str,
    *,
    weight: Sequence[float],
    mix: str,
    fit_on: str | None,
    encoding: str,
    overwrite: bool,
) -> None:
    """Make a mixture, save it, and tell on standard error."""
    mixture = api.mix(models, output, weight=weight, mix=mix, fit_on=fit_on or (), encoding=encoding, overwrite=overwrite)
    say(f"{f'weights fitted on {fit_on}' if fit_on else 'mixture'}: {_options(mixture)}")
    say(f"model: {Path(output) / MODEL}; score with: charrnn score -m {output}")


def _options(mixture: Mixture) -> str:
    """The options that make this mixture of its models."""
    return " ".join([f"--mix {mixture.way}", *(f"--weight {weight:.4f}" for weight in mixture.weights_M)])
