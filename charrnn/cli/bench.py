"""charrnn bench"""

import click

from charrnn.cli.options import examples, options_of
from charrnn.training.options import BenchOptions


@click.command(
    short_help="Measure speed on this machine.",
    epilog=examples("charrnn bench --hidden 256 --only training", "charrnn bench --seconds 1 --json"),
)
@options_of(BenchOptions)
@click.option("--json", "as_json", is_flag=True, help="The figures as one JSON object.")
def bench(options, as_json):
    """Measure training, sampling and scoring of a network of random weights: median characters per second.

    Training counts 6 operations per weight and character; the peak is measured with large float32 matrix products.
    """
    from charrnn.report.bench import print_figures
    from charrnn.speed import measure

    print_figures(measure(options), as_json)
