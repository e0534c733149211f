"""What a network is made of."""

from dataclasses import dataclass

from charrnn.errors import CharrnnError
from charrnn.network.cells import CELLS, Cell


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes and kinds of a recurrent language model, checked at birth.

    embedding: length of the dense embedding; 0 feeds symbols one-hot. dropout: share of a layer's outputs dropped;
    embedding_dropout: likewise of the embedding (of the one-hot input where there is none).
    """

    vocabulary_size: int
    cell: str = "lstm"
    layers: int = 1
    hidden: int = 512
    embedding: int = 128
    dropout: float = 0.0
    embedding_dropout: float = 0.0

    def __post_init__(self):
        for name, least in (("vocabulary_size", 2), ("layers", 1), ("hidden", 1), ("embedding", 0)):
            if not getattr(self, name) >= least:
                raise CharrnnError(f"{name} is {getattr(self, name)}; it must be at least {least}")
        if self.cell not in CELLS:
            raise CharrnnError(f"cell {self.cell!r} is not known; choose one of {', '.join(CELLS)}")
        for name in ("dropout", "embedding_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise CharrnnError(f"{name} is {getattr(self, name)}; it must be at least 0 and below 1")

    @property
    def cell_type(self) -> Cell:
        return CELLS[self.cell]

    @property
    def gate_units(self) -> int:
        """Width of a layer's pre-activations, gates × hidden."""
        return self.cell_type.gates * self.hidden

    def input_size(self, layer: int) -> int:
        return self.hidden if layer else self.embedding or self.vocabulary_size

    @property
    def recurrent_weights(self) -> int:
        """Number of weights between and within the layers; without embedding and output, of which a character uses a row."""
        within = self.layers * self.hidden * self.gate_units
        return self.embedding * self.gate_units + (self.layers - 1) * self.hidden * self.gate_units + within

    @property
    def weights(self) -> int:
        """Number of weights that take part in a product for every character; the embedding is looked up."""
        return self.recurrent_weights + self.hidden * self.vocabulary_size
