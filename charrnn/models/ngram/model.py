"""An n-gram model with interpolated modified Kneser-Ney smoothing, of characters, bytes or words. numpy only.

Shapes: B rows, T time, V symbols, K context lengths (0 to order - 1), P positions (rows and time in one).
"""

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.archive import Archive
from charrnn.models.language_model import CompiledStep, Read, Tally
from charrnn.models.ngram.columns import Workspace
from charrnn.models.ngram.counts import MAX_ORDER, MIN_ORDER, FramedText, Ids
from charrnn.models.ngram.kneser_ney import KneserNey
from charrnn.models.ngram.trie import ABSENT, FIRST_SYMBOL, ROOT, Trie, children, find, is_sound
from charrnn.text.symbols import UNKNOWN
from charrnn.text.vocabulary import Vocabulary
from charrnn.text.words import vocabulary_from

COMPILE_FROM = 20_000  # for so many characters, writing on numpy takes about as long as JAX takes to start and compile
BLOCK = 1 << 20  # characters of a text whose log-probabilities are held at a time
CELLS = 1 << 19  # size of the arrays that long inputs are cut to, so that they stay in the processor's cache


class NgramState(NamedTuple):
    """nodes_BK: where the trie holds the last 0, 1, ..., order - 1 symbols that each row has read."""

    nodes_BK: np.ndarray


@dataclass(eq=False)
class NgramModel:
    """A SavedModel from counts.

    With `lines`, it was trained on lines, each from boundary to boundary: contexts do not reach back over a boundary.
    Else the text was one stream. `discounts` are D1, D2, D3+ of each order; `summary` tells how the model came about,
    as JSON takes it.

    Where the vocabulary says what the unknown symbol gets (unknown_probability), it gets just that in every context,
    and all else is scaled to the rest; otherwise the unknown symbol was counted like any other.
    """

    kind: ClassVar[str] = "ngram"

    vocabulary: Vocabulary
    trie: Trie
    lines: bool
    discounts: Sequence[Sequence[float]] = ()
    summary: dict[str, Any] = field(default_factory=dict)
    folder: Path | None = None
    compiled: bool = False

    @classmethod
    def train(
        cls,
        ids: Ids,
        vocabulary: Vocabulary,
        *,
        order: int,
        lines: bool = False,
        min_counts: Sequence[int] | None = None,
        summary: dict[str, Any] | None = None,
        precision: type = np.float32,
        workspace: Workspace | None = None,
    ) -> "NgramModel":
        """The model of a text, which is taken to start after a boundary. For min_counts (pruning) see KneserNey.

        Probabilities are computed in float64 and kept in `precision`. Raises CharrnnError for an order out of range, an
        empty text, minimal counts that fall, and unknown symbols where the vocabulary says that there are none.
        """
        options = {"lines": lines, "min_counts": min_counts, "precision": precision, "workspace": workspace}
        return replace(next(_models(ids, vocabulary, [order], **options)), summary=summary or {})

    @property
    def order(self) -> int:
        return self.trie.order

    @property
    def ngrams(self) -> list[int]:
        """The number of n-grams of each order, from 1."""
        return np.diff(self.trie.levels)[1:].tolist()

    def prepare(self, characters: float) -> None:
        """Switch to JAX where so much is to be written that it is worth compiling."""
        self.compiled = self.compiled or characters > COMPILE_FROM

    @cached_property
    def _reader(self) -> "tuple[Read, Any] | None":
        from charrnn.models.ngram.compiled import reader
        from charrnn.network.compiled import to_device

        found = reader(self)
        return found and (found[0], to_device(found[1]))

    def compiled_step(self) -> CompiledStep | None:
        return self._reader and CompiledStep(*self._reader)

    def start(self, rows: int) -> NgramState:
        nodes_BK = np.full((rows, self.order), ABSENT, np.int64)
        nodes_BK[:, 0] = ROOT
        return NgramState(nodes_BK)

    def advance(self, state: NgramState, ids_BT: np.ndarray) -> tuple[NgramState, np.ndarray]:
        """See LanguageModel: (state, log_probs_BTV), float32."""
        state, nodes_KBT = self.read(state, ids_BT)
        nodes_KP = nodes_KBT.reshape(self.order, ids_BT.size)
        log_probs_PV = np.empty((ids_BT.size, self.vocabulary.size), np.float32)
        width, symbols_V = max(1, CELLS // self.vocabulary.size), np.arange(self.vocabulary.size)
        for start in range(0, ids_BT.size, width):
            piece = slice(start, start + width)
            log_probs_PV[piece] = np.log(self._with_unknown(self.interpolated(nodes_KP[:, piece]), symbols_V))
        return state, log_probs_PV.reshape(*ids_BT.shape, self.vocabulary.size)

    def target_log_probs(
        self, state: NgramState, ids_BT: np.ndarray, targets_BT: np.ndarray
    ) -> tuple[NgramState, np.ndarray]:
        """(state, log_probs_BT), float64: what advance() gives for one symbol at each position, and nothing else."""
        log_probs_BT = np.empty(ids_BT.shape)
        width = max(1, CELLS // (len(ids_BT) * self.order or 1))
        for start in range(0, ids_BT.shape[1], width):
            piece = slice(start, start + width)
            state, log_probs_BT[:, piece] = self._target_piece(state, ids_BT[:, piece], targets_BT[:, piece])
        return state, log_probs_BT

    def read(self, state: NgramState, ids_BT: np.ndarray) -> tuple[NgramState, np.ndarray]:
        """(state, nodes_KBT of the contexts of all lengths after each of ids_BT)."""
        before_BK = np.asarray(state.nodes_BK)  # a compiled loop leaves them in JAX
        assert not ids_BT.size or 0 <= ids_BT.min() <= ids_BT.max() < self.vocabulary.size
        nodes_KBT = np.empty((self.order, *ids_BT.shape), np.int64)
        if not ids_BT.size:
            return state, nodes_KBT
        nodes_KBT[0], nodes_KBT[1] = ROOT, FIRST_SYMBOL + ids_BT.astype(np.int64)
        if ids_BT.shape[1] == 1:  # all lengths at once
            before_KB = before_BK[:, 1:-1].T
            nodes_KBT[2:, :, 0] = find(self.trie, before_KB, np.broadcast_to(ids_BT[:, 0], before_KB.shape))
        else:
            for length in range(2, self.order):
                before_BT = np.concatenate([before_BK[:, length - 1, None], nodes_KBT[length - 1, :, :-1]], 1)
                nodes_KBT[length] = find(self.trie, before_BT, ids_BT)
        return NgramState(nodes_KBT[:, :, -1].T.copy()), nodes_KBT

    def interpolated(self, nodes_KP: np.ndarray) -> np.ndarray:
        """p_PV (float64) in the contexts whose nodes are given for all lengths, the unknown symbol as it was counted.

        A symbol has the probability that stands in the longest context it has followed, times the back-off weights of
        the longer ones.
        """
        trie, size = self.trie, self.vocabulary.size
        weight_KP = np.ones(nodes_KP.shape)
        weight_KP[:-1] = np.cumprod(trie.backoff_C[nodes_KP[:0:-1]].astype(np.float64), 0)[::-1]
        p_PV = weight_KP[0, :, None] * trie.probability_N[FIRST_SYMBOL : FIRST_SYMBOL + size]
        first, number = (array.ravel() for array in children(trie, nodes_KP[1:]))
        child = np.repeat(first - np.cumsum(number) + number, number) + np.arange(number.sum())
        row = np.tile(np.arange(nodes_KP.shape[1]) * size, self.order - 1)
        cell = np.repeat(row, number) + trie.symbols_N[child]
        # the cells of one symbol come in order of context length, and the last assignment stays
        p_PV.reshape(-1)[cell] = trie.probability_N[child] * np.repeat(weight_KP[1:].ravel(), number)
        return p_PV

    def _target_piece(self, state: NgramState, ids_BT: np.ndarray, targets_BT: np.ndarray) -> tuple[NgramState, np.ndarray]:
        trie = self.trie
        assert not targets_BT.size or 0 <= targets_BT.min() <= targets_BT.max() < self.vocabulary.size
        state, nodes_KBT = self.read(state, ids_BT)
        targets_are_next = np.array_equal(ids_BT[:, 1:], targets_BT[:, :-1])
        p_BT = trie.probability_N[FIRST_SYMBOL + targets_BT.astype(np.int64)].astype(np.float64)
        for length in range(1, self.order):
            contexts_BT = nodes_KBT[length]
            if targets_are_next and length + 1 < self.order:  # then all but the last have been looked up
                last = find(trie, contexts_BT[:, -1:], targets_BT[:, -1:])
                found_BT = np.concatenate([nodes_KBT[length + 1, :, 1:], last], 1)
            else:
                found_BT = find(trie, contexts_BT, targets_BT)
            p_BT = np.where(found_BT != ABSENT, trie.probability_N[found_BT], p_BT * trie.backoff_C[contexts_BT])
        return state, np.log(self._with_unknown(p_BT, targets_BT))

    def _with_unknown(self, p: np.ndarray, symbols: np.ndarray) -> np.ndarray:
        unknown = self.vocabulary.unknown_probability
        return np.where(symbols == UNKNOWN, unknown, p * (1 - unknown)) if unknown else p

    def facts(self) -> dict[str, Any]:
        return {"order": self.order, "ngrams": self.ngrams, "discounts": [list(each) for each in self.discounts]}

    def to_archive(self) -> Archive:
        description = {
            "kind": self.kind,
            "order": self.order,
            "lines": self.lines,
            "discounts": [list(of_order) for of_order in self.discounts],
            "vocabulary": self.vocabulary.to_json(),
            "summary": self.summary,
        }
        return self.trie._asdict(), description

    @classmethod
    def from_archive(cls, arrays: Mapping[str, np.ndarray], description: Mapping[str, Any], path: Path) -> "NgramModel":
        """The model that to_archive() took apart. Raises CharrnnError, or what understood() makes one of."""
        trie, vocabulary = Trie(**arrays), vocabulary_from(description["vocabulary"])
        order, contexts, nodes = description["order"], int(trie.levels[-2]), int(trie.levels[-1])
        sizes = [len(array) for array in trie]
        fits = sizes == [nodes, nodes, contexts + 1, contexts, contexts, order + 2]
        if not (fits and trie.levels[2] == FIRST_SYMBOL + vocabulary.size and is_sound(trie, vocabulary.size)):
            raise ValueError("its arrays are not those of its order")
        return cls(vocabulary, trie, bool(description["lines"]), description["discounts"], description["summary"])


def tally_of(model: NgramModel, text: Ids) -> Tally:
    """The tally of all symbols of a text but the first, read in blocks from a fresh state."""
    state, tally = model.start(1), Tally()
    for start in range(0, len(text) - 1, BLOCK):
        part_BT = text[start : start + BLOCK + 1][None]
        state, log_probs_BT = model.target_log_probs(state, part_BT[:, :-1], part_BT[:, 1:])
        unknown_BT = part_BT[:, 1:] == UNKNOWN
        nats, of_unknown = -float(log_probs_BT.sum()), -float(log_probs_BT[unknown_BT].sum())
        tally += Tally(nats, log_probs_BT.size, of_unknown, int(unknown_BT.sum()))
    return tally


def tally_from_boundary(model: NgramModel, ids: Ids) -> Tally:
    """The tally of a text from the boundary before it on, by which orders are compared; that of lines, each for itself.

    Of a stream, unlike in the held-out figure of training, the first character is predicted too. Lines end at a boundary.
    """
    return tally_of(model, FramedText(ids, model.vocabulary.size, lines=model.lines)) if len(ids) else Tally()


def choose_order(
    training_ids: Ids,
    held_out_ids: Ids,
    vocabulary: Vocabulary,
    *,
    orders: Iterable[int] = range(MIN_ORDER, MAX_ORDER + 1),
    summary: dict[str, Any] | None = None,
    seconds: float = math.inf,
    **options: Any,
) -> NgramModel:
    """The model of the order that predicts the held-out text best; `options` are those of train().

    Orders are tried from the lowest up, counting on from one to the next, until one is no better than the last, or another
    that takes as long as the last would end after more than so many seconds in all. What each reached stands in the
    model's `summary` under "held_out_nats_per_character". Raises CharrnnError as train() does, and where the held-out text
    is empty.
    """
    if not len(held_out_ids):
        raise CharrnnError("the held-out text is empty, so no order can be chosen by it; name an order")
    before = time.perf_counter()
    end = before + seconds
    models = _models(training_ids, vocabulary, orders, **options)
    best = next(models)
    tried = {best.order: tally_from_boundary(best, held_out_ids).nats_per_symbol}
    now = time.perf_counter()
    while 2 * now - before < end and (model := next(models, None)):
        tried[model.order] = tally_from_boundary(model, held_out_ids).nats_per_symbol
        if not tried[model.order] < tried[best.order]:
            break
        best = model
        before, now = now, time.perf_counter()
    noted = {str(order): nats for order, nats in tried.items()}
    return replace(best, summary={**(summary or {}), "held_out_nats_per_character": noted})


def _models(ids: Ids, vocabulary: Vocabulary, orders: Iterable[int], **options: Any) -> Iterator[NgramModel]:
    """A model of each order, from the lowest up."""
    orders = sorted(orders)
    if not orders or orders[0] < MIN_ORDER or orders[-1] > MAX_ORDER:
        shown = ", ".join(map(str, orders)) or "none"
        raise CharrnnError(f"order {shown}: an n-gram model has an order from {MIN_ORDER} to {MAX_ORDER}")
    estimate = KneserNey(ids, vocabulary, **options)
    for order in orders:
        while estimate.order < order:
            estimate.extend()
        trie, discounts = estimate.trie()
        yield NgramModel(vocabulary, trie, options.get("lines", False), discounts)
