"""What `charrnn inspect` shows: tables for the terminal, and the pages of units, gradients and attention."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.files import replacing
from charrnn.inspection.attention import attention, attention_of_pairs
from charrnn.inspection.gradients import Reach, owes, reach, untrained
from charrnn.inspection.look import Read, read_files
from charrnn.inspection.neurons import Neurons, neurons
from charrnn.inspection.states import network_in
from charrnn.models.folder import open_any, open_model
from charrnn.models.recurrent import RecurrentModel
from charrnn.models.rewriter import Rewriter
from charrnn.network.cells import title
from charrnn.report.page.options import PrintOptions
from charrnn.report.page.page import View, check_places, say_made, write_view
from charrnn.report.say import say
from charrnn.text.examples import Pair, lines_of
from charrnn.wording import counted, file_name

BEST = 3  # units shown of each feature
SHOWN_UNITS = 24  # that the text can be coloured by, more where more follow something
ON = 0.3  # a unit is on above this (Strobelt et al. 2018)
OWES, OWES_BACK = 2_000, 60  # characters of text, and characters back, for which it is shown what a prediction owes them


@dataclass(frozen=True)
class Named:
    """A network that is looked at."""

    name: str
    model: RecurrentModel

    def __str__(self) -> str:
        config = self.model.config
        return f"{self.name}, {title(config.cell)} {config.layers} × {config.hidden}"


def show(names: Sequence[str], files: Sequence[str], options: PrintOptions) -> None:
    """Print what is found in the models, and write it as a page or as JSON."""
    check_places(options.html, options.json, options.states)
    opened = open_any(Path(names[0]))
    if options.attention and isinstance(opened, Rewriter):
        view = rewriting_view(opened, names[0], files, options)
        write_view(view, options.html, options.json)
        say_made(options.html, options.json)
        return
    networks = [Named(name, network_in(open_model(Path(name)), name)) for name in names]
    if len(networks) > 1 and not options.gradients:
        raise CharrnnError(f"--{options.look} looks at one model; leave out the other -m")
    reads = read_files([network.model.vocabulary for network in networks], files, options.encoding)
    view = LOOKS[options.look](networks, reads, options)
    write_view(view, options.html, options.json)
    say_made(options.html, options.json)


def _part(read: Read, count: int) -> dict[str, Any]:
    """What a page shows of the text: the first characters."""
    sections = [{"name": name, "start": start} for name, start in read.sections if start < count]
    return {"text": read.text[:count], "sections": sections}


def _show_neurons(networks: Sequence[Named], reads: Sequence[Read], options: PrintOptions) -> View:
    (network,), (read,) = networks, reads
    found = neurons(network.model, read.ids_T, read.text)
    if options.states is not None:
        with replacing(Path(options.states)) as file:
            np.savez(file, ids=read.ids_T, states=found.states_TU)
        characters, units = counted(len(read.ids_T), "character"), counted(found.states_TU.shape[1], "unit")
        say(f"states: {options.states}, {characters}, {units}")
    view = neurons_view(network, read, found, options.characters)
    print(f"{'what is followed':20}{'unit':>{16 if view.data['layers'] > 1 else 10}}{'correlation':>13}")
    for feature in view.data["features"]:
        unit = feature["best"][0]
        of_layer = f" of layer {unit['layer']}" if view.data["layers"] > 1 else ""
        print(f"{feature['name']:20}{str(unit['unit']) + of_layer:>{10 if not of_layer else 16}}{unit['correlation']:13.3f}")
    for k, layer in enumerate(found.gates, 1):
        for gate, (closed, opened) in layer.items():
            where = f"layer {k}, {gate} gate" if len(found.gates) > 1 else f"{gate} gate"
            print(f"{where}: nearly closed {closed.mean():.1%}, nearly open {opened.mean():.1%} of the time")
    return view


def neurons_view(network: Named, read: Read, found: Neurons, shown: int) -> View:
    """The page of what units follow: the text coloured by the units that follow something most closely."""
    hidden = network.model.config.hidden
    best = {feature: found.followers(feature, BEST) for feature in found.correlations}
    order = sorted(best, key=lambda feature: -abs(found.correlations[feature][best[feature][0]]))
    chosen = list(dict.fromkeys(unit for k in range(BEST) for feature in order for unit in best[feature][k : k + 1]))
    others = [unit for unit in np.argsort(-found.states_TU.std(0), kind="stable").tolist() if unit not in chosen]
    chosen += others[: max(0, SHOWN_UNITS - len(chosen))]

    def named(unit: int, feature: str | None) -> dict[str, Any]:
        correlation = float(found.correlations[feature][unit]) if feature else None
        return {"number": unit, "layer": unit // hidden + 1, "unit": unit % hidden, "correlation": correlation}

    def closest(unit: int) -> str | None:
        return max(order, key=lambda feature: abs(np.nan_to_num(found.correlations[feature][unit])), default=None)

    states_TU = found.states_TU[:shown]
    data = {
        "about": f"{network}: what its units put out once each character has been read.",
        **_part(read, shown),
        "layers": network.model.config.layers,
        "hidden": hidden,
        "units": [named(unit, closest(unit)) | {"follows": closest(unit)} for unit in chosen],
        "activations": states_TU[:, chosen].astype(np.float16),
        "threshold": ON,
        "on": np.packbits(states_TU > ON, axis=1),
        "features": [{"name": name, "best": [named(unit, name) for unit in best[name]]} for name in order],
        "gates": [
            {gate: {"closed": closed, "open": opened} for gate, (closed, opened) in layer.items()} for layer in found.gates
        ],
    }
    return View("neurons", f"{network.name}: what its units follow", data)


def _show_gradients(networks: Sequence[Named], reads: Sequence[Read], options: PrintOptions) -> View:
    found: list[tuple[str, Reach, Reach]] = []
    for network, read in zip(networks, reads, strict=True):
        trained, before = (
            reach(model, read.ids_T, back=options.back, places=options.places)
            for model in (network.model, untrained(network.model, options.gain))
        )
        found.append((str(network), trained, before))
    fresh = "before training" if options.gain == 1 else f"before training, recurrent matrices times {options.gain:g}"
    print(f"{'model':40}{'trained':>16}  {fresh}")
    for name, trained, before in found:
        print(f"{name:40}{_far(trained, options.back):>16}{_far(before, options.back):>{2 + len(fresh)}}")
    models = [{"name": name, "trained": _figures(trained), "fresh": _figures(before)} for name, trained, before in found]
    places = f"{counted(options.places, 'place')} of {', '.join(name for name, _ in reads[0].sections)}"
    about = f"The gradient of the loss at a character in the states before it, over {places}."
    data: dict[str, Any] = {"about": about, "back": options.back, "fresh": fresh, "models": models}
    if options.page:
        model, read = networks[0].model, reads[0]
        count = min(options.characters, OWES, len(read.ids_T) - 1)
        weights_TK = owes(model, read.ids_T[: count + 1], back=OWES_BACK)
        weights_TK /= np.maximum(np.nanmax(weights_TK, axis=1, keepdims=True), 1e-30)
        data |= _part(read, count) | {"weights": weights_TK.astype(np.float16), "says": "what was expected after"}
    return View("gradients", "How far back gradients reach", data)


def _far(one: Reach, back: int) -> str:
    if one.explodes:
        return "explodes"
    return f"> {back}" if one.characters is None else str(one.characters)


def _figures(one: Reach) -> dict[str, Any]:
    curves = {"median": one.median_K.tolist(), "low": one.low_K.tolist(), "high": one.high_K.tolist()}
    return curves | {"reach": one.characters, "explodes": one.explodes}


def rewriting_view(model: Rewriter, name: str, files: Sequence[str], options: PrintOptions) -> View:
    """What a rewriter looks at in the sources of pairs; of lines without a target, for its own answer."""
    pairs: list[Pair] = []
    for _, _, line in lines_of(files, options.encoding):
        source, tab, target = line.partition("\t")
        if source and sum(len(one.source) + len(one.target) for one in pairs) < options.characters:
            pairs.append(Pair(source, target if tab else model.predict([source])[0][0].text))
    if not pairs:
        raise CharrnnError(f"{', '.join(files)}: holds no sources; a line is {Pair.form}, or a source alone")
    text, shares_TK = attention_of_pairs(model, pairs)
    about = f"{name}, attention {model.config.attention} over the source, for each character of the target."
    read = Read(model.vocabulary.encode(text), text, [(", ".join(map(file_name, files)), 0)])
    return _attention_view(name, about, read, shares_TK)


def _show_attention(networks: Sequence[Named], reads: Sequence[Read], options: PrintOptions) -> View:
    (network,), (read,) = networks, reads
    shares_TK = attention(network.model, read.ids_T[: options.characters])
    config = network.model.config
    about = f"{network}, attention {config.attention} over {config.attention_window} past states."
    return _attention_view(network.name, about, read, shares_TK)


def _attention_view(name: str, about: str, read: Read, shares_TK: np.ndarray) -> View:
    there_K = ~np.isnan(shares_TK).all(0)  # the text, or its lines, may be shorter than the window
    mean_K = np.nanmean(shares_TK[:, there_K], axis=0)
    print(f"{'characters before':>18}{'mean weight':>13}")
    for k, mean in enumerate(mean_K):
        print(f"{k:18}{mean:13.4f}")
    data = {"about": about, **_part(read, len(shares_TK)), "weights": shares_TK.astype(np.float16), "mean": mean_K}
    return View("attention", f"{name}: what its attention looks back on", data | {"says": "after"})


LOOKS: dict[str, Callable[[Sequence[Named], Sequence[Read], PrintOptions], View]] = {
    "neurons": _show_neurons,
    "gradients": _show_gradients,
    "attention": _show_attention,
}
