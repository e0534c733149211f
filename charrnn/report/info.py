"""What a model is, for a person or a program."""

import json
import sys
from dataclasses import asdict
from typing import Any

from charrnn.files import strict_json
from charrnn.models.language_model import LanguageModel
from charrnn.models.ngram.model import KIND as NGRAM
from charrnn.models.ngram.model import NgramModel
from charrnn.models.recurrent import KIND as RECURRENT
from charrnn.models.recurrent import RecurrentModel
from charrnn.report.say import figures

Rows = list[tuple[str, str]]


def describe(model: LanguageModel) -> dict[str, Any]:
    """Everything known of a model, JSON-able: kind, what it is made of, vocabulary, summary and the held-out figures."""
    held_out = model.summary.get("held_out") or {}
    return {
        **(_of_ngram(model) if isinstance(model, NgramModel) else _of_network(model)),  # type: ignore[arg-type]
        "vocabulary": model.vocabulary.to_json() | {"size": model.vocabulary.size},
        **model.summary,
        "nats_per_character": held_out.get("nats_per_character"),
        "bits_per_character": held_out.get("bits_per_character"),
    }


def _of_network(model: RecurrentModel) -> dict[str, Any]:
    return {"kind": RECURRENT, "network": asdict(model.config), "parameters": model.parameter_count}


def _of_ngram(model: NgramModel) -> dict[str, Any]:
    return {"kind": NGRAM, "order": model.order, "ngrams": model.ngrams, "discounts": [list(d) for d in model.discounts]}


def print_info(model: LanguageModel, folder: str, as_json: bool) -> None:
    facts = describe(model)
    if as_json:
        sys.stdout.write(json.dumps(strict_json(facts), ensure_ascii=False, indent=2) + "\n")
        return
    corpus, what = facts["corpus"], "lines" if facts["reading"] == "lines" else "one stream"
    form, course = _ngram_rows(facts) if isinstance(model, NgramModel) else _network_rows(facts)
    rows = [
        ("model", folder),
        *form,
        ("vocabulary", f"{facts['vocabulary']['size'] - 1:,} {model.vocabulary.level}s and the unknown symbol"),
        ("corpus", f"{', '.join(corpus['sources'])}, read as {what}"),
        ("", f"{corpus['training_characters']:,} characters learnt from, {corpus['held_out_characters']:,} held out"),
        *course,
    ]
    if facts["held_out"]:
        rows.append(("held-out", figures(facts["nats_per_character"])))
    if baseline := facts.get("baseline"):
        rows.append(("baseline", f"n-gram of order {baseline['order']}: {figures(baseline['nats_per_character'])}"))
    rows.append(("made with", ", ".join(f"{name} {version}" for name, version in facts["versions"].items())))
    for name, value in rows:
        sys.stdout.write(f"{name:12}{value}\n")


def _network_rows(facts: dict[str, Any]) -> tuple[Rows, Rows]:
    """What it is made of, and how it was trained."""
    network = facts["network"]
    size = f"{network['layers']} × {network['hidden']} {network['cell'].upper()}, {facts['parameters']:,} parameters"
    form = [("network", size), ("embedding", str(network["embedding"]) if network["embedding"] else "one-hot")]
    if network["direction"] == "both":
        form.append(("direction", "both: also read from right to left"))
    if network["attention"] != "none":
        form.append(("attention", f"{network['attention']}, over {network['attention_window']} past states"))
    course = [
        ("training", f"{facts['steps']:,} steps, {facts['epochs']:.3g} epochs, {facts['characters_seen']:,} characters"),
        ("", f"{facts['seconds']:,.0f} seconds, {facts['skipped_steps']} steps skipped"),
    ]
    return form, course


def _ngram_rows(facts: dict[str, Any]) -> tuple[Rows, Rows]:
    pruning = " ".join(map(str, facts["min_counts"]))
    form = [
        ("n-gram", f"order {facts['order']}, interpolated modified Kneser-Ney, fewest occurrences {pruning}"),
        ("n-grams", " ".join(f"{number:,}" for number in facts["ngrams"])),
    ]
    return form, [("counting", f"{facts['seconds']:,.1f} seconds")]
