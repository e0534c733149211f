"""The page of surprise: `charrnn score --html`."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from charrnn import api
from charrnn.report.mixture import open_and_say
from charrnn.report.page.page import View, check_places, say_made, write_view
from charrnn.report.score_layouts import LAYOUTS, PrintOptions
from charrnn.report.scores import say_context
from charrnn.scoring.score import context_text
from charrnn.scoring.surprise import (
    Expected,
    Stretch,
    Texts,
    expected_by,
    expected_by_source,
    is_source,
    read_texts,
    stretches,
    surprising,
)
from charrnn.wording import file_name

BITS = 1 / math.log(2)
DIFFERENT = 0.5 / BITS  # nats a character by which one model must beat another to go on with a stretch


def surprise_view(title: str, texts: Texts, expected: Sequence[Expected]) -> View:
    """What one model expected at each character of the texts, or two held against each other."""
    one, *others = expected
    if others:
        difference = np.nan_to_num(others[0].log_probs - one.log_probs, posinf=0.0, neginf=0.0)
        groups = [
            (f"Where {one.name} is more surprised than {others[0].name}", stretches(difference - DIFFERENT, texts)),
            (f"Where {others[0].name} is more surprised than {one.name}", stretches(-difference - DIFFERENT, texts)),
        ]
    else:
        groups = [("Most surprising", surprising(one, texts))]
    data = {
        "text": texts.text,
        "sections": [{"name": name, "start": start} for name, start in texts.sections],
        "models": [_model(each) for each in expected],
        "stretches": [{"title": name, "list": [_stretch(each, texts) for each in found]} for name, found in groups],
    }
    return View("surprise", title, data)


def show_surprise(models: Sequence[str], texts: Sequence[str], files: Sequence[str], options: PrintOptions) -> None:
    """Write the page of what the model, or the mixture of several, expected of texts or files, and print its totals."""
    check_places(options.html, options.json)
    model = open_and_say(models, options)
    say_context(model, options)
    read = read_texts(texts, files, options, model.vocabulary.level)
    context = context_text(model, options)
    expected = [expected_by(model, " + ".join(models), read, context=context, pseudo=options.pseudo)]
    if options.against is not None:
        if is_source(options.against):
            expected.append(expected_by_source(options.against, read))
        else:
            expected.append(expected_by(api.load(options.against), options.against, read, context=context))
    names = ", ".join(dict.fromkeys(file_name(name) for name in files)) or "the text"
    title = f"{names}: how much it surprises {' and '.join(one.name for one in expected)}"
    write_view(surprise_view(title, read, expected), options.html, options.json)
    layout = LAYOUTS["tsv"](options, model.vocabulary.level)
    for one in expected:
        if len(expected) > 1:
            print(f"{one.name}:")
        print(layout.summary(one.tally, 0))
    say_made(options.html, options.json)


def _stretch(one: Stretch, texts: Texts) -> dict[str, Any]:
    return {"start": one.start, "end": one.end, "text": texts.text[one.start : one.end], "bits": one.nats * BITS}


def _model(expected: Expected) -> dict[str, Any]:
    """Surprise and entropy are in bits."""
    found: dict[str, Any] = {"name": expected.name, **expected.tally.to_json(), "surprise": -expected.log_probs * BITS}
    if expected.entropies is not None:
        found |= {"entropy": expected.entropies * BITS, "rank": expected.ranks}
    if expected.likeliest_log_probs_TK is not None:
        likeliest = {"likeliest": expected.likeliest_TK, "likeliest_surprise": -expected.likeliest_log_probs_TK * BITS}
        found |= {"symbols": expected.symbols, **likeliest}
    return found
