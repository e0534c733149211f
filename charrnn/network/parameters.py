"""The parameters of a network: a named tree of arrays.

    {"embedding": VE, "layers": [{"input": EG, "recurrent": HG, "bias": G}, ...], "output": {"weight": HV, "bias": V}}

What a layer holds is its cell's affair (see network.cells). Output layers have theirs beside "layers", each under its name
("attention"); a network of two directions has "backward" and "joint" too (see network.directions), and what reads from
left to right finds the same names in either. With one-hot input there is no "embedding" and the first "input" is VG. The
"output" of an adaptive softmax has "tails" (see network.adaptive).

Shapes: V symbols, E embedding, H hidden units, G the width of what a cell makes of its input.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from charrnn.network.adaptive import softmax_parameters
from charrnn.network.arrays import Parameters, Weight
from charrnn.network.config import NetworkConfig
from charrnn.network.directions import forward_stack, joint_parameters
from charrnn.trees import map_tree

Start = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


def _glorot(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Uniform (Glorot and Bengio 2010)."""
    limit = np.sqrt(6 / sum(shape))
    return random.uniform(-limit, limit, shape)


def _orthogonal(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """A square orthogonal matrix (Saxe, McClelland, Ganguli 2014)."""
    q, r = np.linalg.qr(random.normal(size=shape))
    return q * np.sign(np.diag(r))


STARTS: dict[str, Start] = {
    "constant": lambda _, shape: np.ones(shape),
    "identity": lambda _, shape: np.eye(shape[0], shape[1]),
    "normal": lambda random, shape: random.normal(size=shape),
    "glorot": _glorot,
    "orthogonal": _orthogonal,
}


def _weights(config: NetworkConfig) -> Parameters:
    """The tree with a Weight for each array."""
    hidden, symbols = config.hidden, config.vocabulary_size

    def stack() -> Parameters:
        return {
            "layers": [config.cell_type.parameters(config.input_size(k), hidden) for k in range(config.layers)],
            **{name: layer.parameters() for name, layer in config.output_layers.items()},
            "output": softmax_parameters(hidden, symbols, config.cutoffs),
        }

    tree: Parameters = {"embedding": Weight("normal", (symbols, config.embedding), (0.5,))} if config.embedding else {}
    tree |= stack()
    if config.direction == "both":
        tree |= {"backward": stack(), "joint": joint_parameters(hidden, symbols)}
    return tree


def init_parameters(config: NetworkConfig, seed: int, counts_V: np.ndarray | None = None) -> Parameters:
    """Fresh float32 parameters as numpy arrays.

    counts_V: how often each symbol occurs in the text to be learnt. Given it, every softmax first predicts the symbols about
    as often as they occur; without it, all alike.
    """
    parameters = make_parameters(_weights(config), seed)
    if counts_V is not None:
        for softmax in _softmaxes(parameters):
            _begin_at(softmax, counts_V)
    return parameters


def make_parameters(weights: Parameters, seed: int) -> Parameters:
    """Fresh float32 arrays in the place of each Weight of a tree."""
    random = np.random.default_rng([seed, 0])

    def make(weight: Weight) -> np.ndarray:
        *rows, width = weight.shape
        block = (*rows, width // len(weight.scales))
        blocks = [scale * STARTS[weight.start](random, block) for scale in weight.scales]
        return np.concatenate(blocks, axis=-1).astype(np.float32)

    return map_tree(make, weights)


def _begin_at(softmax: Parameters, counts_V: np.ndarray) -> None:
    """Gives the softmax, which may be an adaptive one, biases by how often the symbols occur."""
    tails = softmax.get("tails", [])
    ends = np.cumsum([len(softmax["bias"]) - len(tails), *(len(tail["bias"]) for tail in tails)])
    head, *clusters = np.split(counts_V, ends[:-1])
    softmax["bias"] = bias_by_counts(np.append(head, [cluster.sum() for cluster in clusters]))
    for tail, counts_C in zip(tails, clusters, strict=True):
        tail["bias"] = bias_by_counts(counts_C)


def bias_by_counts(counts_V: np.ndarray) -> np.ndarray:
    """The bias of a softmax that by itself predicts symbols about as often as they occur."""
    return np.log((counts_V + 1) / (counts_V + 1).sum()).astype(np.float32)


def _softmaxes(parameters: Parameters) -> list[Parameters]:
    """What scores the symbols: of the stack that reads from left to right, of the other one, of both together."""
    of_backward = [parameters["backward"]["output"], parameters["joint"]] if "backward" in parameters else []
    return [parameters["output"], *of_backward]


def parameter_shapes(config: NetworkConfig) -> Parameters:
    """A tree of zero-size-in-memory arrays with the shapes and types that init_parameters gives."""
    return shapes_of(_weights(config))


def shapes_of(weights: Parameters) -> Parameters:
    """Arrays of the shapes and types that make_parameters gives, without their size in memory."""
    return map_tree(lambda weight: np.broadcast_to(np.float32(0), weight.shape), weights)


def fold_embedding(parameters: Parameters, config: NetworkConfig) -> tuple[Parameters, NetworkConfig]:
    """The stack that reads from left to right as a network with one-hot input: embedding and first input matrix become
    one VG table."""
    tree, config = forward_stack(parameters, config)
    if not config.embedding:
        return tree, config
    embedding_VE = tree.pop("embedding")
    first, *deeper = tree["layers"]
    folded = config.cell_type.fold(first, embedding_VE)
    return tree | {"layers": [folded, *deeper]}, replace(config, embedding=0)
