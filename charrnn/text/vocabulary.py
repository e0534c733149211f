"""Symbols and their ids.

A text is held as units: code points (uint32) or, at level "byte", bytes (uint8). A symbol is a unit; at level "word" it is
a word, some code points in a row (see words.py). Id 0 is the unknown symbol, id 1 the boundary symbol, a newline, which
starts and ends a sentence.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import overload

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.text.long_array import LongArray, StoredArray, compact, value_counts
from charrnn.text.symbols import UNKNOWN

NEWLINE = ord("\n")
MANY = 1000
LEVELS = ("char", "byte", "word")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def to_units(text: str | bytes, level: str = "char") -> np.ndarray:
    """The code points (uint32) or bytes (uint8) of a text.

    Where the operating system handed over bytes that are not UTF-8, Python's surrogate escapes stand for them in a
    string; they become those bytes again. Raises CharrnnError at level "char", for they are no characters.
    """
    try:
        if level == "byte":
            return np.frombuffer(text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text, np.uint8)
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        return np.frombuffer(text.encode("utf-32-le"), "<u4").astype(np.uint32, copy=False)
    except (UnicodeEncodeError, UnicodeDecodeError) as error:
        what = f"the text holds bytes that are not UTF-8 (at {error.start})"
        raise CharrnnError(f"{what}, which only models of bytes know: train one with --level byte") from None


def from_units(units: np.ndarray, level: str = "char") -> str:
    """The text of units; surrogate escapes stand for bytes that are not UTF-8."""
    if level == "byte":
        return units.astype(np.uint8, copy=False).tobytes().decode("utf-8", "surrogateescape")
    return "".join(map(chr, units))


def utf8_widths(text: str) -> np.ndarray:
    """How many bytes of UTF-8 each character of a text takes; a surrogate escape stands for one byte."""
    code_points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    widths = 1 + (code_points >= 0x80) + (code_points >= 0x800) + (code_points >= 0x10000)
    return np.where(code_points >> 11 == 0x1B, 1, widths)


def listed(symbols: Sequence[str]) -> str:
    """Symbols as a message names them, the first ten."""
    return " ".join(map(repr, symbols[:10])) + (" …" if len(symbols) > 10 else "")


@dataclass(frozen=True)
class Vocabulary:
    """The symbols a model knows: `symbols[k]` has id k + 1, and `symbols[0]` is the newline.

    `unknown_probability` is what the unknown symbol gets where training text had none: one in n + 1 characters, as if
    the next character after n known ones had been the first unknown (Laplace's rule of succession, leading term). It is
    0 when rare characters stood in for it, for then the network has learnt its probability.
    """

    symbols: Sequence[str]  # a string; of words a tuple
    level: str = "char"
    unknown_probability: float = 0.0

    def __post_init__(self):
        assert self.level in LEVELS
        assert [*self.symbols[:1]] == ["\n"]
        assert len(set(self.symbols)) == len(self.symbols)

    @classmethod
    def build(cls, units: LongArray, level: str = "char", min_count: int = 1) -> "Vocabulary":
        """The vocabulary of a training text; symbols seen fewer than `min_count` times become the unknown symbol.

        Of MANY symbols the most frequent come first, as an adaptive softmax wants them; fewer are in their own order.
        """
        values, counts = value_counts(units)
        if len(values) >= MANY:
            order = np.argsort(-counts, kind="stable")
            values, counts = values[order], counts[order]
        kept = [int(v) for v, n in zip(values, counts, strict=True) if n >= min_count and v != NEWLINE]
        rare = int(counts[(counts < min_count) & (values != NEWLINE)].sum())
        symbols = "".join(map(chr, [NEWLINE, *kept]))
        return cls(symbols, level, 0.0 if rare else 1 / (len(units) + 1))

    def grown(self, units: LongArray, min_count: int = 1) -> "Vocabulary":
        """This vocabulary with the new symbols of another training text after the old ones, whose ids stay."""
        other = Vocabulary.build(units, self.level, min_count)
        return replace(self.extended(other.symbols), unknown_probability=other.unknown_probability)

    def extended(self, symbols: Iterable[str]) -> "Vocabulary":
        """This vocabulary with those of the symbols that it lacks after its own, whose ids stay."""
        return replace(self, symbols="".join(dict.fromkeys([*self.symbols, *symbols])))

    @property
    def size(self) -> int:
        """Number of ids, the unknown symbol counted."""
        return len(self.symbols) + 1

    @cached_property
    def _units(self) -> np.ndarray:
        return np.array([0, *map(ord, self.symbols)], np.uint32)

    @cached_property
    def _ids(self) -> np.ndarray:
        # the last entry serves every unit beyond; of bytes there are none, and 256 would not fit their type
        table = np.zeros(256 if self.level == "byte" else int(self._units.max()) + 2, np.int32)
        table[self._units[1:]] = np.arange(1, self.size)
        return table

    @overload
    def encode(self, text: str | bytes | np.ndarray) -> np.ndarray: ...

    @overload
    def encode(self, text: StoredArray) -> StoredArray: ...

    def encode(self, text: str | bytes | LongArray) -> LongArray:
        """The ids (int32; of a stored text, of the smallest type) of a text or of its units; 0 for every unknown symbol."""
        if isinstance(text, StoredArray):
            assert text.table is not None
            return text.mapped(compact(self.encode(text.table), self.size))
        units = text if isinstance(text, np.ndarray) else to_units(text, self.level)
        return self._ids[np.minimum(units.astype(np.uint32, copy=False), len(self._ids) - 1)]

    def parts(self, text: str) -> list[str]:
        """The symbols that a text is of, known or not; of bytes, characters of those numbers."""
        return list(map(chr, to_units(text, self.level).tolist()))

    def ids_of(self, symbols: Sequence[str]) -> np.ndarray:
        """The id (int32) of each of these symbols, 0 where it is unknown."""
        return self.encode(np.array([ord(symbol) for symbol in symbols], np.uint32))

    @property
    def names(self) -> list[str]:
        """What people see for each id: characters as they are, bytes beyond ASCII as \\xNN."""
        if self.level == "char":
            return ["unknown", *self.symbols]
        return ["unknown", *(one if ord(one) < 128 else f"\\x{ord(one):02x}" for one in self.symbols)]

    def unknown_in(self, text: str | bytes) -> list[str]:
        """The characters (or, as \\xNN, bytes) of a text that have no id, each once, in order of appearance."""
        units = to_units(text, self.level)
        missing = dict.fromkeys(units[self.encode(units) == UNKNOWN].tolist())
        return [chr(unit) if self.level == "char" else f"\\x{unit:02x}" for unit in missing]

    def decode_bytes(self, ids: np.ndarray) -> bytes:
        """What the ids write to a file: UTF-8, or at level "byte" the bytes themselves. Unknown becomes U+FFFD or ?."""
        units = self._units[np.asarray(ids)]
        if self.level == "byte":
            return np.where(np.asarray(ids) == UNKNOWN, ord("?"), units).astype(np.uint8).tobytes()
        units = np.where(np.asarray(ids) == UNKNOWN, ord(REPLACEMENT), units)
        return units.astype("<u4").tobytes().decode("utf-32-le").encode("utf-8")

    def decode(self, ids: np.ndarray) -> str:
        """The text of ids; bytes that are not UTF-8 appear as U+FFFD."""
        return self.decode_bytes(ids).decode("utf-8", errors="replace")

    def to_json(self) -> dict:
        """All of it, as JSON takes it; words.vocabulary_from undoes that."""
        return {"symbols": self.symbols, "level": self.level, "unknown_probability": self.unknown_probability}
