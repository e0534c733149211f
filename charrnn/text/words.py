"""Words as symbols: the vocabulary of a model of words.

A text of words is held as any other, in code points; only where it becomes ids is it cut.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.text.long_array import LongArray, StoredArray, blocks
from charrnn.text.symbols import UNKNOWN
from charrnn.text.tokens import TOKENS, check_tokens, split_words
from charrnn.text.vocabulary import LEVELS, NEWLINE, REPLACEMENT, Vocabulary, to_units


def text_of(text: str | bytes | np.ndarray) -> str:
    """The text that is given as such, in UTF-8, or as code points."""
    units = text if isinstance(text, np.ndarray) else to_units(text)
    return units.astype("<u4").tobytes().decode("utf-32-le")


def text_pieces(text: str | bytes | LongArray) -> Iterator[str]:
    """The text in pieces that end where lines do; what is in memory in one."""
    if not isinstance(text, StoredArray):
        yield text_of(text)
        return
    left = np.zeros(0, np.uint32)
    for block in blocks(text):
        units = np.concatenate([left, block])
        ends = np.flatnonzero(units == NEWLINE)
        end = int(ends[-1]) + 1 if len(ends) else 0
        yield text_of(units[:end])
        left = units[end:]
    if len(left):
        yield text_of(left)


@dataclass(frozen=True)
class WordVocabulary(Vocabulary):
    """A Vocabulary whose symbols are words, the most frequent first, cut by the regular expression `tokens`.

    rare: the different words of the training text that were left out, in order. They help to tell how unknown words are
    spelt (see scoring/spelling.py).
    """

    level: str = "word"
    tokens: str = TOKENS
    rare: tuple[str, ...] = ()

    def __post_init__(self):
        for name in ("symbols", "rare"):  # lists, in JSON
            object.__setattr__(self, name, tuple(getattr(self, name)))
        super().__post_init__()

    @classmethod
    def of(
        cls, text: str | LongArray, *, tokens: str = TOKENS, min_count: int = 1, size: int | None = None
    ) -> "WordVocabulary":
        """The vocabulary of a training text: of words seen `min_count` times or more, the `size` most frequent.

        All others become the unknown symbol. The newline is there beside them.
        """
        if isinstance(text, StoredArray):
            cut = hashlib.sha256(tokens.encode()).hexdigest()[:16]
            counts = Counter(text.noted(f"counts-{cut}", lambda: _counted(text, tokens)))
        else:
            counts = _counted(text, tokens)
        total = counts.total()
        del counts["\n"]
        ordered = sorted(counts, key=lambda word: (-counts[word], word))
        kept = [word for word in ordered if counts[word] >= min_count][:size]
        rare = sorted(counts.keys() - kept)
        return cls(("\n", *kept), "word", 0.0 if rare else 1 / (total + 1), tokens, tuple(rare))

    def grown(self, units: LongArray, min_count: int = 1) -> "WordVocabulary":
        other = WordVocabulary.of(units, tokens=self.tokens, min_count=min_count)
        return replace(self.extended(other.symbols), unknown_probability=other.unknown_probability, rare=other.rare)

    def extended(self, symbols: Iterable[str]) -> "WordVocabulary":
        known = dict.fromkeys([*self.symbols, *symbols])
        return replace(self, symbols=tuple(known), rare=tuple(word for word in self.rare if word not in known))

    @cached_property
    def _id_of(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.symbols, 1)}

    def parts(self, text: str) -> list[str]:
        return split_words(text, self.tokens)

    def ids_of(self, symbols: Sequence[str]) -> np.ndarray:
        find = self._id_of.get
        return np.array([find(word, UNKNOWN) for word in symbols], np.int32)

    def encode(self, text):
        """The ids (int32; of a stored text, of the smallest type) of the words of a text; 0 for every unknown one.

        Those of a stored text are kept beside it.
        """
        if not isinstance(text, StoredArray):
            return self.ids_of(self.parts(text_of(text)))
        kind = np.min_scalar_type(self.size)
        known = hashlib.sha256(json.dumps([self.tokens, *self.symbols]).encode()).hexdigest()[:16]
        return text.derived(f"words-{known}", kind, lambda: map(self.encode, text_pieces(text)))

    @property
    def names(self) -> list[str]:
        return ["unknown", *self.symbols]

    def unknown_in(self, text: str | bytes) -> list[str]:
        return list(dict.fromkeys(word for word in self.parts(text_of(text)) if word not in self._id_of))

    def decode_bytes(self, ids: np.ndarray) -> bytes:
        words = (REPLACEMENT, *self.symbols)
        return "".join(words[k] for k in np.asarray(ids).tolist()).encode("utf-8")

    def to_json(self) -> dict:
        words = {"symbols": list(self.symbols), "rare": list(self.rare)}
        return super().to_json() | words | {"tokens": self.tokens}


def _counted(text: str | LongArray, tokens: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for piece in text_pieces(text):
        counts.update(split_words(piece, tokens))
    return counts


def vocabulary_from(described: Mapping[str, Any]) -> Vocabulary:
    """The vocabulary that to_json() described. Raises TypeError or ValueError where it is no such description."""
    level, symbols, unknown = described.get("level", "char"), described["symbols"], described.get("unknown_probability", 0.0)
    words = level == "word"
    fits = all(isinstance(symbol, str) and symbol and (words or len(symbol) == 1) for symbol in symbols)
    fits = fits and isinstance(symbols, list if words else str) and [*symbols[:1]] == ["\n"]
    if words:
        fits = fits and all(isinstance(word, str) for word in described.get("rare", ()))
        check_tokens(described.get("tokens", TOKENS))
    if not (fits and len(set(symbols)) == len(symbols) and level in LEVELS and 0 <= unknown < 1):
        raise ValueError("no vocabulary")
    return WordVocabulary(**described) if words else Vocabulary(**described)


def need_characters(vocabulary: Vocabulary, what: str) -> None:
    """Raises CharrnnError where the vocabulary is of words, for this works on characters."""
    if isinstance(vocabulary, WordVocabulary):
        raise CharrnnError(f"{what} works on characters, and this model is of words; use one trained with --level char")
