"""Filling blanks: search from both sides of each, and ranking by the probability of the whole sentence.

A beam goes from left to right into the blank and another, with the backward stack, from right to left. Wherever the two
can meet, the joint softmax chooses the character between a beginning of the one and an end of the other. What is found
so is ranked by the whole sentence, by both stacks where there are two: ½ (log p→ + log p←). A model of one direction
searches with the first beam alone.

Shapes: B rows (hypotheses), T time, V symbols, H hidden units.
"""

import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.language_model import LanguageModel, State, take_rows
from charrnn.models.recurrent import RecurrentModel
from charrnn.text.blanks import Blank, Template, read_template
from charrnn.text.lines import line_groups
from charrnn.text.sources import decode, read_bytes
from charrnn.text.symbols import BOUNDARY
from charrnn.text.words import need_characters
from charrnn.writing.options import FillOptions

BEAM = 8  # hypotheses that each side keeps at each length
FINALISTS = 32  # fillings of a blank that are ranked by the whole sentence; of each length,
LEAST_FINALISTS = 6  # and at least this many
WINDOW = 256  # characters read in one call
ROUNDS = 2  # with several blanks, each is filled so often again, the others as they were filled before
COMBINATIONS = 64  # fillings of several blanks together that are ranked, about

Ids = tuple[int, ...]


@dataclass(frozen=True)
class Filling:
    """A sentence filled, one string a blank; its probability is its share among all fillings that were ranked."""

    fillings: tuple[str, ...]
    text: str
    probability: float


class _Read(NamedTuple):
    """A model (one row) after a context: its state, the log-probabilities of the next character, the outputs there."""

    state: State
    log_probs_BV: np.ndarray
    outputs_BH: np.ndarray


class _Hypotheses(NamedTuple):
    """What one side has written into a blank: ids_BT in the order written, and their log-probabilities."""

    ids_BT: np.ndarray
    log_probs_B: np.ndarray
    outputs_BH: np.ndarray


@dataclass(frozen=True)
class Filled:
    """A text with blanks, and the best ways to fill them, best first."""

    text: str
    fillings: Sequence[Filling]


def fill_texts(model: LanguageModel, texts: Sequence[str], files: Sequence[str], options: FillOptions) -> Iterator[Filled]:
    """The texts, then the lines of the files as they come, with their blanks filled (see fill)."""
    need_characters(model.vocabulary, "fill")
    candidates = None if options.candidates is None else read_candidates(options.candidates, options.encoding)
    lines = (
        line
        for name in files
        for group in line_groups(name, level=model.vocabulary.level, encoding=options.encoding)
        for line in group
    )
    for text in itertools.chain(texts, lines):
        template = read_template(text, max_length=options.max_length, mark=options.blank)
        yield Filled(text, fill(model, template, count=options.count, candidates=candidates))


def reads_both_ways(model: LanguageModel) -> bool:
    """Whether the search looks back and ahead."""
    return isinstance(model, RecurrentModel) and model.backward is not None


def read_candidates(said: str, encoding: str = "utf-8") -> list[str]:
    """The candidates of a file, one a line, or where there is no such file those that commas divide, each once."""
    # not Path.is_file, which raises for names longer than a file's may be
    words = decode(read_bytes(said), said, encoding).split("\n") if os.path.isfile(said) else said.split(",")
    kept = list(dict.fromkeys(word.removesuffix("\r") for word in words if word.removesuffix("\r")))
    if not kept:
        raise CharrnnError(f"--candidates {said}: there is no candidate in it; give a file of one a line, or a,b,c")
    return kept


def fill(model: LanguageModel, template: Template, *, count: int, candidates: Sequence[str] | None = None) -> list[Filling]:
    """The `count` best ways to fill the template's blanks, best first; `candidates` are then the only choices.

    Raises CharrnnError where no candidate has a length that its blank allows.
    """
    if not template.blanks:
        return [Filling((), template.text, 1.0)]
    search = _Search(model, template, candidates)
    ways, nats = search.one() if len(template.blanks) == 1 else search.several()
    shares = np.exp(nats - nats.max())
    shares /= shares.sum()
    found = []
    for k in np.argsort(-nats, kind="stable")[:count]:
        words = tuple(search.decode(ids) for ids in ways[k])
        found.append(Filling(words, template.filled(words), float(shares[k])))
    return found


class _Search:
    def __init__(self, model: LanguageModel, template: Template, candidates: Sequence[str] | None):
        self.model, self.template = model, template
        self.both = model if isinstance(model, RecurrentModel) and reads_both_ways(model) else None
        self.texts = [self._encode(text) for text in template.texts]
        self.texts[0] = (BOUNDARY, *self.texts[0])
        self.texts[-1] = (*self.texts[-1], BOUNDARY)
        self._words: dict[Ids, str] = {}
        for word in candidates or ():
            if self._words.setdefault(self._encode(word), word) != word:
                twins = f"{self._words[self._encode(word)]!r} and {word!r}"
                raise CharrnnError(f"the candidates {twins} differ only in characters that the model does not know")

    def _encode(self, text: str) -> Ids:
        return tuple(self.model.vocabulary.encode(text).tolist())

    def decode(self, ids: Ids) -> str:
        return self._words.get(ids) or self.model.vocabulary.decode(np.array(ids, np.int32))

    def one(self) -> tuple[list[tuple[Ids, ...]], np.ndarray]:
        """The ways to fill a single blank and their log-probabilities."""
        middles, nats = self._best(self.template.blanks[0], *self.texts)
        return [(ids,) for ids in middles], nats

    def several(self) -> tuple[list[tuple[Ids, ...]], np.ndarray]:
        """Ways to fill several blanks together, and their log-probabilities.

        The blanks are filled from left to right, each looking ahead as far as the next; then each again with the others
        filled; the best of each are combined.
        """
        blanks, texts = self.template.blanks, self.texts
        chosen: list[Ids] = []
        for k, blank in enumerate(blanks):
            chosen.append(self._best(blank, _woven(texts[: k + 1], chosen), texts[k + 1])[0][0])
        options: list[list[Ids]] = [[] for _ in blanks]
        for _ in range(ROUNDS):
            for k, blank in enumerate(blanks):
                left, right = _woven(texts[: k + 1], chosen[:k]), _woven(texts[k + 1 :], chosen[k + 1 :])
                options[k] = self._best(blank, left, right)[0]
                chosen[k] = options[k][0]
        most = max(2, int(COMBINATIONS ** (1 / len(blanks))))
        ways = list(itertools.islice(itertools.product(*(each[:most] for each in options)), 4 * COMBINATIONS))
        middles = [_woven([(), *texts[1:-1], ()], way) for way in ways]
        return ways, self._rank(texts[0], middles, texts[-1])

    def _best(self, blank: Blank, left: Ids, right: Ids) -> tuple[list[Ids], np.ndarray]:
        """Fillings of a blank between two texts and the log-probabilities of the whole, best first."""
        middles = self._fitting(blank) if self._words else self._proposals(blank, left, right)
        nats = self._rank(left, middles, right)
        order = np.argsort(-nats, kind="stable")
        return [middles[k] for k in order], nats[order]

    def _fitting(self, blank: Blank) -> list[Ids]:
        fitting = [ids for ids in self._words if not blank.told or blank.least <= len(ids) <= blank.most]
        if not fitting:
            lengths = f"{blank.least}" if blank.least == blank.most else f"{blank.least} to {blank.most}"
            raise CharrnnError(f"{self.template.text!r}: none of the candidates has the {lengths} characters of its blank")
        return fitting

    def _proposals(self, blank: Blank, left: Ids, right: Ids) -> list[Ids]:
        """Likely fillings of a blank between two texts, of every length that it may have."""
        lengths = range(blank.least, blank.most + 1)
        each = max(LEAST_FINALISTS, FINALISTS // len(lengths))
        if self.both is None:
            beam = continuations(self.model, read_context(self.model, left), blank.most, FINALISTS)
            return [tuple(ids) for length in lengths for ids in beam[length].ids_BT[:each].tolist()]
        assert self.both.backward is not None
        forward = continuations(self.both, read_context(self.both, left), blank.most - 1, BEAM)
        backward = continuations(self.both.backward, read_context(self.both.backward, right[::-1]), blank.most - 1, BEAM)
        found: list[Ids] = []
        for length in lengths:
            met: dict[Ids, float] = {}
            for before in range(length):
                met |= _meetings(self.both, forward[before], backward[length - 1 - before], each)
            found += sorted(met, key=met.__getitem__, reverse=True)[:each]
        return found

    def _rank(self, left: Ids, middles: Sequence[Ids], right: Ids) -> np.ndarray:
        """Log-probability of right text and each middle after the left text; with both directions, the mean of that and
        of left text and middle before the right one."""
        nats = _continued(self.model, read_context(self.model, left), [(*ids, *right) for ids in middles])
        if self.both is None:
            return nats
        assert self.both.backward is not None
        turned = [(*ids[::-1], *left[::-1]) for ids in middles]
        return (nats + _continued(self.both.backward, read_context(self.both.backward, right[::-1]), turned)) / 2


def _woven(texts: Sequence[Ids], fillings: Sequence[Ids]) -> Ids:
    """Text, filling, text, ...; the last text may be missing its filling."""
    pairs = itertools.zip_longest(texts, fillings, fillvalue=())
    return tuple(itertools.chain.from_iterable(itertools.chain.from_iterable(pairs)))


def _step(model: LanguageModel, state: State, ids_BT: np.ndarray) -> _Read:
    if isinstance(model, RecurrentModel):
        state, outputs_BTH = model.outputs(state, ids_BT)
        return _Read(state, model.log_probs(outputs_BTH[:, -1]), outputs_BTH[:, -1])
    state, log_probs_BTV = model.advance(state, ids_BT)
    return _Read(state, log_probs_BTV[:, -1], log_probs_BTV[:, -1, :0])


def read_context(model: LanguageModel, ids: Ids) -> _Read:
    """A model after ids, of which there is at least one."""
    read = _Read(model.start(1), *np.zeros((2, 1, 0)))
    for begin in range(0, len(ids), WINDOW):
        read = _step(model, read.state, np.array([ids[begin : begin + WINDOW]], np.int32))
    return read


def continuations(model: LanguageModel, read: _Read, depth: int, width: int) -> list[_Hypotheses]:
    """The likeliest continuations of each length from 0 to depth, up to `width` of each, best first; without boundaries."""
    beam = [_Hypotheses(np.zeros((1, 0), np.int32), np.zeros(1), read.outputs_BH)]
    for _ in range(depth):
        totals_BV = beam[-1].log_probs_B[:, None] + read.log_probs_BV
        rows, symbols, log_probs_B = _best_cells(totals_BV, width)
        state = take_rows(read.state, rows)
        read = _step(model, state, symbols[:, None].astype(np.int32))
        beam.append(_Hypotheses(np.concatenate([beam[-1].ids_BT[rows], symbols[:, None]], 1), log_probs_B, read.outputs_BH))
    return beam


def _meetings(model: RecurrentModel, before: _Hypotheses, after: _Hypotheses, count: int) -> dict[Ids, float]:
    """The likeliest `count` of: a beginning from the left, one character from both sides, an end from the right."""
    joint_BAV = model.joint_log_probs(before.outputs_BH[:, None], after.outputs_BH[None])
    totals_BAV = before.log_probs_B[:, None, None] + after.log_probs_B[None, :, None] + joint_BAV
    pairs, symbols, log_probs = _best_cells(totals_BAV.reshape(-1, totals_BAV.shape[-1]), count)
    begins, ends = np.divmod(pairs, len(after.log_probs_B))
    ids = np.concatenate([before.ids_BT[begins], symbols[:, None], after.ids_BT[ends, ::-1]], axis=1)
    return dict(zip(map(tuple, ids.tolist()), log_probs.tolist(), strict=True))


def _best_cells(totals_BV: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, symbols and values of the largest `count` cells, largest first; unknown symbol and boundary left out."""
    allowed_BV = totals_BV[:, BOUNDARY + 1 :]
    flat = allowed_BV.ravel()
    count = min(count, flat.size)
    cells = np.argpartition(-flat, count - 1)[:count]
    cells = cells[np.argsort(-flat[cells], kind="stable")]
    rows, symbols = np.divmod(cells, allowed_BV.shape[1])
    return rows, symbols + BOUNDARY + 1, flat[cells]


def _continued(model: LanguageModel, read: _Read, sequences: Sequence[Ids]) -> np.ndarray:
    """The log-probability of each sequence after what was read; none is empty."""
    lengths_B = np.array([len(ids) for ids in sequences])
    ids_BT = np.full((len(sequences), lengths_B.max()), BOUNDARY, np.int32)
    for row, ids in enumerate(sequences):
        ids_BT[row, : len(ids)] = ids
    total_B = read.log_probs_BV[0, ids_BT[:, 0]].astype(np.float64)
    state = take_rows(read.state, np.zeros(len(sequences), int))
    for begin in range(0, ids_BT.shape[1] - 1, WINDOW):
        part_BT = ids_BT[:, begin : begin + WINDOW + 1]
        state, log_probs_BT = model.target_log_probs(state, part_BT[:, :-1], part_BT[:, 1:])
        counts_BT = begin + 1 + np.arange(log_probs_BT.shape[1]) < lengths_B[:, None]
        total_B += np.where(counts_BT, log_probs_BT, 0).sum(1)
    return total_B
