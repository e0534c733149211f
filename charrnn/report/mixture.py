"""Opening the model that a command was given, or the mixture of several, and saying what was fitted."""

from collections.abc import Sequence

from charrnn import api
from charrnn.models.language_model import LanguageModel, SavedModel
from charrnn.models.mixture import Mixture
from charrnn.models.ngram.model import NgramModel
from charrnn.models.options import MixtureOptions
from charrnn.report.say import held_out_figures, say
from charrnn.wording import symbol_name


def open_and_say(models: Sequence[str], options: MixtureOptions) -> LanguageModel:
    """The one model named, or the mixture of several; weights that were fitted are said."""
    model = api.open_models(models, options)
    if isinstance(model, Mixture) and options.fit_on:
        say_mixture(model, options)
    return model


def say_hybrid(hybrid: SavedModel | None) -> None:
    """Say what a network and an n-gram of its text reach, apart and together."""
    if not isinstance(hybrid, Mixture):
        say("hybrid: the text is too short to fit weights on a part of it; the network stays alone")
        return
    *_, counts = hybrid.models
    assert isinstance(counts, NgramModel)
    weights = " and ".join(f"{weight:.2f}" for weight in hybrid.weights_M)
    symbol = symbol_name(hybrid.vocabulary.level)
    symbol = "character" if symbol == "byte" else symbol
    for name, model in ((f"n-gram of the same text, order {counts.order}", counts), (f"both, weights {weights}", hybrid)):
        held_out = model.summary["held_out"]
        say(f"{name}: held-out {held_out_figures(held_out, symbol)}" if held_out else name)


def say_mixture(mixture: Mixture, options: MixtureOptions) -> None:
    """Say the options that make this mixture of its models."""
    made = " ".join([f"--mix {mixture.way}", *(f"--weight {weight:.4f}" for weight in mixture.weights_M)])
    say(f"{f'weights fitted on {options.fit_on}' if options.fit_on else 'mixture'}: {made}")
