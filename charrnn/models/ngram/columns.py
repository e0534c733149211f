"""Long arrays that are written once, block by block, and then read: in memory while there is room, else on disk."""

import math
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.files import UNFINISHED

# What the memory is for. The other quarter: what is worked on at a time, and the program itself.
FOR_PIECE, FOR_COLUMNS = 1 / 2, 1 / 4
BYTES_A_CHARACTER = 18  # of a piece while it is counted: 8 for the sort, 8 for the ranks of two orders, 2 for the text
BYTES_A_ROW = 512  # what a row worked on may take, in all arrays of a block; a fifth of it is used
BYTES_A_COUNT = 64  # what a number that is counted up may take: 4, a sixteenth of all
SMALLEST_BLOCK, LARGEST_BLOCK = 16, 1 << 20  # rows; larger blocks are slower, for they leave the processor's cache


class Workspace:
    """So many bytes of memory for counting, and a folder for what exceeds them; used as a context, it leaves no files.

    folder: where the files go, in a hidden folder of their own; None: where temporary files go (TMPDIR). Without a limit
    to the memory there are no files.
    """

    def __init__(self, memory: float = math.inf, folder: Path | None = None):
        self.memory = memory
        self._place = folder
        self._folder: Path | None = None
        self._held, self.files = 0, 0

    def __enter__(self) -> "Workspace":
        return self

    def __exit__(self, *error: object) -> None:
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def piece(self) -> float:
        """The characters of a text that can be counted at a time."""
        return max(1.0, self.memory * FOR_PIECE / BYTES_A_CHARACTER)

    @property
    def block(self) -> int:
        """The rows of columns that are worked on at a time."""
        return int(max(SMALLEST_BLOCK, min(LARGEST_BLOCK, self.memory / BYTES_A_ROW)))

    @property
    def table(self) -> int:
        """The numbers of 4 bytes that may stand in memory to be counted up."""
        return int(max(1, min(1 << 32, self.memory / BYTES_A_COUNT)))

    def check_fits(self, size: float) -> None:
        """Raises CharrnnError where a model of so many bytes has no place beside the columns."""
        room = self.memory * (1 - FOR_COLUMNS)
        if size > room:
            raise CharrnnError(
                f"the n-grams to be kept take {size / 1e9:,.1f} GB of memory, and there is room for {room / 1e9:,.1f}; "
                "give a lower --order, larger --min-counts or more --memory"
            )

    def column(self, dtype: np.typing.DTypeLike, blocks: Iterable[np.ndarray] = ()) -> "Column":
        """A column of these blocks."""
        column = Column(self, np.dtype(dtype))
        for block in blocks:
            column.append(block)
        return column

    def claim(self, size: int) -> bool:
        """Whether a column may hold so many bytes more in memory; if so, they are counted."""
        fits = self._held + size <= self.memory * FOR_COLUMNS
        self._held += size if fits else 0
        return fits

    def give_back(self, size: int) -> None:
        """What a column held in memory is free for others."""
        self._held -= size

    def new_file(self) -> Path:
        """A file for one column."""
        if not self._folder:
            self._folder = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=self._place))
        self.files += 1
        return self._folder / str(self.files)

    def write(self, path: Path, block: np.ndarray) -> None:
        """Put the block at the end of a file. Raises CharrnnError where there is no room."""
        try:
            with path.open("ab") as file:
                file.write(np.ascontiguousarray(block).data)
        except OSError as error:
            raise CharrnnError(
                f"{path.parent.parent}: no room for the n-grams that do not fit in --memory ({error.strerror or error}); "
                "make room there, or give more --memory"
            ) from None


class Column:
    """One array of a workspace, appended to block by block, then read by slices or at any places. Its room, in memory or on
    disk, is free again when nobody refers to it."""

    def __init__(self, workspace: Workspace, dtype: np.dtype):
        self.dtype = dtype
        self._workspace = workspace
        self._length, self._held = 0, 0
        self._blocks: list[np.ndarray] = []
        self._file: Path | None = None

    def __len__(self) -> int:
        return self._length

    def append(self, block: np.ndarray) -> None:
        """Add a block, which is the column's from now on."""
        block = block.astype(self.dtype, copy=block.base is not None)  # a view would keep all of what it is a view of
        self._length += len(block)
        if self._file is None and self._workspace.claim(block.nbytes):
            self._held += block.nbytes
            self._blocks.append(block)
            return
        if self._file is None:
            self._file = self._workspace.new_file()
            for earlier in self._blocks:
                self._workspace.write(self._file, earlier)
            self._free()
        self._workspace.write(self._file, block)

    def __getitem__(self, part: slice) -> np.ndarray:
        """A part of neighbours; not to be changed."""
        if self._file is None:
            return self._whole()[part]
        start, stop, step = part.indices(len(self))
        assert step == 1
        return np.fromfile(self._file, self.dtype, max(0, stop - start), offset=start * self.dtype.itemsize)

    def blocks(self) -> Iterator[np.ndarray]:
        """All of it, in the blocks that are worked on at a time."""
        for start in range(0, len(self), self._workspace.block):
            yield self[start : start + self._workspace.block]

    def take(self, places: np.ndarray) -> np.ndarray:
        """What stands at each of the places.

        On disk, the file is mapped for this once: the pages that are read take memory until it is done, and no longer.
        """
        if self._file is None or not len(places):
            return self._whole()[places]
        return np.memmap(self._file, self.dtype, "r")[places]

    def _whole(self) -> np.ndarray:
        if len(self._blocks) != 1:
            self._blocks = [np.concatenate([np.zeros(0, self.dtype), *self._blocks])]
        return self._blocks[0]

    def _free(self) -> None:
        self._workspace.give_back(self._held)
        self._held, self._blocks = 0, []

    def __del__(self):
        self._free()
        if self._file:
            self._file.unlink(missing_ok=True)
