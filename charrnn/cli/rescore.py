"""charrnn rescore"""

import click

from charrnn.cli.options import examples, files_or_stdin, models_option, options_of
from charrnn.scoring.options import RescoreOptions


@click.command(
    short_help="Choose among hypotheses.",
    epilog=examples("charrnn rescore lists.tsv --best", "charrnn rescore lists.tsv --lm-weight 0.5"),
)
@click.argument("lists", nargs=-1)
@models_option
@options_of(RescoreOptions)
def rescore(lists, models, options):
    """Rescore LISTS of hypotheses (- or no file: standard input) with a language model, in their order.

    The new score is: old score + weight × log10 p(text) + penalty × characters. It replaces the score in tsv lists, and is
    the line printed for rnnlm's; in SRILM's, the model's own log10 p replaces lscore.
    """
    files = files_or_stdin(lists, "LISTS")
    from charrnn.report.mixture import open_and_say
    from charrnn.report.rescore import print_rescored, say_errors
    from charrnn.scoring.rescore import rescore as rescore_lists

    rescored, errors = rescore_lists(open_and_say(models, options), files, options)
    if errors:
        say_errors(errors, options)
    print_rescored(rescored, options)
