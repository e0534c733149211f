"""A text as it is written, which knows where it ends: what every way of drawing needs."""

import numpy as np

from charrnn.text.symbols import UNKNOWN


class Text:
    """One text as it is written: what is certain of it can be taken; where `whole`, once it is done.

    It ends before the first stop, at its length, or before an unknown symbol, which is drawn where no other is left: then
    `out_of_symbols` is set.
    """

    def __init__(self, stops: list[np.ndarray], length: int, *, whole: bool = False):
        self.length, self._whole = length, whole
        self._stops = [stop for stop in stops if UNKNOWN not in stop]  # others are never written
        self._held = max((len(stop) for stop in stops), default=1) - 1  # may yet turn out the start of a stop
        self.ids = np.zeros(0, np.int32)
        self._taken = 0
        self.out_of_symbols = False
        self.done = length == 0

    def begun_with(self, ids: np.ndarray) -> "Text":
        """Another text under the same terms, of which so much is written."""
        text = Text(self._stops, self.length, whole=self._whole)
        text.append(ids)
        return text

    def append(self, ids: np.ndarray) -> None:
        if self.done:
            return
        searched = max(0, len(self.ids) - self._held)
        self.ids = np.concatenate([self.ids, ids])[: self.length]
        stopped = [at for stop in self._stops if (at := _find(self.ids, stop, searched)) >= 0]
        unknown = np.flatnonzero(self.ids[searched:] == UNKNOWN)[:1] + searched
        ends = [*stopped, *unknown.tolist()]
        if ends:
            self.ids = self.ids[: min(ends)]
            self.out_of_symbols = min(ends) not in stopped
        self.done = bool(ends) or len(self.ids) == self.length

    def take(self) -> np.ndarray:
        end = len(self.ids) if self.done else max(self._taken, 0 if self._whole else len(self.ids) - self._held)
        piece, self._taken = self.ids[self._taken : end], end
        return piece


def _find(ids: np.ndarray, part: np.ndarray, begin: int) -> int:
    """Where `part` first stands in the ids at or after `begin`; −1 where it does not."""
    if len(ids) - begin < len(part):
        return -1
    windows = np.lib.stride_tricks.sliding_window_view(ids[begin:], len(part))
    hits = np.flatnonzero((windows == part).all(axis=1))
    return begin + int(hits[0]) if len(hits) else -1
