"""What a model is, for people and for programs."""

import json
import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

from charrnn.files import strict_json
from charrnn.models.archive import understood
from charrnn.models.language_model import SavedModel, describe
from charrnn.models.predictor import Predictor
from charrnn.network.cells import title
from charrnn.report.predictions import MEASURES
from charrnn.report.say import figures, held_out_figures, told_also
from charrnn.wording import counted, epochs_of, symbol_name, unit_name

MOST_NAMED = 12  # labels

Facts = dict[str, Any]  # what models.language_model.describe says
Rows = list[tuple[str, str]]  # each a name and a value


def print_info(model: SavedModel | Predictor, folder: str) -> None:
    with understood(folder):
        rows = rows_of(describe(model))
    for name, value in [("model", folder), *rows]:
        sys.stdout.write(f"{name:12}{value}\n")


def print_json(models: Sequence[SavedModel | Predictor]) -> None:
    """Everything known of a model, as one object; of several, as a list."""
    facts = [strict_json(describe(model)) for model in models]
    sys.stdout.write(json.dumps(facts if len(facts) > 1 else facts[0], ensure_ascii=False, indent=2) + "\n")


def rows_of(facts: Facts) -> Rows:
    """What a model is, as people are told it; a name that is empty goes on with the row before."""
    form, course = _form_and_course(facts)
    if facts["kind"] in MEASURES:
        return [*form, *course]
    vocabulary, rows = facts["vocabulary"], list(form)
    symbol = symbol_name(vocabulary["level"])
    rows.append(("vocabulary", f"{counted(vocabulary['size'] - 1, symbol)} and the unknown symbol"))
    if corpus := facts.get("corpus"):
        reading = "lines" if facts["reading"] == "lines" else "one stream"
        rows.append(("corpus", f"{', '.join(corpus['sources'])}, read as {reading}"))
        unit = unit_name(vocabulary["level"])
        parts = f"{counted(corpus['training_characters'], unit)} learnt from, {corpus['held_out_characters']:,} held out"
        rows.append(("", parts))
    if parent := facts.get("parent"):
        learnt = f", which had learnt from {', '.join(parent['sources'])}" if parent["sources"] else ""
        rows.append(("parent", f"{parent['model']}{learnt}"))
    rows += course
    if facts.get("held_out"):
        rows.append(("held-out", held_out_figures(facts["held_out"], symbol)))
    if baseline := facts.get("baseline"):
        figure = "nats_per_word" if symbol == "word" else "nats_per_character"
        rows.append(("baseline", f"n-gram of order {baseline['order']}: {figures(baseline[figure], symbol)}"))
    if also := facts.get("also"):
        rows.append(("also", told_also(also, symbol)))
    if versions := facts.get("versions"):
        rows.append(("made with", ", ".join(f"{name} {version}" for name, version in versions.items())))
    return rows


def _form_and_course(facts: Facts) -> tuple[Rows, Rows]:
    """What the model is made of, in one row at least, and how it was made."""
    layout = LAYOUTS.get(facts["kind"])
    return layout(facts) if layout else ([("kind", facts["kind"])], [])


def _network_rows(facts: Facts) -> tuple[Rows, Rows]:
    network = facts["network"]
    size = f"{network['layers']} × {network['hidden']} {title(network['cell'])}, {facts['parameters']:,} parameters"
    form = [("network", size), ("embedding", str(network["embedding"]) if network["embedding"] else "one-hot")]
    if network["output"] == "deep":
        form.append(("output", "deep: a tanh layer over the last two states"))
    if network["cutoffs"]:
        clusters = counted(len(network["cutoffs"]), "cluster")
        form.append(("softmax", f"adaptive: over {network['cutoffs'][0]:,} symbols, and {clusters} of the others"))
    if network["direction"] == "both":
        form.append(("direction", "both: also read from right to left"))
    if network["attention"] != "none":
        form.append(("attention", f"{network['attention']}, over {network['attention_window']} past states"))
    if "steps" not in facts:
        return form, []
    symbol = symbol_name(facts["vocabulary"]["level"])
    seen = counted(facts["words_seen" if symbol == "word" else "characters_seen"], symbol)
    course = [
        ("training", f"{counted(facts['steps'], 'step')}, {epochs_of(facts['epochs'])}, {seen}"),
        ("", f"{counted(round(facts['seconds']), 'second')}, {counted(facts['skipped_steps'], 'step')} skipped"),
    ]
    return form, course


def _ngram_rows(facts: Facts) -> tuple[Rows, Rows]:
    pruning = f", fewest occurrences {' '.join(map(str, facts['min_counts']))}" if "min_counts" in facts else ""
    form = [
        ("n-gram", f"order {facts['order']}, interpolated modified Kneser-Ney{pruning}"),
        ("n-grams", " ".join(f"{number:,}" for number in facts["ngrams"])),
    ]
    return form, [("counting", f"{facts['seconds']:,.1f} seconds")] if "seconds" in facts else []


def _mixture_rows(facts: Facts) -> tuple[Rows, Rows]:
    """A row for each part: its weight, its own first row, and its held-out figure."""
    symbol = symbol_name(facts["vocabulary"]["level"])
    form = [("mixture", f"{facts['mix']}, {len(facts['parts'])} models")]
    for part in facts["parts"]:
        (name, value), *_ = _form_and_course(part)[0]
        held_out = f"; held-out {held_out_figures(part['held_out'], symbol)}" if part.get("held_out") else ""
        form.append(("", f"weight {part['weight']:.4f}: {name}, {value}{held_out}"))
    fitted = facts.get("fitted_on")
    return form, [("weights", f"fitted on {', '.join(fitted)}")] if fitted else []


def _labeller_rows(facts: Facts) -> tuple[Rows, Rows]:
    network, labels = facts["network"], facts["labels"]
    joined = ", joined by a conditional random field" if network.get("crf") else ""
    named = ", ".join(labels[:MOST_NAMED]) + (" …" if len(labels) > MOST_NAMED else "")
    form = _form_of_reader(facts)
    form.insert(2, ("labels", f"{len(labels)}{joined}: {named}"))
    if "children" in network:
        levels = f"learnt from up to {counted(network['levels'], 'level')} above the words"
        form.append(("trees", f"nodes of up to {network['children']} children, {levels}"))
    return form, _course_of_examples(facts)


def _rewriter_rows(facts: Facts) -> tuple[Rows, Rows]:
    network, longest = facts["network"], facts["longest"]
    attention = f"{network['attention']}{', and copying' if network['copy'] else ''}"
    lengths = f"{counted(longest['source'], 'character')} in, {longest['target']:,} out"
    form = [*_form_of_reader(facts), ("attention", attention), ("longest", f"of what was learnt from: {lengths}")]
    return form, _course_of_examples(facts)


def _form_of_reader(facts: Facts) -> Rows:
    """Kind, size and vocabulary of a network whose input is given whole."""
    reader = facts["network"]["reader"]
    ways = "both directions" if reader["direction"] == "both" else "from left to right"
    size = f"{reader['layers']} × {reader['hidden']} {title(reader['cell'])}, {ways}, {facts['parameters']:,} parameters"
    symbols = counted(facts["vocabulary"]["size"] - 1, "character")
    return [("kind", facts["kind"]), ("network", size), ("vocabulary", f"{symbols} and the unknown symbol")]


def _course_of_examples(facts: Facts) -> Rows:
    """Of what a model learnt, how long, and how good it is."""
    if "examples" not in facts:
        return []
    of = facts["examples"]
    rows = [("examples", f"{', '.join(of['sources'])}: {of['training']:,} learnt from, {of['held_out']:,} held out")]
    rows.append(("training", f"{counted(facts['steps'], 'step')}, {epochs_of(facts['epochs'])}"))
    if held_out := facts.get("held_out"):
        rows += [("held-out" if k == 0 else "", line) for k, line in enumerate(MEASURES[facts["kind"]](held_out))]
        figure = next(name for name in held_out if name.startswith("nats_per_"))
        per = figure.removeprefix("nats_per_")
        calibrated = held_out.get(f"{figure}_calibrated")
        rows.append(("", f"{held_out[figure] / math.log(2):.4f} bits per {per}{_calibrated(calibrated)}"))
        if baseline := facts.get("baseline"):
            rows.append(("baseline", f"{baseline['made']}: {baseline[figure] / math.log(2):.4f} bits per {per}"))
    return rows


def _calibrated(nats: float | None) -> str:
    return "" if nats is None else f", {nats / math.log(2):.4f} with probabilities calibrated"


LAYOUTS: dict[str, Callable[[Facts], tuple[Rows, Rows]]] = {
    "recurrent": _network_rows,
    "ngram": _ngram_rows,
    "mixture": _mixture_rows,
    "classifier": _labeller_rows,
    "tagger": _labeller_rows,
    "rewriter": _rewriter_rows,
    "tree-labeller": _labeller_rows,
}
