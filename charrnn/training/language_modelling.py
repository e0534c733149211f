"""The task of language modelling: text, cut into batches; a recurrent network; the nats of each next character.

Shapes: B rows, T time.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar, Self

import jax
import jax.numpy as jnp
import numpy as np

from charrnn.errors import CharrnnError
from charrnn.machine import group
from charrnn.machine.devices import measure_gigaflops
from charrnn.models.archive import from_json
from charrnn.models.kept_text import check_keepable
from charrnn.models.language_model import LanguageModel, Tally
from charrnn.models.mixture import Mixture
from charrnn.models.ngram.model import NgramModel
from charrnn.models.recurrent import RecurrentModel
from charrnn.network.arrays import Array, Drop
from charrnn.network.config import NetworkConfig
from charrnn.network.forward import State, zero_state
from charrnn.network.parameters import Parameters, init_parameters, parameter_shapes
from charrnn.network.precision import PRODUCTS
from charrnn.text.batches import MOST_LENGTHS, SHARE, Batch, Batches, LineBatches, StreamBatches
from charrnn.text.corpus import Corpus, read_corpus, with_fitting_part
from charrnn.text.long_array import LongArray, compact, line_lengths, line_starts, value_counts
from charrnn.text.symbols import BOUNDARY
from charrnn.text.vocabulary import Vocabulary
from charrnn.text.words import vocabulary_from
from charrnn.training.baseline import baseline_of, ngram_baseline
from charrnn.training.held_out import HeldOutText
from charrnn.training.hybrid import count_for_hybrid, make_hybrid
from charrnn.training.init_from import grown, like, network_in
from charrnn.training.objective import objective
from charrnn.training.options import TrainOptions
from charrnn.training.plan import make_plan
from charrnn.training.reading import build_vocabulary, corpus_summary, describe, held_out_summary
from charrnn.training.task import Held, Objective, Outcome
from charrnn.wording import counted, symbol_name
from charrnn.writing.options import SampleOptions
from charrnn.writing.sample import joined, sample

# What shows how a network writes by now: characters at most, lines at most where it writes lines, and their temperature.
SAMPLE_LENGTH, SAMPLE_LINES, SAMPLE_TEMPERATURE = 80, 8, 0.7


@dataclass(frozen=True)
class LanguageModelling:
    """See training/task.py. before: the model whose weights are the first ones; parent: its name and its text's."""

    options: Any  # TrainOptions; once planned, filled
    corpus: Corpus
    vocabulary: Vocabulary
    network: NetworkConfig | None = None
    before: RecurrentModel | None = None
    parent: dict[str, Any] | None = None

    name: ClassVar[str] = "language modelling"
    rival: ClassVar[str | None] = "an n-gram of the same text"

    @classmethod
    def read(cls, paths: Sequence[str], options: TrainOptions, saved: dict[str, Any] | None = None) -> Self:
        if saved:
            corpus = replace(_corpus(paths, options), sources=tuple(saved["sources"]))
            vocabulary, network = vocabulary_from(saved["vocabulary"]), from_json(NetworkConfig, saved["network"])
            return cls(options, corpus, vocabulary, network, parent=saved.get("parent"))
        before = network_in(Path(options.init_from)) if options.init_from else None
        options = like(options, before) if before else options
        options = options.filled()
        options.check_level()
        corpus = _corpus(paths, options)
        vocabulary = (
            before.vocabulary.grown(corpus.training, options.min_count or 1)
            if before
            else build_vocabulary(corpus.training, options)
        )
        parent = None
        if before:
            parent = {"model": options.init_from, "sources": before.summary.get("corpus", {}).get("sources", [])}
        return cls(options, corpus, vocabulary, before=before, parent=parent)

    def planned(self) -> tuple[Self, list[str]]:
        lines = line_lengths(line_starts(self._ids, BOUNDARY), SHARE) if self.options.lines else None
        if len(self._ids) < 2:
            raise CharrnnError("one word is too little to learn from; give a longer text")
        plan = make_plan(
            self.options,
            characters=len(self._ids),
            symbols=self.vocabulary.size,
            gigaflops=measure_gigaflops,
            lines=lines,
            counts_V=self._symbol_counts,
            cutoffs=self.before.config.cutoffs if self.before else (),
        )
        return replace(self, options=plan.options, network=plan.network), plan.reasons

    @property
    def unit(self) -> str:
        return "words" if self.vocabulary.level == "word" else "characters"

    @property
    def figure(self) -> str:
        return f"nats_per_{self.unit[:-1]}"

    @property
    def shown_as(self) -> tuple[str, float]:
        return f"bits per {symbol_name(self.vocabulary.level)}", 1 / math.log(2)

    @property
    def digest(self) -> str:
        return self.corpus.digest

    @property
    def description(self) -> dict[str, Any]:
        return {
            "network": asdict(self._network),
            "vocabulary": self.vocabulary.to_json(),
            "sources": list(self.corpus.sources),
            **({"parent": self.parent} if self.parent else {}),
        }

    @property
    def notes(self) -> list[str]:
        notes = describe(self.corpus, self.vocabulary)
        if isinstance(self.batches, LineBatches) and self.batches.cut_lines:
            cut, longest = self.batches.cut_lines, self.options.window
            notes.append(f"{counted(cut, 'line')} longer than {longest} characters, read in pieces of that length")
        if self.before:
            new = counted(self.vocabulary.size - self.before.vocabulary.size, f"new {symbol_name(self.vocabulary.level)}")
            notes.append(f"weights: from {self.options.init_from}, with {new}")
        return notes

    @property
    def _network(self) -> NetworkConfig:
        assert self.network is not None, "not planned yet"
        return self.network

    @cached_property
    def batches(self) -> Batches:
        options, training = self.options, self.corpus.training
        if options.lines:
            groups = options.line_lengths or MOST_LENGTHS  # runs that were begun before it was an option have all
            return LineBatches(training, self.vocabulary, options.batch_size, options.seed, options.window, groups)
        return StreamBatches(self._ids, options.batch_size, options.window, options.seed)

    @property
    def objective(self) -> Objective:
        return nats_of_batch(self._network, self.vocabulary.unknown_probability, self.options.precision)

    @cached_property
    def _symbol_counts(self) -> np.ndarray:
        """How often each symbol occurs in the training text, by id."""
        counts = np.zeros(self.vocabulary.size, np.int64)
        values, found = value_counts(self._ids)
        counts[values] = found
        return counts

    @cached_property
    def _ids(self) -> LongArray:
        """The training text's."""
        return compact(self.vocabulary.encode(self.corpus.training), self.vocabulary.size)

    def parameters(self) -> Parameters:
        fresh = init_parameters(self._network, self.options.seed, self._symbol_counts)
        return grown(self.before, fresh) if self.before else fresh

    def shapes(self) -> Parameters:
        return parameter_shapes(self._network)

    def carry(self, rows: int) -> State:
        return zero_state(self._network, rows)

    def model(self, parameters: Parameters) -> RecurrentModel:
        return RecurrentModel(self._network, self.vocabulary, parameters, lines=self.options.lines, compiled=True)

    @cached_property
    def _held_out(self) -> HeldOutText:
        return HeldOutText(self.vocabulary, self.corpus.held_out, self.options.lines)

    def held_out(self, model: RecurrentModel) -> Held | None:
        tally = self.held_out_tally(model) if group.size() == 1 else self._held_out.shared_tally(model)
        return None if tally is None else Held(tally.nats_per_symbol, held_out_summary(tally))

    def held_out_tally(self, model: LanguageModel) -> Tally | None:
        return self._held_out.tally(model)

    def held_out_seconds(self, model: RecurrentModel) -> float:
        return self._held_out.seconds(model)

    def sample(self, parameters: Parameters) -> str:
        # not compiled: so few characters are written on numpy before anything would be
        model = RecurrentModel(self._network, self.vocabulary, parameters, lines=self.options.lines)
        said = SampleOptions(
            length=SAMPLE_LENGTH,
            temperature=SAMPLE_TEMPERATURE,
            seed=self.options.seed,
            count=SAMPLE_LINES if model.lines else 1,
        )
        with np.errstate(over="ignore", invalid="ignore"):  # what a network writes that has gone astray shows it
            first, *others = (self.vocabulary.decode(ids) for ids in joined(sample(model, said)))
        for line in others:
            first += f"\n{line}" if len(first) + len(line) < SAMPLE_LENGTH else ""
        return first

    def summary(self) -> dict[str, Any]:
        counts = {"symbol_counts": self._symbol_counts.tolist()}
        return corpus_summary(self.corpus, self.options.lines) | counts | ({"parent": self.parent} if self.parent else {})

    def baseline(self, seconds: float) -> dict[str, Any] | None:
        if self._counts:
            return baseline_of(self._counts)
        return ngram_baseline(self.corpus, self.vocabulary, lines=self.options.lines, seconds=seconds)

    def hybrid(self, network: RecurrentModel) -> Mixture | None:
        if self._counts is None:
            return None
        return make_hybrid(network, self._counts, self.corpus, self.held_out_tally, lines=self.options.lines)

    @cached_property
    def _counts(self) -> NgramModel | None:
        """The n-gram of a hybrid, which is what the network is compared with as well."""
        if not self.options.hybrid:
            return None
        return count_for_hybrid(self.corpus, self.vocabulary, self.held_out_tally, lines=self.options.lines)

    @property
    def kept(self) -> LongArray | None:
        return self.corpus.training if self.options.keep_text else None


def _corpus(paths: Sequence[str], options: TrainOptions) -> Corpus:
    corpus = read_corpus(**options.reading(paths))
    if options.keep_text:
        check_keepable(corpus.training)
    return with_fitting_part(corpus, by_lines=options.lines) if options.hybrid else corpus


def nats_of_batch(network: NetworkConfig, unknown_probability: float, precision: str) -> Objective:
    """The objective of a network over text.batches.Batch, whose rows carry their state on unless they are fresh."""
    product = PRODUCTS[precision]

    def of_batch(parameters: Parameters, carry: State, batch: Batch, drop: Drop) -> Outcome:
        inputs_TB, targets_TB, mask_TB = (part.T for part in batch[:3])
        carry = jax.tree.map(partial(_without, fresh_B=batch.fresh_B), carry)
        batch_TB = inputs_TB, targets_TB, mask_TB
        total, nats, after = objective(parameters, network, unknown_probability, carry, batch_TB, drop, product)
        return Outcome(total, nats, mask_TB.sum(), after)

    return of_batch


def _without(part_BX: Array, fresh_B: Array) -> Array:
    """A part of the carried state, zero in the rows that start afresh."""
    return jnp.where(fresh_B.reshape(-1, *[1] * (part_BX.ndim - 1)), 0, part_BX)
