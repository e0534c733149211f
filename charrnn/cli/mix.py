"""charrnn mix"""

import click


@click.command(short_help="Save several models as one.")
@click.argument("models", nargs=-1, required=True, type=click.Path())
@click.option("-o", "--output", required=True, type=click.Path(), help="Model folder to write.")
@click.option("--weight", type=float, multiple=True, help="Weight of each model, in order; else all alike.")
@click.option("--mix", type=click.Choice(["linear", "log-linear"]), default="log-linear", show_default=True,
              help="Their probabilities added, or multiplied.")  # fmt: skip
@click.option("--fit-on", metavar="FILE", help="Fit the weights on this text, which no model has learnt from.")
@click.option("--encoding", default="utf-8", show_default=True, help="Encoding of the text to fit on.")
@click.option("--overwrite", is_flag=True, help="Replace the model in the folder.")
def mix(models, output, weight, mix, fit_on, encoding, overwrite):
    """Save the models in the folders MODELS as one, a mixture, in a folder of its own.

    The folder holds the models whole, and serves every command that one model does.
    """
    if len(models) < 2:
        raise click.UsageError("A mixture is of two models or more; name another one.")
    if weight and len(weight) != len(models):
        raise click.UsageError(f"{len(models)} models and {len(weight)} weights; give each model one --weight.")
    if weight and fit_on:
        raise click.UsageError("--weight gives the weights and --fit-on finds them; leave one out.")
    from charrnn.report.mixture import run_mixing

    run_mixing(models, output, weight=weight, mix=mix, fit_on=fit_on, encoding=encoding, overwrite=overwrite)
