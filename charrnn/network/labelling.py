"""Networks that read a text and label it: one label for all of it (many to one), or one for each of its characters (many to
many, in step).

    {"reader": {...}, "pooling": {"key": XA, "vector": A1}, "output": {"weight": XL, "bias": L}, "transitions": LL}

"pooling" is there with attention, "transitions" with a conditional random field. The functions serve numpy and JAX arrays
alike.

Shapes: T time, B rows, L labels, X what the reader puts out, A size of additive attention.
"""

from dataclasses import dataclass
from operator import matmul
from typing import Any

from charrnn.errors import CharrnnError
from charrnn.network.arrays import Array, Parameters, Weight, zeros
from charrnn.network.attention import ADDITIVE_SIZE
from charrnn.network.reader import ReaderConfig, read_whole

# what the label of a text is found from: the last states of each direction, or the states at all characters, in shares
# softmax(v · tanh(K y_t)) (Lin et al. 2017; Bahdanau's score without a query)
POOLINGS = ("last", "attention")


@dataclass(frozen=True)
class LabellingConfig:
    """each: a label for each symbol, where `crf` may join them; else one for the text, found as `pooling` says."""

    reader: ReaderConfig
    labels: int
    each: bool = False
    pooling: str = "last"
    crf: bool = False

    def __post_init__(self):
        if self.labels < 2:
            raise CharrnnError(f"labels is {self.labels}; it must be at least 2")
        if self.pooling not in POOLINGS:
            raise CharrnnError(f"pooling {self.pooling!r} is not known; choose one of {', '.join(POOLINGS)}")

    def weights(self) -> Parameters:
        width = self.reader.width
        tree: Parameters = {"reader": self.reader.weights()}
        if self.pooling == "attention":
            tree["pooling"] = {
                "key": Weight("glorot", (width, ADDITIVE_SIZE)),
                "vector": Weight("glorot", (ADDITIVE_SIZE, 1)),
            }
        tree["output"] = {"weight": Weight("normal", (width, self.labels), (0.02,)), "bias": zeros(self.labels)}
        if self.crf:
            tree["transitions"] = Weight("constant", (self.labels, self.labels), (0.0,))
        return tree


def label_scores(parameters: Parameters, config: LabellingConfig, ids_TB: Array, lengths_B: Array, **how: Any) -> Array:
    """What stands before the softmax: scores_TBL of the labels of each symbol, or scores_BL of the text's; `how`: see
    read_texts."""
    outputs = read_texts(parameters, config, ids_TB, lengths_B, **how)
    return how.get("product", matmul)(outputs, parameters["output"]["weight"]) + parameters["output"]["bias"]


def read_texts(parameters: Parameters, config: LabellingConfig, ids_TB: Array, lengths_B: Array, **how: Any) -> Array:
    """What the labels are found from: outputs_TBX at each symbol, or outputs_BX of the text; `how`: see read_whole."""
    outputs_TBX, ends_BX = read_whole(parameters["reader"], config.reader, ids_TB, lengths_B, **how)
    if config.each:
        return outputs_TBX
    return ends_BX if config.pooling == "last" else pooled(parameters["pooling"], outputs_TBX, lengths_B)


def pooled(weights: Parameters, outputs_TBX: Array, lengths_B: Array) -> Array:
    """The mean of the outputs in the shares of attention."""
    return (shares_of_places(weights, outputs_TBX, lengths_B)[..., None] * outputs_TBX).sum(0)


def shares_of_places(weights: Parameters, outputs_TBX: Array, lengths_B: Array) -> Array:
    """shares_TB of the places of each row."""
    xp = outputs_TBX.__array_namespace__()
    scores_TB = (xp.tanh(outputs_TBX @ weights["key"]) @ weights["vector"])[..., 0]
    there_TB = xp.arange(len(outputs_TBX))[:, None] < lengths_B
    scores_TB = xp.where(there_TB, scores_TB, -1e30)
    shares_TB = xp.exp(scores_TB - xp.max(scores_TB, axis=0))
    return shares_TB / shares_TB.sum(0)
