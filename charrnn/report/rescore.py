"""Lists of hypotheses, rescored and written back."""

import sys
from collections.abc import Callable, Sequence

from charrnn.models.language_model import LanguageModel
from charrnn.report.say import say
from charrnn.scoring.rescore import Rescored, best_of_each, language_scores, totals, tune
from charrnn.text.nbest import read_lists, read_references


def _tsv(one: Rescored, best: bool) -> str:
    return f"{one.hypothesis.utterance}\t{one.total:.6f}\t{one.hypothesis.text}"


def _srilm(one: Rescored, best: bool) -> str:
    acoustic, words, text = one.hypothesis.fields
    return f"{acoustic} {one.language:.6f} {words} {text}"


def _rnnlm(one: Rescored, best: bool) -> str:
    return f"{one.hypothesis.utterance} {one.hypothesis.text}" if best else f"{one.total:.6f}"


WRITERS: dict[str, Callable[[Rescored, bool], str]] = {"tsv": _tsv, "srilm": _srilm, "rnnlm": _rnnlm}


def run_rescoring(
    model: LanguageModel,
    names: Sequence[str],
    layout: str,
    *,
    weight: float,
    penalty: float,
    best: bool,
    tune_on: str | None,
    glue: str,
    encoding: str,
) -> None:
    """Read, score, tune where references are given, and write the lists, or the best of each, to standard output."""
    hypotheses = read_lists(names, layout, glue=glue, encoding=encoding)
    references = read_references(tune_on, encoding) if tune_on else None
    language = language_scores(model, hypotheses)
    if references is not None:
        tuned = tune(hypotheses, language, references)
        weight, penalty = tuned.weight, tuned.penalty
        say(
            f"tuned on {tune_on}: --lm-weight {weight:.4g} --length-penalty {penalty:.4g}; {tuned.errors} wrong of "
            f"{tuned.characters} characters, {tuned.errors_before} by the earlier scores"
        )
    rescored = totals(hypotheses, language, weight, penalty)
    for one in best_of_each(rescored) if best else rescored:
        sys.stdout.write(WRITERS[layout](one, best) + "\n")
