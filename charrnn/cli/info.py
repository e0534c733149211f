"""charrnn info"""

import click

from charrnn.cli.options import examples, model_option


@click.command(short_help="Describe a model.", epilog=examples("charrnn info -m names", "charrnn info -m names --json"))
@model_option
@click.option("--json", "as_json", is_flag=True, help="Everything known, as one JSON object.")
def info(model, as_json):
    """Describe a model: network, text, training, held-out figures."""
    from charrnn import api
    from charrnn.report.info import print_info

    print_info(api.load(model), model, as_json)
