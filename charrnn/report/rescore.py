"""Rescored lists of hypotheses, written back."""

import sys
from collections.abc import Callable, Sequence

from charrnn.report.say import say
from charrnn.scoring.options import RescoreOptions
from charrnn.scoring.rescore import Errors, Rescored


def _tsv(one: Rescored, best: bool) -> str:
    return f"{one.hypothesis.utterance}\t{one.total:.6f}\t{one.hypothesis.text}"


def _srilm(one: Rescored, best: bool) -> str:
    acoustic, words, text = one.hypothesis.fields
    return f"{acoustic} {one.language:.6f} {words} {text}"


def _rnnlm(one: Rescored, best: bool) -> str:
    return f"{one.hypothesis.utterance} {one.hypothesis.text}" if best else f"{one.total:.6f}"


WRITERS: dict[str, Callable[[Rescored, bool], str]] = {"tsv": _tsv, "srilm": _srilm, "rnnlm": _rnnlm}


def say_errors(errors: Errors, options: RescoreOptions) -> None:
    """On standard error, with what was tuned if anything was."""
    found = f"{options.references}: "
    if options.tune:
        found = f"tuned on {options.tune}: --lm-weight {errors.weight:.4g} --length-penalty {errors.penalty:.4g}; "
    counted = f"{errors.wrong} of {errors.characters} characters wrong, {errors.earlier} with the earlier scores"
    say(f"{found}{counted}, {errors.least} at the least")


def print_rescored(rescored: Sequence[Rescored], options: RescoreOptions) -> None:
    for one in rescored:
        sys.stdout.write(WRITERS[options.format](one, options.best) + "\n")
