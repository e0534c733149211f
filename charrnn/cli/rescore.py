"""charrnn rescore"""

import click

from charrnn.cli.options import FiniteRange, mixture_options, nothing_piped


@click.command(short_help="Choose among hypotheses.")
@click.argument("lists", nargs=-1)
@mixture_options
@click.option("--format", "layout", type=click.Choice(["tsv", "srilm", "rnnlm"]), default="tsv", show_default=True,
              help="utterance, score and text with tabs; SRILM's n-best files; rnnlm's `utterance text`.")  # fmt: skip
@click.option("--lm-weight", type=FiniteRange(min=0), default=1.0, show_default=True,
              help="Factor of the model's logarithm beside the earlier score.")  # fmt: skip
@click.option(
    "--length-penalty", type=FiniteRange(), default=0.0, show_default=True, help="Added for each character (base 10)."
)
@click.option("--tune", metavar="REFERENCES", help="Find both on these lists, whose right texts the file gives.")
@click.option("--best", is_flag=True, help="Write the best hypothesis of each utterance only.")
@click.option(
    "--join", "glue", default=" ", show_default="a space", help="Between the words of srilm lists; '' for Chinese."
)
@click.option("--encoding", default="utf-8", show_default=True, help="Encoding of the files.")
def rescore(lists, mixture, layout, lm_weight, length_penalty, tune, best, glue, encoding):
    """Write LISTS of hypotheses (- is standard input) back, in their order, with the language model's say added.

    The total is earlier + weight × log10 p(text) + penalty × characters. It takes the place of the score in tsv lists and
    is the line written for rnnlm's; in SRILM's, the model's own logarithm takes the place of lscore.
    """
    if tune and (lm_weight != 1 or length_penalty):
        raise click.UsageError("--tune finds weight and penalty; leave out --lm-weight and --length-penalty.")
    if not lists and nothing_piped():
        raise click.UsageError("Missing argument 'LISTS...': name a file or pipe a list in.")
    from charrnn.report.mixture import open_models
    from charrnn.report.rescore import run_rescoring

    run_rescoring(
        open_models(**mixture, encoding=encoding), lists or ("-",), layout, weight=lm_weight, penalty=length_penalty,
        best=best, tune_on=tune, glue=glue, encoding=encoding,
    )  # fmt: skip
