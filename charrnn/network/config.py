"""What a network is made of."""

from dataclasses import dataclass
from itertools import pairwise

from charrnn.errors import CharrnnError
from charrnn.network.adaptive import softmax_products
from charrnn.network.attention import SCORES, Attention
from charrnn.network.cells import CELLS, Cell
from charrnn.network.deep import Deep
from charrnn.network.output import OutputLayer
from charrnn.text.symbols import BOUNDARY

# what the last layer's outputs may do with its last states (see network.attention)
ATTENTIONS = ("none", *SCORES)
# what the softmax reads: the last hidden states, or a layer of tanh units over them (see network.deep)
OUTPUTS = ("plain", "deep")
# over all symbols at once, or over the frequent ones and clusters of the others (see network.adaptive)
SOFTMAXES = ("full", "adaptive")
# "both" has a second stack that reads from right to left (see network.directions)
DIRECTIONS = ("forward", "both")

# how exactly training multiplies (see network.precision)
PRECISIONS = ("float32", "bfloat16")

# what two networks must share for the weights of one to start the other, but for hidden and vocabulary_size
FORM = ("cell", "layers", "embedding", "output", "direction", "attention", "attention_window")


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes and kinds of a recurrent language model, checked at birth.

    embedding: length of the dense embedding; 0 feeds symbols one-hot. dropout: share of a layer's outputs dropped;
    embedding_dropout: likewise of the embedding; one-hot input is not dropped. cutoffs: the ids that the clusters of an
    adaptive softmax begin with (see network.adaptive); none with a full one.
    """

    vocabulary_size: int
    cell: str = "lstm"
    layers: int = 1
    hidden: int = 512
    embedding: int = 128
    dropout: float = 0.0
    embedding_dropout: float = 0.0
    direction: str = "forward"
    attention: str = "none"
    attention_window: int = 64
    output: str = "plain"
    cutoffs: tuple[int, ...] = ()

    def __post_init__(self):
        object.__setattr__(self, "cutoffs", tuple(self.cutoffs))  # a list, in JSON
        for name, least in (("vocabulary_size", 2), ("layers", 1), ("hidden", 1), ("embedding", 0), ("attention_window", 1)):
            if not getattr(self, name) >= least:
                raise CharrnnError(f"{name} is {getattr(self, name)}; it must be at least {least}")
        if self.cell not in CELLS:
            raise CharrnnError(f"cell {self.cell!r} is not known; choose one of {', '.join(CELLS)}")
        for name, known in (("direction", DIRECTIONS), ("attention", ATTENTIONS), ("output", OUTPUTS)):
            if getattr(self, name) not in known:
                raise CharrnnError(f"{name} {getattr(self, name)!r} is not known; choose one of {', '.join(known)}")
        for name in ("dropout", "embedding_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise CharrnnError(f"{name} is {getattr(self, name)}; it must be at least 0 and below 1")

        if not all(a < b for a, b in pairwise((BOUNDARY, *self.cutoffs, self.vocabulary_size))):
            raise CharrnnError(f"cutoffs {list(self.cutoffs)}: must rise, above {BOUNDARY} and below {self.vocabulary_size}")

    @property
    def cell_type(self) -> Cell:
        return CELLS[self.cell]

    @property
    def softmax(self) -> str:
        """A name in SOFTMAXES."""
        return "adaptive" if self.cutoffs else "full"

    @property
    def output_layers(self) -> dict[str, OutputLayer]:
        """What stands between the last hidden states and the softmax, in this order, by their parameters' names in files."""
        layers: dict[str, OutputLayer | None] = {
            "deep": Deep(self.hidden) if self.output == "deep" else None,
            "attention": Attention(self.attention, self.attention_window, self.hidden) if self.attention != "none" else None,
        }
        return {name: layer for name, layer in layers.items() if layer is not None}

    def input_size(self, layer: int) -> int:
        return self.hidden if layer else self.embedding or self.vocabulary_size

    @property
    def recurrent_weights(self) -> int:
        """Number of weights between and within the layers of a stack; without embedding and output, of which a character
        uses a row."""
        sizes = [self.hidden if layer else self.embedding for layer in range(self.layers)]  # one-hot input is looked up
        within = sum(self.cell_type.products(size, self.hidden) for size in sizes)
        return within + sum(layer.products() for layer in self.output_layers.values())

    @property
    def weights(self) -> int:
        """Number of weights that take part in a product for every character, where the probabilities of all symbols are
        wanted; the embedding is looked up."""
        return self._weights(softmax_products(self.hidden, self.vocabulary_size, self.cutoffs))

    def weights_to_learn(self, scores: int) -> int:
        """Likewise, where each softmax computes this number of scores for a character."""
        return self._weights(self.hidden * scores)

    def _weights(self, softmax: int) -> int:
        stack = self.recurrent_weights + softmax
        joint = 2 * self.hidden * self.vocabulary_size
        return 2 * stack + joint if self.direction == "both" else stack
