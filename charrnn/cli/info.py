"""charrnn info"""

import click

from charrnn.cli.options import examples, model_option


@click.command(
    short_help="Describe models.",
    epilog=examples("charrnn info -m names", "charrnn info small large --html models.html"),
)
@click.argument("models", nargs=-1)
@model_option
@click.option("--json", "as_json", is_flag=True, help="Everything known, as one JSON object; of several models, a list.")
@click.option("--html", metavar="FILE", help="Write a page: the models, how their training went, what they wrote.")
def info(models, model, as_json, html):
    """Describe the models in the folders MODELS, or that of -m: network, text, training, held-out figures."""
    from charrnn import api
    from charrnn.report.info import print_info, print_json

    names = models or (model,)
    opened = [api.load(name) for name in names]
    if html is not None:
        from charrnn.report.page.info import write_info

        write_info(opened, names, html)
    if as_json:
        print_json(opened)
        return
    for k, (one, name) in enumerate(zip(opened, names, strict=True)):
        if k:
            click.echo()
        print_info(one, name)
