"""charrnn sample"""

import click

from charrnn.cli.options import examples, models_option, options_of
from charrnn.report.samples import PrintOptions


@click.command(
    short_help="Write new text.",
    epilog=examples("charrnn sample --prime 'Dear ' --temperature 0.7", "charrnn sample -m names --count 20 --unique"),
)
@models_option
@options_of(PrintOptions)
def sample(models, options):
    """Write new text in the style of the model's corpus.

    A model trained with --lines writes one line per text; --count 20 gives twenty. Others start after a newline and write
    --length characters.
    """
    from charrnn.report.mixture import open_and_say
    from charrnn.report.samples import print_texts

    print_texts(open_and_say(models, options), models, options)
