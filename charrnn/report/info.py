"""What a model is, for a person or a program."""

import json
import sys
from dataclasses import asdict
from typing import Any

from charrnn.models.recurrent import RecurrentModel


def describe(model: RecurrentModel) -> dict[str, Any]:
    """Everything known of a model, JSON-able: kind, network, vocabulary, summary and the held-out figures on top."""
    held_out = model.summary.get("held_out") or {}
    return {
        "kind": "recurrent",
        "network": asdict(model.config),
        "parameters": model.parameter_count,
        "vocabulary": model.vocabulary.to_json() | {"size": model.vocabulary.size},
        **model.summary,
        "nats_per_character": held_out.get("nats_per_character"),
        "bits_per_character": held_out.get("bits_per_character"),
    }


def print_info(model: RecurrentModel, folder: str, as_json: bool) -> None:
    facts = describe(model)
    if as_json:
        sys.stdout.write(json.dumps(facts, ensure_ascii=False, indent=2) + "\n")
        return
    network, corpus, versions = facts["network"], facts["corpus"], facts["versions"]
    what = "lines" if facts["reading"] == "lines" else "one stream"
    rows = [
        ("model", folder),
        (
            "network",
            f"{network['layers']} × {network['hidden']} {network['cell'].upper()}, {facts['parameters']:,} parameters",
        ),
        ("embedding", str(network["embedding"]) if network["embedding"] else "one-hot"),
        ("vocabulary", f"{facts['vocabulary']['size'] - 1:,} {model.vocabulary.level}s and the unknown symbol"),
        ("corpus", f"{', '.join(corpus['sources'])}, read as {what}"),
        ("", f"{corpus['training_characters']:,} characters learnt from, {corpus['held_out_characters']:,} held out"),
        ("training", f"{facts['steps']:,} steps, {facts['epochs']:.3g} epochs, {facts['characters_seen']:,} characters"),
        ("", f"{facts['seconds']:,.0f} seconds, {facts['skipped_steps']} steps skipped"),
    ]
    if facts["held_out"]:
        figures = f"{facts['nats_per_character']:.4f} nats, {facts['bits_per_character']:.4f} bits per character"
        rows.append(("held-out", figures))
    rows.append(("made with", ", ".join(f"{name} {version}" for name, version in versions.items())))
    for name, value in rows:
        sys.stdout.write(f"{name:12}{value}\n")
