"""charrnn bench"""

import click

from charrnn.network.config import ATTENTIONS, DIRECTIONS, PRECISIONS


@click.command(short_help="Measure speed on this machine.")
@click.option("--cell", default="lstm", show_default=True, help="Recurrent cell.")
@click.option("--layers", type=click.IntRange(min=1), default=1, show_default=True, help="Recurrent layers.")
@click.option("--hidden", type=click.IntRange(min=1), default=512, show_default=True, help="Hidden units a layer.")
@click.option(
    "--embedding", type=click.IntRange(min=0), default=None, help="Length of the embedding; without it, as --hidden."
)
@click.option("--batch-size", type=click.IntRange(min=1), default=32, show_default=True, help="Rows read side by side.")
@click.option("--window", type=click.IntRange(min=1), default=96, show_default=True, help="Characters a row and step.")
@click.option("--streams", type=click.IntRange(min=1), default=64, show_default=True, help="Texts written side by side.")
@click.option("--symbols", type=click.IntRange(min=2), default=65, show_default=True, help="Size of the vocabulary.")
@click.option("--direction", type=click.Choice(DIRECTIONS), default="forward", show_default=True, help="As for train.")
@click.option("--attention", type=click.Choice(ATTENTIONS), default="none", show_default=True, help="As for train.")
@click.option("--attention-window", type=click.IntRange(min=1), default=64, show_default=True, help="As for train.")
@click.option("--precision", type=click.Choice(PRECISIONS), default="float32", show_default=True,
              help="Of the factors in training's matrix products.")  # fmt: skip
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), default=4.0, show_default=True,
              help="Time for each measurement.")  # fmt: skip
@click.option("--only", type=click.Choice(["training", "sampling", "scoring"]), default=None, help="Just one of the three.")
@click.option("--json", "as_json", is_flag=True, help="The figures as one JSON object.")
def bench(only, as_json, **network):
    """Measure training, sampling and scoring of a network of random weights: median characters per second.

    Operations are counted as 6 for each weight and character in training; the peak is that of large float32 products.
    """
    from charrnn.report.bench import BenchOptions, measure, print_figures

    print_figures(measure(BenchOptions(**network), only), as_json)
