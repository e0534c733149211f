"""From files and options to a run that is ready to train: fresh, from another model's weights, or resumed."""

import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import numpy as np

from charrnn.errors import CharrnnError
from charrnn.machine.devices import measure_gigaflops
from charrnn.models.folder import RESUME, load_model
from charrnn.models.recurrent import RecurrentModel
from charrnn.network.config import FORM
from charrnn.network.parameters import Parameters, init_parameters
from charrnn.text.batches import LineBatches
from charrnn.text.corpus import STDIN, Corpus, line_bounds, read_corpus
from charrnn.text.vocabulary import Vocabulary
from charrnn.training import trainer
from charrnn.training.checkpoint import Journal, load_checkpoint
from charrnn.training.options import TrainOptions
from charrnn.training.plan import MOST_EPOCHS, Plan, make_plan
from charrnn.training.preparation import build_vocabulary, check_folder, describe
from charrnn.training.run import Run, measured_steps
from charrnn.training.step import TrainState


@dataclass(frozen=True)
class Session:
    """A run at its start and what was decided about it, in plain words."""

    run: Run
    state: TrainState
    journal: Journal
    notes: list[str]

    def train(self, should_stop: Callable[[], bool] = lambda: False) -> Iterator[trainer.Progress]:
        return trainer.train(self.run, self.state, self.journal, should_stop=should_stop)


def start(
    paths: Sequence[str],
    folder: Path,
    options: TrainOptions,
    *,
    overwrite: bool = False,
    init_from: Path | None = None,
) -> Session:
    """A fresh run on the text of the paths, its weights random or those of the model `init_from`.

    Raises CharrnnError where the folder holds a model (unless overwrite) or cannot be written, the text is unusable, or
    the options do not fit together.
    """
    begun = time.perf_counter()
    check_folder(folder, overwrite, resumable=(folder / RESUME).exists())
    before = _network_in(init_from) if init_from else None
    options = _like(options, before) if before else options
    reading = options.reading(paths)
    corpus = _read(reading)
    grown = before.vocabulary.grown(corpus.training, options.min_count) if before else None
    vocabulary = grown or build_vocabulary(corpus, options)
    notes = describe(corpus, vocabulary)
    plan = _plan(options, corpus, vocabulary)
    run = Run(folder, plan.network, vocabulary, plan.settings, corpus, _absolute(reading), plan.minutes, options.keep_text)
    if isinstance(run.batches, LineBatches) and run.batches.cut_lines:
        cut, longest = run.batches.cut_lines, plan.settings.window
        notes.append(f"{cut} lines are longer than {longest} characters; they are read in pieces of that length")
    parameters = init_parameters(plan.network, plan.settings.seed)
    if before:
        parameters = _grown(before, parameters)
        notes.append(f"weights: from {init_from}, with {vocabulary.size - before.vocabulary.size} new characters")
    steps, every = _budget(run, options, parameters, begun)
    journal = run.journal(steps, options.evaluate_every or every)
    epochs = steps / run.batches.steps_per_epoch
    notes += [*plan.reasons, f"length: {steps:,} steps, {epochs:.3g} epochs"]
    return Session(run, run.state(parameters), journal, notes)


def resume(folder: Path, paths: Sequence[str], options: TrainOptions) -> Session:
    """The run in a folder, to be continued as if it had never stopped.

    Of the options, only a new budget counts, and where the held-out file is now; `paths` say where the corpus is now, none
    that it is where it was. Raises CharrnnError where there is no run, its corpus has changed, or it is finished and no
    larger budget is given.
    """
    begun = time.perf_counter()
    saved = load_checkpoint(folder)
    reading = _found_again(saved.reading, paths, options.valid)
    corpus = replace(_read(reading), sources=saved.sources)
    if corpus.digest != saved.digest:
        read = ", ".join([*reading["paths"], *([reading["valid"]] if reading["valid"] else [])])
        raise CharrnnError(
            f"{read}: differs from the text that {folder} was trained on; give that text (and --valid), "
            f"or start a new run from these weights with --init-from {folder}"
        )
    minutes = options.minutes or saved.minutes
    run = Run(folder, saved.network, saved.vocabulary, saved.settings, corpus, _absolute(reading), minutes)
    state = run.restored(saved)
    journal = _prolonged(run, saved.journal, options, state.parameters, begun)
    ended = run.ended(journal)
    if ended:
        way = "give --steps or --epochs above that, or --minutes to add"
        if journal.schedule.over:
            way = f"a larger budget changes nothing; start a new run from its weights with --init-from {folder}"
        raise CharrnnError(f"{folder}: this run is finished, at step {journal.step:,}: {ended}; {way}")
    saved.put_back_best()
    notes = [f"resuming {folder} at step {journal.step:,} of {journal.schedule.steps:,}"]
    return Session(run, state, journal, notes)


def _prolonged(run: Run, journal: Journal, options: TrainOptions, parameters: Parameters, begun: float) -> Journal:
    """The journal with the options' budget, if they give one; of a finished run, patience is then counted anew."""
    if options.minutes:
        steps = journal.step + measured_steps(run, parameters, begun)[0]
    elif options.epochs or options.steps:
        steps, _ = _budget(run, options, parameters, begun)
    else:
        return journal
    without_gain = 0 if run.ended(journal) else journal.without_gain
    return replace(journal, schedule=replace(journal.schedule, steps=steps), without_gain=without_gain)


def _read(reading: dict[str, Any]) -> Corpus:
    reading = dict(reading)
    return read_corpus(reading.pop("paths"), **reading)


def _found_again(reading: dict[str, Any], paths: Sequence[str], valid: str | None) -> dict[str, Any]:
    """How to read a saved run's corpus: from where it was, but for what is named anew."""
    paths, valid = list(paths) or reading["paths"], valid or reading["valid"]
    for name in filter(None, [*paths, valid]):
        if name != STDIN and not os.path.exists(name):
            raise CharrnnError(f"{name}: no such file; name the corpus, and with --valid the held-out file, as they are now")
    return reading | {"paths": paths, "valid": valid}


def _absolute(reading: dict[str, Any]) -> dict[str, Any]:
    """The same, whatever folder it is read from."""

    def absolute(name: str) -> str:
        return name if name == STDIN else os.path.abspath(name)

    return reading | {
        "paths": [absolute(name) for name in reading["paths"]],
        "valid": None if reading["valid"] is None else absolute(reading["valid"]),
    }


def _plan(options: TrainOptions, corpus: Corpus, vocabulary: Vocabulary) -> Plan:
    by_count = options.epochs is not None or options.steps is not None
    starts, ends = line_bounds(corpus.training)
    return make_plan(
        options,
        characters=len(corpus.training),
        symbols=vocabulary.size,
        gigaflops=None if by_count else measure_gigaflops(),
        lines=ends - starts if options.lines else None,
    )


def _budget(run: Run, options: TrainOptions, parameters: Parameters, begun: float) -> tuple[int, int | None]:
    """Steps of the run, and steps between evaluations where the budget has a say in them."""
    if options.steps:
        return options.steps, None
    if options.epochs:
        return max(1, math.ceil(options.epochs * run.batches.steps_per_epoch)), None
    steps, every = measured_steps(run, parameters, begun)
    if not options.minutes:
        steps = min(steps, MOST_EPOCHS * run.batches.steps_per_epoch)
    return steps, min(every, max(1, steps // 2))


def _network_in(folder: Path) -> RecurrentModel:
    model = load_model(folder)
    if not isinstance(model, RecurrentModel):
        raise CharrnnError(f"{folder}: is no recurrent network, so its weights cannot start one")
    return model


def _like(options: TrainOptions, before: RecurrentModel) -> TrainOptions:
    """The options with the network's form taken from a model. Raises CharrnnError where they ask for another."""
    default = TrainOptions()
    form = {name: getattr(before.config, name) for name in ("hidden", *FORM)}
    form["level"] = before.vocabulary.level
    if before.config.attention == "none":
        del form["attention_window"]
    for name, value in form.items():
        if getattr(options, name) not in (getattr(default, name), value):
            raise CharrnnError(
                f"--{name.replace('_', '-')} {getattr(options, name)}: the model of --init-from has {value}; leave it out"
            )
    return replace(options, **form)


def _grown(before: RecurrentModel, fresh: Parameters) -> Parameters:
    """The model's parameters, with those of new symbols taken from freshly made ones."""

    def grow(old: np.ndarray, new: np.ndarray) -> np.ndarray:
        grown = np.array(new)
        grown[tuple(slice(size) for size in old.shape)] = old
        return grown

    return jax.tree.map(grow, before.parameters, fresh)
