"""charrnn rescore"""

import click

from charrnn.cli.options import files_or_stdin, models_option, options_of
from charrnn.scoring.options import RescoreOptions


@click.command(short_help="Choose among hypotheses.")
@click.argument("lists", nargs=-1)
@models_option
@options_of(RescoreOptions)
def rescore(lists, models, options):
    """Write LISTS of hypotheses (- is standard input) back, in their order, with the language model's say added.

    The total is earlier + weight × log10 p(text) + penalty × characters. It takes the place of the score in tsv lists and
    is the line written for rnnlm's; in SRILM's, the model's own logarithm takes the place of lscore.
    """
    files = files_or_stdin(lists, "LISTS")
    from charrnn.report.mixture import open_and_say
    from charrnn.report.rescore import print_rescored, say_tuned
    from charrnn.scoring.rescore import rescore as rescore_lists

    rescored, tuned = rescore_lists(open_and_say(models, options), files, options)
    if tuned:
        say_tuned(tuned, options)
    print_rescored(rescored, options)
