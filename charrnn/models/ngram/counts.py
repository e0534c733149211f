"""Counting the n-grams of a text, one order after the other, by sorting.

A k-gram is known by its rank among the distinct k-grams in lexicographic order. A (k+1)-gram is then the pair (rank of
its first k symbols, last symbol): one integer, however long the n-gram. Nothing is hashed and nothing is a string.

A text is counted in pieces that the memory has room to sort. Within a piece, n-grams have ranks of the piece's own, so
that those of the next order, and where they stand, are numbers of 64 bits. The distinct n-grams of all pieces, each in
order, are then merged: what they are merged into is ranked in the whole text, and each piece keeps a table of its ranks
there. A text that is one piece has nothing to merge.

Memory: 18 bytes for each character of a piece while it is counted, and the columns, which move to disk where there is no
room for them: 4 bytes for each character of the text, 20 for each distinct n-gram of each piece, and 13 for each of the
whole text, of two orders.

Axes: T characters of a piece, P windows of a piece (places where an n-gram starts), sorted, in blocks.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.ngram.columns import Column, Workspace
from charrnn.text.long_array import BLOCK
from charrnn.text.symbols import BOUNDARY

MIN_ORDER, MAX_ORDER = 2, 20
KEY_BITS = 64  # what a rank, a symbol and a position take together, to be sorted as one integer
NO_NGRAM = np.uint32((1 << 32) - 1)  # the rank where no n-gram starts


class Ids(Protocol):
    """The ids of a text: an array, or what reads a file like one."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> np.ndarray: ...


@dataclass(frozen=True, eq=False)
class NgramCounts:
    """The distinct n-grams of one order, in lexicographic order.

    Of n-gram w1..wk: symbols has wk, parents the rank of w1..wk-1 and suffixes that of w2..wk among the (k-1)-grams,
    counts how often it occurs (at order 1, without the boundary before the text). `initial` are the ranks [from, to)
    of those that begin with the boundary symbol, `first` the rank of the one that a stream begins with. Order 1 holds
    every symbol of the vocabulary, seen or not, and as suffix of each the symbol itself.
    """

    order: int
    symbols: Column
    parents: Column
    suffixes: Column
    counts: Column
    initial: tuple[int, int]
    first: int

    def __len__(self) -> int:
        return len(self.symbols)


class FramedText:
    """A text with a boundary before it and, when read as lines, after it; its parts in the smallest type that holds ids."""

    def __init__(self, ids: Ids, size: int, *, lines: bool):
        self.dtype = np.min_scalar_type(size)
        self._ids = ids
        self._closed = lines and ids[len(ids) - 1 :][0] != BOUNDARY

    def __len__(self) -> int:
        return 1 + len(self._ids) + self._closed

    def __getitem__(self, part: slice, /) -> np.ndarray:
        start, stop, step = part.indices(len(self))
        assert step == 1
        text_T = np.full(max(0, stop - start), BOUNDARY, self.dtype)
        inside_T = text_T[1 if start == 0 else 0 :]  # what of the ids is asked for, and maybe the boundary after them
        begin = max(0, start - 1)
        for done in range(0, len(inside_T), BLOCK):
            ids_T = self._ids[begin + done : begin + min(done + BLOCK, len(inside_T))]
            inside_T[done : done + len(ids_T)] = ids_T
        return text_T


@dataclass
class _Piece:
    """A part of the text, and its n-grams of the order that has been counted.

    It counts n-grams that start from `start` to before `stop`. What starts later, as far as `end`, it ranks too, for it is
    the suffix of such as start before. `ranks_T` are the n-grams' ranks in the piece (of order 1, where there is none: the
    ids), `wholes` their ranks in the whole text (none where they are the same).
    """

    start: int
    stop: int
    end: int
    ranks_T: Column | None = None
    wholes: Column | None = None

    def in_whole(self, ranks: np.ndarray) -> np.ndarray:
        return ranks if self.wholes is None else self.wholes.take(ranks)


class _Distinct(NamedTuple):
    """The distinct n-grams of a piece, in order: keys have the rank of all symbols but the last in the whole text, and the
    last; suffixes are ranks in the whole text."""

    keys: Column
    suffixes: Column
    counts: Column


class _Counter:
    """What counting needs to know of the text at every order."""

    def __init__(self, ids: Ids, size: int, *, lines: bool, workspace: Workspace):
        self.text, self.size, self.lines, self.workspace = FramedText(ids, size, lines=lines), size, lines, workspace
        self.shift = (size - 1).bit_length()
        self.pieces = _pieces(len(self.text), self.shift, workspace)

    def symbols(self) -> NgramCounts:
        """Order 1."""
        occurrences = np.zeros(self.size, np.int64)
        for piece in self.pieces:
            occurrences += np.bincount(self.text[piece.start : piece.stop], minlength=self.size)
        occurrences[BOUNDARY] -= 1
        column, symbols = self.workspace.column, np.arange(self.size)
        return NgramCounts(
            1,
            column(self.text.dtype, [symbols]),
            column(np.uint32, [np.zeros_like(symbols)]),
            column(np.uint32, [symbols]),
            column(np.uint32, [occurrences]),
            (BOUNDARY, BOUNDARY + 1),
            BOUNDARY,
        )

    def extended(self, below: NgramCounts) -> NgramCounts:
        """The next order."""
        column, order = self.workspace.column, below.order + 1
        distinct = [self._count(piece, order) for piece in self.pieces]
        for piece in self.pieces:
            piece.wholes = column(np.uint32) if len(self.pieces) > 1 else None
        symbols, parents = column(self.text.dtype), column(np.uint32)
        suffixes, counts = column(np.uint32), column(np.uint32)
        initial = np.zeros(2, np.int64)
        for merged in _merged(distinct, self.workspace.block):
            parents_B = (merged.keys >> np.uint64(self.shift)).astype(np.uint32)
            symbols.append(merged.keys & np.uint64((1 << self.shift) - 1))
            parents.append(parents_B)
            suffixes.append(merged.suffixes)
            counts.append(merged.counts)
            initial += np.searchsorted(parents_B, np.array(below.initial, np.uint32))
            for piece, ranks in zip(self.pieces, merged.ranks, strict=True):
                if piece.wholes is not None:
                    piece.wholes.append(ranks)
        return NgramCounts(order, symbols, parents, suffixes, counts, (int(initial[0]), int(initial[1])), self._first())

    def _first(self) -> int:
        """The rank of the n-gram that the text begins with; 0 where none does."""
        piece = self.pieces[0]
        assert piece.ranks_T is not None
        rank = piece.ranks_T[:1]
        return int(piece.in_whole(rank)[0]) if rank[0] != NO_NGRAM else 0

    def _count(self, piece: _Piece, order: int) -> _Distinct:
        """Count the n-grams of an order that start in a piece, and rank all of it."""
        text_T = self.text[piece.start : piece.end]
        ranks_T = text_T.astype(np.uint32) if piece.ranks_T is None else piece.ranks_T[:]
        position_bits = np.uint64((len(text_T) - 1).bit_length())
        sorted_P = self._sorted_windows(text_T, ranks_T, order, position_bits)
        new_ranks_T = np.full(len(text_T), NO_NGRAM)
        column, own = self.workspace.column, piece.stop - piece.start
        distinct = _Distinct(column(np.uint64), column(np.uint32), column(np.uint32))
        found, counted, since, last = 0, 0, 0, -1  # distinct n-grams; windows, and those before the last n-gram; its key
        for start in range(0, len(sorted_P), self.workspace.block):
            block_P = sorted_P[start : start + self.workspace.block]
            keys_P, at_P = (
                block_P >> position_bits,
                (block_P & ((np.uint64(1) << position_bits) - np.uint64(1))).astype(np.int64),
            )
            is_new_P = np.empty(len(keys_P), bool)
            is_new_P[0], is_new_P[1:] = int(keys_P[0]) != last, keys_P[1:] != keys_P[:-1]
            new_ranks_T[at_P] = found - 1 + np.cumsum(is_new_P)
            new = np.flatnonzero(is_new_P)
            parents = piece.in_whole((keys_P[new] >> np.uint64(self.shift)).astype(np.uint32)).astype(np.uint64)
            distinct.keys.append(parents << np.uint64(self.shift) | keys_P[new] & np.uint64((1 << self.shift) - 1))
            distinct.suffixes.append(piece.in_whole(ranks_T[at_P[new] + 1]))
            others = np.flatnonzero(at_P >= own)  # windows that another piece counts
            edges = counted + new - np.searchsorted(others, new)
            distinct.counts.append(np.diff(edges, prepend=since)[0 if found else 1 :])
            found, counted, last = found + len(new), counted + len(keys_P) - len(others), int(keys_P[-1])
            since = edges[-1] if len(new) else since
        if found:
            distinct.counts.append(np.array([counted - since]))
        piece.ranks_T = column(np.uint32, [new_ranks_T])
        return distinct

    def _sorted_windows(self, text_T: np.ndarray, ranks_T: np.ndarray, order: int, position_bits: np.uint64) -> np.ndarray:
        """Of each window its key, the rank of all symbols but the last and the last, and in the low bits its position."""
        sorted_P = np.empty(len(text_T), np.uint64)
        done, reach, block = 0, order - 1, self.workspace.block
        for start in range(0, max(0, len(text_T) - reach), block):
            stop = min(start + block, len(text_T) - reach)
            starts_here = ranks_T[start:stop] != NO_NGRAM
            if self.lines and order > 2:  # the last symbol so far becomes an inner one
                starts_here &= text_T[start + reach - 1 : stop + reach - 1] != BOUNDARY
            at_P = start + np.flatnonzero(starts_here)
            keys_P = ranks_T[at_P].astype(np.uint64) << np.uint64(self.shift) | text_T[at_P + reach].astype(np.uint64)
            sorted_P[done : done + len(at_P)] = keys_P << position_bits | at_P.astype(np.uint64)
            done += len(at_P)
        sorted_P = sorted_P[:done]
        sorted_P.sort()
        return sorted_P


def count_ngrams(ids: Ids, size: int, *, lines: bool, workspace: Workspace) -> Iterator[NgramCounts]:
    """The n-grams of order 1, 2, 3 and so on, up to MAX_ORDER, of a text of `size` different ids.

    With `lines`, none reaches over a boundary: it may only be the first symbol or the last. Raises CharrnnError for a
    text of 2^32 characters and more, and where neither the memory nor the disk has room.
    """
    if len(ids) + 2 >= 1 << 32:
        raise CharrnnError(f"the training text has {len(ids):,} characters; n-grams are counted in texts below 2^32")
    counter = _Counter(ids, size, lines=lines, workspace=workspace)
    counted = counter.symbols()
    while True:
        yield counted
        counted = counter.extended(counted)


def _pieces(length: int, shift: int, workspace: Workspace) -> list[_Piece]:
    """The text in as few pieces as the memory, and the bits of a sorted number, have room for."""
    position_bits = min((KEY_BITS - shift) // 2, KEY_BITS - 2 * shift)  # there are no more ranks than positions, or symbols
    most = min(workspace.piece, (1 << position_bits) - MAX_ORDER)
    cuts = np.linspace(0, length, int(-(-length // most)) + 1).astype(np.int64).tolist()
    return [_Piece(start, stop, min(stop + MAX_ORDER, length)) for start, stop in itertools.pairwise(cuts)]


class _Merged(NamedTuple):
    """Some distinct n-grams of the whole text, and of each piece the ranks of its own among all."""

    keys: np.ndarray
    suffixes: np.ndarray
    counts: np.ndarray
    ranks: Sequence[np.ndarray]


def _merged(pieces: Sequence[_Distinct], rows: int) -> Iterator[_Merged]:
    """The distinct n-grams of all pieces, in order and in blocks, for which about `rows` are read at a time."""
    done, starts, rows_each = 0, [0] * len(pieces), -(-rows // len(pieces))
    while True:
        parts, starts = _next_parts(pieces, starts, rows_each)
        keys, suffixes, counts = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        if not len(keys):
            return
        order = np.argsort(keys, kind="stable")  # quick, for it merges runs that are sorted already
        keys = keys[order]
        is_new = np.concatenate([[True], keys[1:] != keys[:-1]])
        new, ranks = np.flatnonzero(is_new), np.empty(len(keys), np.uint32)
        ranks[order] = done - 1 + np.cumsum(is_new)
        cuts = np.cumsum([len(part_keys) for part_keys, _, _ in parts])[:-1]
        yield _Merged(keys[new], suffixes[order[new]], np.add.reduceat(counts[order], new), np.split(ranks, cuts))
        done += len(new)


def _next_parts(
    pieces: Sequence[_Distinct], starts: Sequence[int], rows: int
) -> tuple[list[tuple[np.ndarray, np.ndarray, np.ndarray]], list[int]]:
    """Of each piece the next keys, suffixes and counts, up to `rows` of them and in all pieces up to the same key; and
    where its next are."""
    keys = [piece.keys[start : start + rows] for piece, start in zip(pieces, starts, strict=True)]
    unread = [part[-1] for part, piece, start in zip(keys, pieces, starts, strict=True) if start + rows < len(piece.keys)]
    if unread:  # what lies beyond the first of these, another piece may have before it
        keys = [part[: np.searchsorted(part, min(unread), side="right")] for part in keys]
    stops = [start + len(part) for start, part in zip(starts, keys, strict=True)]
    parts = [
        (part, piece.suffixes[start:stop], piece.counts[start:stop])
        for part, piece, start, stop in zip(keys, pieces, starts, stops, strict=True)
    ]
    return parts, stops
