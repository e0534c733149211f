"""Counting an n-gram model as a person meets it, and what an n-gram makes of a network's text."""

import math
from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import Any

from charrnn.models.folder import MODEL
from charrnn.models.ngram.arpa import write_arpa_file
from charrnn.models.ngram.model import NgramModel
from charrnn.report.say import held_out_figures, say
from charrnn.report.signals import Interrupted, signals_heeded
from charrnn.training import baseline
from charrnn.training.ngram import train_ngram
from charrnn.training.options import NgramOptions
from charrnn.training.task import Task
from charrnn.wording import symbol_name


def run_counting(corpus: Sequence[str], model: str, options: NgramOptions) -> None:
    """Count, save and tell on standard error. A signal ends the counting, and nothing of it stays; what is saved is saved
    whole."""
    with signals_heeded("interrupted: nothing is saved") as signals:

        def saving() -> None:
            signals.note()
            signals.last_words = f"interrupted while {model} was saved; count again with --overwrite"

        try:
            signals.interrupt()
            counted, notes = train_ngram(corpus, Path(model), options, saving=saving)
        except Interrupted:
            signals.leave()
        _tell(counted, notes, model)
        if options.arpa:
            with signals.losing_nothing(f"interrupted: {model} is saved, its ARPA text is not"):
                write_arpa_file(counted, Path(options.arpa))
            say(f"ARPA text: {options.arpa}")


def _tell(counted: NgramModel, notes: Sequence[str], model: str) -> None:
    for note in notes:
        say(note)
    pruning, held_out = counted.summary["min_counts"], counted.summary["held_out"]
    sizes = " ".join(f"{number:,}" for number in counted.ngrams)
    say(f"n-gram: order {counted.order}, fewest occurrences {' '.join(map(str, pruning))}; n-grams of each order: {sizes}")
    if held_out:
        say(f"held-out: {held_out_figures(held_out, symbol_name(counted.vocabulary.level))}")
    say(f"model: {Path(model) / MODEL}; score with: charrnn score -m {quote(model)}")


def announcement(found: dict[str, Any] | None, task: Task) -> str:
    """A line that says, before a network is trained, what the task's simple model makes of the held-out examples."""
    if found is None and task.unit != "characters":
        return "comparison skipped: nothing is held out, or it would take too long"
    if found is None:
        most = f"{baseline.MOST_CHARACTERS:,} characters"
        why = f"the text is above {most}, nothing is held out, or it would take more than a tenth of the time"
        return f"n-gram: comparison skipped, {why}; charrnn ngram counts one"
    return f"to beat: {_figure(found, task)}"


def comparison(found: dict[str, Any], network_nats: float, task: Task) -> str:
    """A line that compares a network's held-out figure with what the task's simple model reached."""
    gap = (found[task.figure] - network_nats) / math.log(2)
    verdict = f"the network is better by {gap:.4f}" if gap > 0 else f"it beats the network by {-gap:.4f}"
    return f"{_figure(found, task)}; {verdict}"


def _figure(found: dict[str, Any], task: Task) -> str:
    made = found["made"] if "made" in found else f"n-gram of the same text, order {found['order']}"
    name, factor = task.shown_as
    right = f", {found['accuracy']:.1%} right" if "accuracy" in found else ""
    return f"{made}: {found[task.figure] * factor:.4f} {name}{right}"
