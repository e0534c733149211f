"""The recurrent cells, each in a file of its own; a new one is a file and a line in CELLS.

Nothing outside a cell's file knows what its equations are. The tests run over the whole table.
"""

from charrnn.network.arrays import Array
from charrnn.network.cells.cell import Cell
from charrnn.network.cells.cifg import Cifg
from charrnn.network.cells.elman import ELMAN_RELU, ELMAN_SIGMOID, ELMAN_TANH
from charrnn.network.cells.gru import Gru
from charrnn.network.cells.lstm import Lstm
from charrnn.network.cells.mingru import MinGru

__all__ = ["CELLS", "Array", "Cell", "title"]

CELLS: dict[str, Cell] = {
    "elman": ELMAN_TANH,
    "elman-sigmoid": ELMAN_SIGMOID,
    "elman-relu": ELMAN_RELU,
    "lstm": Lstm(),
    "cifg": Cifg(),
    "gru": Gru(),
    "mingru": MinGru(),
}


def title(name: str) -> str:
    """A cell's name as people write it: LSTM, Elman (sigmoid)."""
    cell, _, activation = name.partition("-")
    names = {"lstm": "LSTM", "cifg": "LSTM with coupled gates", "gru": "GRU", "mingru": "minGRU"}
    written = names.get(cell, cell.capitalize())
    return f"{written} ({activation})" if activation else written
