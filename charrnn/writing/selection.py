"""Lists of texts: those that are left out for what they are, and where to give up looking for others."""

from collections.abc import Iterable, Iterator

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.language_model import LanguageModel
from charrnn.text.corpus import read_units
from charrnn.writing.options import SampleOptions

TRIES = 1000  # texts in a row that are left out, after which no more are looked for


class Selection:
    """The texts that a list takes: none twice (options.unique), and none with a line that stands in certain texts.

    These are the files options.not_in, and with options.not_in_corpus the corpus (ids). The primer counts as part of a text.
    """

    def __init__(self, model: LanguageModel, prime: np.ndarray, options: SampleOptions, corpus: np.ndarray | None):
        self._vocabulary, self._prime, self._options = model.vocabulary, prime, options
        self._lines: set[bytes] = set()
        for name in options.not_in:
            units = read_units([name], level=self._vocabulary.level, encoding=options.encoding)
            self._add(self._vocabulary.encode(units))
        if options.not_in_corpus:
            assert corpus is not None
            self._add(corpus)
        self._taken: set[bytes] = set()

    def _add(self, ids: np.ndarray) -> None:
        self._lines |= set(self._vocabulary.decode_bytes(ids).split(b"\n")) - {b""}

    def takes(self, ids: np.ndarray) -> bool:
        text = self._vocabulary.decode_bytes(np.concatenate([self._prime, ids]))
        if not self._lines.isdisjoint(text.split(b"\n")) or (self._options.unique and text in self._taken):
            return False
        self._taken.add(text)
        return True

    def of(self, texts: Iterable[np.ndarray], count: int) -> Iterator[np.ndarray]:
        """The first `count` of the texts that the list takes, as they come.

        Raises CharrnnError after those that were found where the texts end before, or TRIES in a row are not taken.
        """
        found = tried = since = 0
        for ids in texts:
            tried, since = tried + 1, since + 1
            if self.takes(ids):
                found, since = found + 1, 0
                yield ids
            if found == count:
                return
            if since == TRIES:
                break
        options = self._options
        asked = {"--unique": options.unique, "--not-in": options.not_in, "--not-in-corpus": options.not_in_corpus}
        left_out = " and ".join(name for name, said in asked.items() if said) or "the conditions"
        search = "--beam" if options.beam else "--best-of" if options.best_of else "--temperature"
        raise CharrnnError(
            f"{found:,} of {count:,} texts found: of {tried:,} tried, {left_out} left out all others; "
            f"ask for fewer with --count, or raise {search}"
        )
