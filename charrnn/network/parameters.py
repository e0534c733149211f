"""The parameters of a network: a named tree of arrays.

    {"embedding": VE, "layers": [{"input": EG, "recurrent": HG, "bias": G}, ...], "output": {"weight": HV, "bias": V}}

A network of two directions has "backward" and "joint" beside these (see network.directions); what reads from left to
right finds the same names in either. With one-hot input there is no "embedding" and the first "input" is VG. Cells that
need it have "recurrent_bias": G; with attention the last layer's outputs pass through "attention" (see there).

Shapes: V symbols, E embedding, H hidden units, G = gates × H.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from charrnn.network.attention import parameter_tree
from charrnn.network.config import NetworkConfig

Parameters = dict[str, Any]


def _tree(config: NetworkConfig, make: Callable[..., Any]) -> Parameters:
    """The tree of a network's parameters, each made by make(kind, *shape)."""
    hidden, gates, symbols = config.hidden, config.gate_units, config.vocabulary_size

    def layer(size: int) -> Parameters:
        weights = {
            "input": make("input", size, gates),
            "recurrent": make("recurrent", hidden, gates),
            "bias": make("gate bias", gates),
        }
        return weights | ({"recurrent_bias": make("bias", gates)} if config.cell_type.recurrent_bias else {})

    def stack() -> Parameters:
        layers = [layer(config.input_size(k)) for k in range(config.layers)]
        attention = {}
        if config.attention != "none":
            attention["attention"] = parameter_tree(config.attention, config.attention_window, hidden, make)
        return {
            "layers": layers,
            **attention,
            "output": {"weight": make("output", hidden, symbols), "bias": make("bias", symbols)},
        }

    tree: Parameters = {"embedding": make("embedding", symbols, config.embedding)} if config.embedding else {}
    tree |= stack()
    if config.direction == "both":
        tree["backward"] = stack()
        forward, backward = make("output", hidden, symbols), make("output", hidden, symbols)
        tree["joint"] = {"forward": forward, "backward": backward, "bias": make("bias", symbols)}
    return tree


def init_parameters(config: NetworkConfig, seed: int) -> Parameters:
    """Fresh float32 parameters as numpy arrays.

    Recurrent matrices are orthogonal gate by gate (Saxe, McClelland, Ganguli 2014), input matrices uniform after Glorot
    and Bengio (2010), output weights small; LSTM forget biases 1 (Jozefowicz, Zaremba, Sutskever 2015); ReLU cells start
    from a scaled identity (Le, Jaitly, Hinton 2015).
    """
    random = np.random.default_rng([seed, 0])
    cell, hidden = config.cell_type, config.hidden

    def glorot(rows: int, columns: int) -> np.ndarray:
        limit = np.sqrt(6 / (rows + columns))
        return random.uniform(-limit, limit, (rows, columns))

    def orthogonal() -> np.ndarray:
        if cell.identity_scale is not None:
            return cell.identity_scale * np.eye(hidden)
        q, r = np.linalg.qr(random.normal(size=(hidden, hidden)))
        return q * np.sign(np.diag(r))

    def gate_bias(units: int) -> np.ndarray:
        return np.where(np.arange(units) // hidden == cell.forget_gate, 1.0, 0.0)

    gates = range(cell.gates)
    makers: dict[str, Callable[..., np.ndarray]] = {
        "embedding": lambda *shape: random.normal(0, 0.5, shape),
        "input": lambda rows, _: np.concatenate([glorot(rows, hidden) for _ in gates], axis=1),
        "recurrent": lambda *_: np.concatenate([orthogonal() for _ in gates], axis=1),
        "gate bias": gate_bias,
        "plain": glorot,
        "identity": np.eye,
        "output": lambda *shape: random.normal(0, 0.02, shape),
        "bias": np.zeros,
    }
    return _tree(config, lambda kind, *shape: makers[kind](*shape).astype(np.float32))


def parameter_shapes(config: NetworkConfig) -> Parameters:
    """A tree of zero-size-in-memory arrays with the shapes and types that init_parameters gives."""
    return _tree(config, lambda kind, *shape: np.broadcast_to(np.float32(0), shape))


def fold_embedding(parameters: Parameters, config: NetworkConfig) -> tuple[Parameters, NetworkConfig]:
    """The stack that reads from left to right as a network with one-hot input: embedding and first input matrix become
    one VG table."""
    config = replace(config, direction="forward")
    tree = {name: part for name, part in parameters.items() if name not in ("embedding", "backward", "joint")}
    if not config.embedding:
        return tree, config
    first, *deeper = tree["layers"]
    folded = first | {"input": parameters["embedding"] @ first["input"]}
    return tree | {"layers": [folded, *deeper]}, replace(config, embedding=0)
