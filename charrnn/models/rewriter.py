"""The network that rewrites texts, as a model. It runs on numpy, many texts at once.

Shapes: N sources, K hypotheses of each, B rows (N × K, those of a source side by side), M what those of a source may go on
to (K × V), S symbols of a source, T of a target, V symbols of the vocabulary.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.archive import Archive
from charrnn.models.language_model import take_rows
from charrnn.models.predictor import MISFIT, Answer, NetworkPredictor, config_and_vocabulary
from charrnn.network.arrays import Parameters
from charrnn.network.parameters import shapes_of
from charrnn.network.reader import read_whole
from charrnn.network.rewriting import RewritingConfig, Source, Written, begun, decode, encode, log_probs_of, spread_out
from charrnn.text.batches import encoded, in_batches, padded
from charrnn.text.symbols import BOUNDARY, UNKNOWN
from charrnn.text.vocabulary import Vocabulary
from charrnn.trees import map_tree, unflatten

PAIRS = 1 << 19  # of a source's and a target's symbols, which attention compares at once
ROWS = 256  # hypotheses that are followed together
BEAM = 4  # hypotheses that are followed for each source, where nothing else is said
# An answer is at most so much longer than the longest target learnt from: that times MOST_LONGER, and MOST_MORE symbols.
MOST_LONGER, MOST_MORE = 1.25, 8
MOST_SYMBOLS = 5000  # and no answer is longer: one that does not end takes seconds


class Beam(NamedTuple):
    """The hypotheses of N sources, the most probable first: ids_NKT (behind an end, boundaries), log-probabilities sums_NK
    (−∞: it is none), and whether there is nothing to go on with."""

    ids_NKT: np.ndarray
    sums_NK: np.ndarray
    ended_NK: np.ndarray


class Rewriter(NetworkPredictor):
    """longest: symbols of the longest source and of the longest target that were learnt from, ends not counted."""

    kind: ClassVar[str] = "rewriter"
    unit: ClassVar[str] = "character"

    def __init__(
        self,
        config: RewritingConfig,
        vocabulary: Vocabulary,
        longest: tuple[int, int],
        parameters: Parameters,
        summary: dict[str, Any] | None = None,
    ):
        super().__init__(config, vocabulary, parameters, summary)
        self.longest = longest

    def predict(self, texts: Sequence[str], count: int = 1, beam: int | None = None) -> list[list[Answer]]:
        """For each text up to `count` answers, the most probable first, of those that are found by following the `beam` most
        probable hypotheses (BEAM; `count`, if that is more) from symbol to symbol.

        An answer has at most most_symbols() symbols. more: its log_probability, and whether the text is longer than any that
        was learnt from. A character that is not known can only be copied.
        """
        beam = max(beam or BEAM, count)
        sequences = encoded(self.vocabulary, texts)
        found: list[list[Answer]] = [[]] * len(texts)
        for together in in_batches([len(ids) for ids in sequences], max(1, ROWS // beam)):
            searched = self._search([sequences[k] for k in together], beam, count)
            for row, k in enumerate(together):
                ranks = [rank for rank in range(count) if searched.sums_NK[row, rank] > -np.inf]
                found[k] = [self._answer(texts[k], searched, row, rank) for rank in ranks]
        return found

    def most_symbols(self, source: int) -> int:
        """Of an answer to a source of that number of symbols: by the longest target learnt from, and as much more as the
        source is longer than the longest one learnt from."""
        longest_source, longest_target = self.longest
        most = math.ceil(MOST_LONGER * longest_target * max(1.0, source / max(1, longest_source))) + MOST_MORE
        return min(most, MOST_SYMBOLS)

    def nats(self, pairs: Sequence[tuple[str, str]]) -> tuple[float, int]:
        """Of the targets of sources, and the number of symbols that they come to, ends counted."""
        sources = encoded(self.vocabulary, [source for source, _ in pairs])
        targets = [with_end(self.vocabulary.encode(target)) for _, target in pairs]
        nats = 0.0
        products = [len(source) * len(target) for source, target in zip(sources, targets, strict=True)]
        for together in in_batches(products, cells=PAIRS):
            targets_BT, lengths_B = padded([targets[k] for k in together])
            source, written = self._read([sources[k] for k in together], targets_BT.T)
            log_probs_TB = np.take_along_axis(log_probs_of(written, source), targets_BT.T[..., None], -1)[..., 0]
            nats -= float(log_probs_TB[np.arange(len(log_probs_TB))[:, None] < lengths_B].sum(dtype=np.float64))
        return nats, sum(map(len, targets))

    def shares(self, source: str, target: str) -> np.ndarray:
        """shares_TS of attention on the symbols of a source, at each symbol of the target and at its end.

        Raises CharrnnError where the model has no attention.
        """
        if self.config.attention == "none":
            raise CharrnnError("this model has no attention; train one with --attention")
        return self._shares(source, self.vocabulary.encode(target))

    def _shares(self, source: str, target_T: np.ndarray) -> np.ndarray:
        return self._read(encoded(self.vocabulary, [source]), with_end(target_T)[:, None])[1].shares_BTS[0]

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """vectors_NX: what the encoder has at both ends of each text, from which the decoder starts."""
        sequences = encoded(self.vocabulary, texts)
        vectors_NX = np.zeros((len(texts), self.config.reader.width), np.float32)
        for together in in_batches([len(ids) for ids in sequences]):
            ids_BS, lengths_B = padded([sequences[k] for k in together])
            vectors_NX[together] = read_whole(self.parameters["reader"], self.config.reader, ids_BS.T, lengths_B)[1]
        return vectors_NX

    def _read(self, sources: Sequence[np.ndarray], targets_TB: np.ndarray) -> tuple[Source, Written]:
        """The sources, and what the decoder says at each symbol of their targets."""
        ids_BS, lengths_B = padded(sources)
        source, state = encode(self.parameters, self.config, ids_BS.T, lengths_B)
        return source, decode(self.parameters, self.config, source, state, begun(targets_TB))[1]

    def _search(self, sources: Sequence[np.ndarray], beam: int, count: int) -> Beam:
        """What beam search finds: at every step, of all that the hypotheses of a source may go on to, the most probable are
        kept; one that has ended stays while it is among them. It is over when of each source the first `count` have ended:
        the others can only become less probable."""
        ids_NS, lengths_N = padded(sources)
        source, state = encode(self.parameters, self.config, ids_NS.T, lengths_N)
        source, state = spread_out(source, beam), map_tree(lambda part: part.repeat(beam, axis=0), state)
        most_B = np.array([self.most_symbols(length) for length in lengths_N.tolist()]).repeat(beam)
        copied_B = (source.there_BS & (source.ids_BS == UNKNOWN)).any(1) & self.config.copy
        hypotheses, last_B = first_beam(len(sources), beam), np.full(len(most_B), BOUNDARY, np.int32)
        while not hypotheses.ended_NK[:, :count].all():
            state, written = decode(self.parameters, self.config, source, state, last_B[None])
            log_probs_BV = log_probs_of(written, source)[0]
            log_probs_BV[~copied_B, UNKNOWN] = -np.inf
            is_last_B1 = (most_B <= hypotheses.ids_NKT.shape[2])[:, None]
            log_probs_BV[is_last_B1 & (np.arange(log_probs_BV.shape[1]) != BOUNDARY)] = -np.inf
            hypotheses, rows_B = longer(hypotheses, log_probs_BV)
            state, last_B = take_rows(state, rows_B), hypotheses.ids_NKT[..., -1].ravel()
        return hypotheses

    def _answer(self, text: str, searched: Beam, row: int, rank: int) -> Answer:
        ids_T = searched.ids_NKT[row, rank]
        ids_T = ids_T[: int((ids_T == BOUNDARY).argmax())]
        answer, log_probability = self.vocabulary.decode(ids_T), float(searched.sums_NK[row, rank])
        if UNKNOWN in ids_T:
            answer = self._with_copied(text, answer, ids_T)
        more = {"log_probability": log_probability, "longer_than_learnt": len(text) > self.longest[0]}
        return Answer(answer, math.exp(log_probability), answer, more)

    def _with_copied(self, text: str, answer: str, ids_T: np.ndarray) -> str:
        """The answer with characters that are not known as the source has them, each the one that is attended most (Luong,
        Sutskever et al. 2015)."""
        shares_TS = self._shares(text, ids_T) * (self.vocabulary.encode(text) == UNKNOWN)
        places = shares_TS.argmax(1)
        return "".join(text[places[t]] if ids_T[t] == UNKNOWN else answer[t] for t in range(len(ids_T)))

    def facts(self) -> dict[str, Any]:
        return super().facts() | {"longest": {"source": self.longest[0], "target": self.longest[1]}}

    def to_archive(self) -> Archive:
        arrays, description = super().to_archive()
        return arrays, description | {"longest": list(self.longest)}

    @classmethod
    def from_archive(cls, arrays: Mapping[str, np.ndarray], description: Mapping[str, Any], path: Path) -> Self:
        """The model that to_archive() took apart. Raises CharrnnError, or what understood() makes one of."""
        config, vocabulary = config_and_vocabulary(RewritingConfig, description)
        source, target = map(int, description["longest"])
        if min(source, target) < 0:
            raise ValueError(MISFIT)
        parameters = unflatten(shapes_of(config.weights()), arrays, path)
        return cls(config, vocabulary, (source, target), parameters, description.get("summary"))


def with_end(ids: np.ndarray) -> np.ndarray:
    """The ids of a target with the boundary that ends it."""
    return np.append(ids, np.int32(BOUNDARY))


def first_beam(sources: int, beam: int) -> Beam:
    """Before the first symbol: one hypothesis of each source, and others that are impossible."""
    sums_NK = np.full((sources, beam), -np.inf)
    sums_NK[:, 0] = 0.0
    return Beam(np.zeros((sources, beam, 0), np.int32), sums_NK, sums_NK < 0)


def longer(hypotheses: Beam, log_probs_BV: np.ndarray) -> tuple[Beam, np.ndarray]:
    """The hypotheses one symbol longer, as many of each source, and the rows_B that they go on from. An ended one goes on
    with a boundary, which is certain."""
    sources, beam = hypotheses.sums_NK.shape
    symbols = log_probs_BV.shape[1]
    after_end_V = np.where(np.arange(symbols) == BOUNDARY, 0.0, -np.inf)
    log_probs_NKV = log_probs_BV.reshape(sources, beam, symbols)
    log_probs_NKV = np.where(hypotheses.ended_NK[..., None], after_end_V, log_probs_NKV)
    sums_NM = (hypotheses.sums_NK[..., None] + log_probs_NKV).reshape(sources, -1)
    kept_NK = np.argpartition(-sums_NM, beam - 1, axis=1)[:, :beam]
    order_NK = np.argsort(-np.take_along_axis(sums_NM, kept_NK, 1), axis=1, kind="stable")
    kept_NK = np.take_along_axis(kept_NK, order_NK, 1)
    from_NK, ids_NK = np.divmod(kept_NK, symbols)
    before_NKT = np.take_along_axis(hypotheses.ids_NKT, from_NK[..., None], 1)
    ids_NKT = np.concatenate([before_NKT, ids_NK[..., None].astype(np.int32)], axis=2)
    sums_NK = np.take_along_axis(sums_NM, kept_NK, 1)
    ended_NK = (ids_NK == BOUNDARY) | (sums_NK == -np.inf)
    return Beam(ids_NKT, sums_NK, ended_NK), (np.arange(sources)[:, None] * beam + from_NK).ravel()
