"""The page of surprise: `charrnn score --html`."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from charrnn.models.folder import open_model
from charrnn.models.language_model import LanguageModel
from charrnn.report.mixture import open_and_say
from charrnn.report.page.options import PageOptions
from charrnn.report.page.page import View, check_places, say_made, write_view
from charrnn.report.say import say
from charrnn.report.score_layouts import LAYOUTS
from charrnn.report.score_options import PrintOptions
from charrnn.report.scores import say_context
from charrnn.scoring.score import context_text
from charrnn.scoring.surprise import (
    Expected,
    Stretch,
    Texts,
    expected_by,
    expected_by_source,
    expected_of_written,
    is_source,
    read_texts,
    stretches,
    surprising,
)
from charrnn.text.vocabulary import utf8_widths
from charrnn.wording import counted, file_name, symbol_name
from charrnn.writing.novel import copies

BITS = 1 / math.log(2)
LEAST_COPY, PASSAGE = 12, 60  # characters: of a copied stretch, and shown on either side of where it stands
IMPOSSIBLE = 999 / BITS  # nats, which stand for a probability of zero
DIFFERENT = 0.5 / BITS  # nats a character by which one model must beat another to go on with a stretch


def surprise_view(
    title: str,
    texts: Texts,
    expected: Sequence[Expected],
    level: str,
    copied: Sequence[dict[str, Any]] | None = None,
) -> View:
    """What one model expected at each character of the texts, or two held against each other. copied: what of the texts
    stands in the text learnt from, where they were compared."""
    one, *others = expected
    if others:
        difference = np.nan_to_num(others[0].log_probs - one.log_probs, posinf=IMPOSSIBLE, neginf=-IMPOSSIBLE)
        groups = [
            (f"Where {one.name} is more surprised than {others[0].name}", stretches(difference - DIFFERENT, texts)),
            (f"Where {others[0].name} is more surprised than {one.name}", stretches(-difference - DIFFERENT, texts)),
        ]
    else:
        groups = [("Most surprising", surprising(one, texts))]
    data = {
        "text": texts.text,
        "symbol": symbol_name(level),
        "sections": [{"name": name, "start": start} for name, start in texts.sections],
        "models": [_model(each) for each in expected],
        "stretches": [{"title": name, "list": [_stretch(each, texts) for each in found]} for name, found in groups],
    }
    return View("surprise", title, data if copied is None else data | {"copies": copied})


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
            expected.append(expected_by(open_model(Path(options.against)), options.against, read, context=context))
    names = ", ".join(dict.fromkeys(file_name(name) for name in files)) or "the text"
    title = f"{names}: how much it surprises {' and '.join(one.name for one in expected)}"
    write_view(surprise_view(title, read, expected, model.vocabulary.level), options.html, options.json)
    layout = LAYOUTS["tsv"](options, model.vocabulary)
    for one in expected:
        if len(expected) > 1:
            print(f"{one.name}:")
        print(layout.summary(one.tally, 0))
        if impossible := int(np.isneginf(one.log_probs).sum()):
            say(f"{one.name}: {counted(impossible, 'character')} that cannot stand there, left out of its figures")
    say_made(options.html, options.json)


def write_written(
    model: LanguageModel,
    names: Sequence[str],
    prime: np.ndarray,
    written: Sequence[np.ndarray],
    corpus: np.ndarray | None,
    options: PageOptions,
) -> None:
    """Write the page of texts (ids) that were written after a primer, and where it is known, of what they copy from the
    text learnt from."""
    name = " + ".join(names)
    texts, expected = expected_of_written(model, name, prime, written)
    title = f"{counted(len(written), 'text')} written by {name}"
    copied = None if corpus is None else _copied(model, texts, corpus)
    write_view(surprise_view(title, texts, [expected], model.vocabulary.level, copied), options.html, options.json)
    say_made(options.html, options.json)


def _copied(model: LanguageModel, texts: Texts, corpus: np.ndarray) -> list[dict[str, Any]]:
    """The copied stretches of all texts, each with the passage that it stands in."""
    found = []
    ends = [start for _, start in texts.sections[1:]] + [len(texts.text)]
    for (_, start), end in zip(texts.sections, ends, strict=True):
        text = texts.text[start : end - 1]
        widths = utf8_widths(text) if model.vocabulary.level == "byte" else np.ones(len(text), int)
        begins = np.cumsum(np.concatenate([[0], widths]))  # of each character among the ids
        for copy in copies(model.vocabulary.encode(text), corpus, LEAST_COPY):
            before, after = corpus[max(0, copy.place - PASSAGE) : copy.place], corpus[copy.place + copy.length :][:PASSAGE]
            passage = {"before": model.vocabulary.decode(before), "after": model.vocabulary.decode(after)}
            first, last = start + np.searchsorted(begins, [copy.begin, copy.begin + copy.length + 1]) - [0, 1]
            found.append({"start": int(first), "end": int(last), **passage})
    return found


def _stretch(one: Stretch, texts: Texts) -> dict[str, Any]:
    return {"start": one.start, "end": one.end, "text": texts.text[one.start : one.end], "bits": one.nats * BITS}


def _model(expected: Expected) -> dict[str, Any]:
    """Surprise and entropy are in bits."""
    surprise = -np.maximum(expected.log_probs, -IMPOSSIBLE) * BITS
    found: dict[str, Any] = {"name": expected.name, **expected.tally.to_json(), "surprise": surprise}
    if expected.entropies is not None:
        found |= {"entropy": expected.entropies * BITS, "rank": expected.ranks}
    if expected.likeliest_log_probs_TK is not None:
        likeliest = {"likeliest": expected.likeliest_TK, "likeliest_surprise": -expected.likeliest_log_probs_TK * BITS}
        found |= {"symbols": expected.symbols, **likeliest}
    return found
