"""A stack of recurrent layers over sequences that are given whole, each layer reading both directions of the one below
(Schuster and Paliwal 1997; deep ones: Graves, Mohamed, Hinton 2013).

Such a stack sees all of its input at every place, so that it cannot predict it: it is for tasks whose answer is not their
input. Language models of two directions have stacks that stay apart (see network.directions).

    {"embedding": VE, "layers": [{"forward": {...}, "backward": {...}}, ...]}

What a direction of a layer holds is its cell's affair. The functions serve numpy and JAX arrays alike.

Shapes: T time, B rows, V symbols, E embedding, H hidden units, X = H or, of both directions, 2 H.
"""

from dataclasses import dataclass
from operator import matmul

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.network.arrays import Array, Drop, Parameters, Product, Weight, no_dropout
from charrnn.network.cells import CELLS, Cell
from charrnn.network.config import DIRECTIONS
from charrnn.network.directions import reverse
from charrnn.network.forward import loop_over_time, read_symbols


@dataclass(frozen=True)
class ReaderConfig:
    """Sizes and kinds, checked at birth. hidden: units of a layer and direction. embedding: 0 feeds symbols one-hot.
    dropout: share dropped of the embedding's and of each layer's outputs."""

    vocabulary_size: int
    cell: str = "lstm"
    layers: int = 1
    hidden: int = 128
    embedding: int = 64
    dropout: float = 0.0
    direction: str = "both"

    def __post_init__(self):
        for name, least in (("vocabulary_size", 2), ("layers", 1), ("hidden", 1), ("embedding", 0)):
            if not getattr(self, name) >= least:
                raise CharrnnError(f"{name} is {getattr(self, name)}; it must be at least {least}")
        for name, known in (("cell", tuple(CELLS)), ("direction", DIRECTIONS)):
            if getattr(self, name) not in known:
                raise CharrnnError(f"{name} {getattr(self, name)!r} is not known; choose one of {', '.join(known)}")
        if not 0 <= self.dropout < 1:
            raise CharrnnError(f"dropout is {self.dropout}; it must be at least 0 and below 1")

    @property
    def cell_type(self) -> Cell:
        return CELLS[self.cell]

    @property
    def ways(self) -> tuple[str, ...]:
        return ("forward", "backward") if self.direction == "both" else ("forward",)

    @property
    def width(self) -> int:
        """Of what each layer puts out."""
        return self.hidden * len(self.ways)

    def weights(self) -> Parameters:
        sizes = [self.embedding or self.vocabulary_size, *[self.width] * (self.layers - 1)]
        layers = [{way: self.cell_type.parameters(size, self.hidden) for way in self.ways} for size in sizes]
        table = {"embedding": Weight("normal", (self.vocabulary_size, self.embedding), (0.5,))} if self.embedding else {}
        return {**table, "layers": layers}


def read_whole(
    parameters: Parameters,
    config: ReaderConfig,
    ids_TB: Array,
    lengths_B: Array,
    *,
    compiled: bool = False,
    drop: Drop = no_dropout,
    first_place: int = 0,
    product: Product = matmul,
) -> tuple[Array, Array]:
    """outputs_TBX of the last layer at every symbol, and ends_BX: of each direction what it puts out last.

    lengths_B: of the rows, 1 or more; what stands behind them is padding. compiled, drop, product: as for
    network.forward.read; of the places of dropout, the first is `first_place`.
    """
    turn = _turned if compiled else reverse
    outputs_TBX: Array = None
    ends: list[Array] = []
    for k, ways in enumerate(parameters["layers"]):
        halves, ends = [], []
        for way in config.ways:
            weights = ways[way]
            if k:
                x_TBG = config.cell_type.read(weights, outputs_TBX, product)
            elif config.dropout and config.embedding:
                embedded_TBE = drop(parameters["embedding"][ids_TB], config.dropout, first_place)
                x_TBG = config.cell_type.read(weights, embedded_TBE, product)
            else:
                x_TBG = read_symbols(config.cell_type, weights, parameters.get("embedding"), ids_TB, product)
            if way == "backward":
                x_TBG = turn(x_TBG, lengths_B)
            hidden_TBH = _over_time(config, weights, x_TBG, compiled, product)
            ends.append(_at_end(hidden_TBH, lengths_B))
            halves.append(turn(hidden_TBH, lengths_B) if way == "backward" else hidden_TBH)
        outputs_TBX = halves[0].__array_namespace__().concat(halves, axis=-1)
        outputs_TBX = drop(outputs_TBX, config.dropout, first_place + k + 1)
    ends_1BX = ends[0].__array_namespace__().concat(ends, axis=-1)[None]
    return outputs_TBX, drop(ends_1BX, config.dropout, first_place + config.layers + 1)[0]


def _over_time(config: ReaderConfig, weights: Parameters, x_TBG: Array, compiled: bool, product: Product) -> Array:
    cell = config.cell_type
    shapes = cell.state_shapes(config.hidden)
    state = type(shapes)(*(np.zeros((x_TBG.shape[1], *shape), np.float32) for shape in shapes))
    if compiled:
        return cell.over_time(weights, x_TBG, state, product)[1]
    return loop_over_time(cell, weights, x_TBG, state)[1]


def _at_end(hidden_TBH: Array, lengths_B: Array) -> Array:
    """What stands at the last symbol of each row."""
    return hidden_TBH[lengths_B - 1, np.arange(hidden_TBH.shape[1])]


def _turned(array_TBX: Array, lengths_B: Array) -> Array:
    from charrnn.network.loss import turn_round

    return turn_round(array_TBX, lengths_B)
