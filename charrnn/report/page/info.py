"""The page of what models are and how their training went: `charrnn info --html` and `charrnn train --html`."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from charrnn.corpora.catalogue import read_catalogue
from charrnn.errors import CharrnnError
from charrnn.files import bytes_of_file
from charrnn.models.archive import understood
from charrnn.models.folder import LOG
from charrnn.models.language_model import SavedModel, describe
from charrnn.models.mixture import networks_in
from charrnn.models.predictor import Predictor
from charrnn.models.recurrent import RecurrentModel
from charrnn.options import flag
from charrnn.report.info import Rows, rows_of
from charrnn.report.page.page import View, check_places, say_made, write_view
from charrnn.wording import symbol_name

# what a line of the log has beside the number of what was learnt from, which goes by the name of that
LOGGED = frozenset(
    [
        "step",
        "epoch",
        "seconds",
        "learning_rate",
        "training",
        "held_out",
        "gradient_norm",
        "clipped",
        "skipped",
        "steps",
        "samples",
    ]
)
VOWELS = frozenset("aeiouyàáâäãåæèéêëìíîïòóôöõøœùúûüаеёиоуыэюя")
MOST_SYMBOLS = 400  # of a vocabulary, the most frequent, are shown


def write_info(models: Sequence[SavedModel | Predictor], names: Sequence[str], html: str) -> None:
    """Write the page. Raises CharrnnError where it cannot be."""
    check_places(html, None)
    with understood(", ".join(names)):
        view = info_view(models, names)
    write_view(view, html, None)
    say_made(html, None)


def info_view(models: Sequence[SavedModel | Predictor], names: Sequence[str]) -> View:
    """Models beside each other, each with its log, samples, vocabulary and embedding as far as there are such."""
    described = [_model(model, name) for model, name in zip(models, names, strict=True)]
    title = f"{', '.join(names)}: what {'it is' if len(names) == 1 else 'they are'} and how training went"
    return View("info", title, {"models": described, "options": options_that_differ([model.summary for model in models])})


def options_that_differ(summaries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Training options that are not the same in all the models, with their values in words."""
    options = [summary.get("options", {}) for summary in summaries]
    names = list(dict.fromkeys(name for each in options for name in each))
    found = []
    for name in names:
        values = [each.get(name) for each in options]
        if any(value != values[0] for value in values):
            shown = ["–" if value is None else str(value) for value in values]
            found.append({"name": flag(name), "values": shown})
    return found


def _model(model: SavedModel | Predictor, name: str) -> dict[str, Any]:
    facts = describe(model)
    log = read_log(model.folder)
    if isinstance(model, SavedModel):
        unit = symbol_name(model.vocabulary.level)
        figure = "nats_per_word" if unit == "word" else "nats_per_character"
    else:
        unit, figure = model.unit, f"nats_per_{model.unit}"
    return {
        "name": name,
        "rows": [*_titled(rows_of(facts)), ["licence", _licence(facts)]],
        "unit": f"bits per {unit}",
        "factor": 1 / np.log(2),
        "baseline": (facts.get("baseline") or {}).get(figure),
        "baseline_name": "n-gram" if isinstance(model, SavedModel) else "the simple way",
        "seen": log[-1]["seen"] if log else "characters",
        "log": [{k: v for k, v in line.items() if k not in ("samples", "seen")} for line in log],
        "samples": [sample for line in log for sample in line.get("samples", ())],
        **(_of_symbols(model) if isinstance(model, SavedModel) else {"symbols": None, "map": None}),
    }


def _titled(rows: Rows) -> list[list[str]]:
    """The rows, each that goes on with the one before under the name of that."""
    titled: list[list[str]] = []
    for title, value in rows:
        titled.append([title or titled[-1][0], value.rstrip()])
    return titled


def _of_symbols(model: SavedModel) -> dict[str, Any]:
    """A language model's vocabulary and embedding."""
    network = next(iter(networks_in(model)), None)
    counts = (network or model).summary.get("symbol_counts")
    return {"symbols": _symbols(model, counts), "map": _map(network, counts) if network else None}


def read_log(folder: Path | None) -> list[dict[str, Any]]:
    """The lines of a folder's log.jsonl by general names: training, held_out, predictions; none where there is no log."""
    path = folder and folder / LOG
    if path is None or not path.exists():
        return []
    try:
        lines = [json.loads(line) for line in bytes_of_file(path).decode().splitlines()]
    except (OSError, ValueError) as error:
        raise CharrnnError(f"{path}: is no log of a training ({error}); delete it, or leave out --html") from None
    general = {"training_": "training", "held_out_": "held_out"}
    found = []
    for line in lines:
        renamed = {next((new for old, new in general.items() if name.startswith(old)), name): v for name, v in line.items()}
        seen = next((name for name in renamed if name not in LOGGED), "characters")
        found.append(renamed | {"predictions": renamed.pop(seen, None), "seen": seen})
    return found


def _licence(facts: Mapping[str, Any]) -> str:
    """What is known of the licence of the text that a model learnt from, which it can repeat."""
    sources = (facts.get("corpus") or facts.get("examples") or {}).get("sources", [])
    known = {name: entry.licence for name, entry in read_catalogue().items()}
    licences = [known.get(Path(source).name.split(".")[0]) for source in sources]
    if licences and all(licences):
        return f"of the text, by the name of its file: {'; '.join(dict.fromkeys(filter(None, licences)))}"
    return "of the text: not known here; a model can repeat what it learnt from, so ask before it is passed on"


def _symbols(model: SavedModel, counts: Sequence[int] | None) -> list[dict[str, Any]]:
    """The vocabulary; where known, with how often each symbol occurs in the text learnt from, the most frequent first."""
    names = model.vocabulary.names
    if counts is None:
        return [{"symbol": name, "count": None} for name in names[1 : MOST_SYMBOLS + 1]]
    order = np.argsort(-np.array(counts), kind="stable")[:MOST_SYMBOLS].tolist()
    return [{"symbol": names[k], "count": counts[k]} for k in order if counts[k]]


def _map(network: RecurrentModel, counts: Sequence[int] | None) -> list[dict[str, Any]] | None:
    """Symbols at the first two principal components of what the first layer is given for them, with their kinds."""
    parameters = network.parameters
    rows_VX = parameters["embedding"] if network.config.embedding else parameters["layers"][0]["input"]
    names = network.vocabulary.names
    weights = np.array(counts if counts is not None else [0] + [1] * (len(names) - 1))
    chosen = [k for k in np.argsort(-weights, kind="stable").tolist() if weights[k]][:MOST_SYMBOLS]
    if len(chosen) < 3:
        return None
    centred = rows_VX[chosen] - rows_VX[chosen].mean(0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    places = (left * sizes)[:, :2].tolist()
    return [{"symbol": names[k], "kind": _kind(names[k]), "place": place} for k, place in zip(chosen, places, strict=True)]


def _kind(symbol: str) -> str:
    if len(symbol) > 1:  # the unknown symbol, bytes
        return "other"
    if symbol.isdigit():
        return "digit"
    if symbol.isupper():
        return "capital"
    if symbol in VOWELS:
        return "vowel"
    return "consonant" if symbol.islower() else "other"
