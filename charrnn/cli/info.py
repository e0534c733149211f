"""charrnn info"""

import click

from charrnn.cli.options import model_option


@click.command(short_help="Say what a model is.")
@model_option
@click.option("--json", "as_json", is_flag=True, help="Everything, as one JSON object.")
def info(model, as_json):
    """Say what a model is: its network, its text, its training and its held-out figures."""
    from charrnn import api
    from charrnn.report.info import print_info

    print_info(api.load(model), model, as_json)
