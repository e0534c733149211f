"""charrnn mix"""

import click

from charrnn.cli.options import examples, options_of
from charrnn.models.options import MixOptions


@click.command(
    short_help="Save several models as one.",
    epilog=examples("charrnn mix net counts -o both", "charrnn mix net counts --fit-on held-out.txt -o both"),
)
@click.argument("models", nargs=-1, required=True)
@click.option("-o", "--output", required=True, metavar="FOLDER", help="Model folder to write.")
@options_of(MixOptions)
def mix(models, output, options):
    """Save the models in the folders MODELS as one, a mixture.

    Its folder holds copies of the models, and every command takes it as it takes one model.
    """
    if len(models) < 2:
        raise click.UsageError("A mixture is of two models or more; name another one.")
    from pathlib import Path
    from shlex import quote

    from charrnn.models.folder import MODEL, open_model
    from charrnn.report.mixture import say_mixture
    from charrnn.report.say import say
    from charrnn.training.mixture import make_mixture

    say_mixture(make_mixture([open_model(Path(folder)) for folder in models], Path(output), options), options)
    say(f"model: {Path(output) / MODEL}; score with: charrnn score -m {quote(output)}")
