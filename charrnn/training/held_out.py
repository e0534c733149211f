"""The held-out part of a text: what a model makes of it, alone or shared out over processes, and how long that takes."""

import time
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from charrnn.machine import group
from charrnn.models.language_model import LanguageModel, Spelling, Tally
from charrnn.scoring.log_probs import (
    OVERLAP,
    sequence_log_probs,
    sequences_tally,
    tally_of,
    text_sequences,
    text_tally,
    with_run_ups,
)
from charrnn.scoring.spelling import spelling_of
from charrnn.text.vocabulary import Vocabulary

# A held-out stream is read in up to PIECES pieces side by side, each of PIECE characters or more.
PIECES, PIECE = 32, 2048
# How long that takes is measured on about this number of lines, or on this number of characters of each piece, in which
# every window length occurs.
MEASURED_LINES, MEASURED = 256, 600


@dataclass(frozen=True)
class HeldOutText:
    """units: of lines that each stand for themselves, or of one stream."""

    vocabulary: Vocabulary
    units: np.ndarray
    lines: bool

    @cached_property
    def _sequences(self) -> list[np.ndarray]:
        return text_sequences(self.vocabulary, self.units, lines=self.lines)

    @cached_property
    def _spelling(self) -> Spelling | None:
        return spelling_of(self.vocabulary, self.units, lines=self.lines)

    @cached_property
    def _size(self) -> int:
        return sum(map(len, self._sequences))

    @property
    def _pieces(self) -> int:
        """In how many a stream is read."""
        return max(1, min(PIECES, self._size // PIECE))

    def tally(self, model: LanguageModel) -> Tally | None:
        """None where nothing is held out."""
        tally = text_tally(model, self._sequences, pieces=self._pieces)
        return tally and replace(tally, spelling=self._spelling)

    def shared_tally(self, model: LanguageModel) -> Tally | None:
        """tally(), the lines or the pieces shared out over the processes of the group, and added by rank."""
        if not self._sequences:
            return None
        own = slice(group.rank(), None, group.size())
        if self.lines:
            tally = sequences_tally(model, self._sequences[own])
        else:
            sequences, run_ups = with_run_ups(self._sequences[0], self._pieces)
            scores = sequence_log_probs(model, sequences[own])
            parts = zip(sequences[own], scores, run_ups[own], strict=True)
            tally = sum((tally_of(ids[1 + skip :], score[skip:]) for ids, score, skip in parts), Tally())
        figures = group.gathered([tally.nats, tally.characters, tally.unknown_nats, tally.unknown])
        tally = sum((Tally(*each) for each in figures), Tally())
        return replace(tally, spelling=self._spelling)

    def seconds(self, model: LanguageModel) -> float:
        """About how long a tally will take, by a part of the text; what is compiled for it then is."""
        if self.lines:
            part = self._sequences[:: max(1, len(self._sequences) // MEASURED_LINES)]
        else:
            part = [ids[: self._pieces * MEASURED] for ids in self._sequences]
        text_tally(model, part, pieces=self._pieces)  # compiles
        begin = time.perf_counter()
        text_tally(model, part, pieces=self._pieces)
        run_ups = 0 if self.lines else (self._pieces - 1) * OVERLAP
        share = (self._size + run_ups) / max(1, sum(map(len, part)) + run_ups)
        return (time.perf_counter() - begin) * share / group.size()
