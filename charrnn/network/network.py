"""A whole network: embedding, a stack of recurrent layers, softmax output. Parameters are a named tree of arrays.

    {"embedding": VE, "layers": [{"input": EG, "recurrent": HG, "bias": G}, ...], "output": {"weight": HV, "bias": V}}

A network of two directions has "backward" and "joint" beside these (see network.directions); what reads from left to
right finds the same names in either. With one-hot input there is no "embedding" and the first "input" is VG. Cells that
need it have "recurrent_bias": G; with attention the last layer's outputs pass through "attention" (see there).
The functions here serve numpy and JAX arrays alike; what differs (how a cell runs over time, dropout) is passed in.

Shapes: B rows, T time, V symbols, E embedding, H hidden units, G = gates × H.
"""

from collections.abc import Callable
from dataclasses import replace
from operator import matmul
from typing import Any

import numpy as np

from charrnn.network.attention import attend, empty_window, parameter_tree
from charrnn.network.cells import Array, Cell
from charrnn.network.config import NetworkConfig

Parameters = dict[str, Any]
State = list[Any]  # one cell state a layer, and the window of attention where there is one
Product = Callable[[Array, Array], Array]
OverTime = Callable[[Cell, Array, Array, Any, Any], tuple[Any, Array]]


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


def map_tree(function: Callable[[Any], Any], tree: Any) -> Any:
    """The tree of dictionaries, lists and named tuples with the function applied to every array."""
    if isinstance(tree, dict):
        return {key: map_tree(function, value) for key, value in tree.items()}
    if hasattr(tree, "_fields"):
        return type(tree)(*(map_tree(function, value) for value in tree))
    if isinstance(tree, list | tuple):
        return type(tree)(map_tree(function, value) for value in tree)
    return function(tree)


def zero_state(config: NetworkConfig, rows: int) -> State:
    """The state before any input, in numpy: zeros of shape (rows, hidden) for every part of every layer, and an empty
    window of attention where there is one."""
    cell: Any = config.cell_type.state
    state = [cell(*(np.zeros((rows, config.hidden), np.float32) for _ in cell._fields)) for _ in range(config.layers)]
    attentive = config.attention != "none"
    return [*state, empty_window(rows, config.attention_window, config.hidden)] if attentive else state


def loop_over_time(cell: Cell, x_TBG: Array, recurrent_HG: Array, bias_G: Array | None, state: Any) -> tuple[Any, Array]:
    """The final state and hidden_TBH of a cell run over x_TBG, one step after the other, as the equations stand."""
    hidden = []
    for x_BG in x_TBG:
        u_BG = state.hidden @ recurrent_HG
        state, _ = cell.step(x_BG, u_BG if bias_G is None else u_BG + bias_G, state)
        hidden.append(state.hidden)
    return state, x_TBG.__array_namespace__().stack(hidden)


def apply(parameters: Parameters, config: NetworkConfig, ids_TB: Array, state: State, **how: Any) -> tuple[State, Array]:
    """The state after the ids and logits_TBV, the scores of the character that follows each; `how`: see read."""
    state, outputs_TBH = read(parameters, config, ids_TB, state, **how)
    return state, logits_of(parameters, outputs_TBH)


def logits_of(parameters: Parameters, outputs: Array, product: Product = matmul) -> Array:
    """Scores of the next character, (..., V), from the last layer's outputs, (..., H)."""
    return product(outputs, parameters["output"]["weight"]) + parameters["output"]["bias"]


def read(
    parameters: Parameters,
    config: NetworkConfig,
    ids_TB: Array,
    state: State,
    *,
    over_time: OverTime = loop_over_time,
    drop: Callable[[Array, float, int], Array] = lambda array, rate, place: array,
    product: Product = matmul,
) -> tuple[State, Array]:
    """The state after the ids and outputs_TBH, the last layer's outputs after each.

    drop(array, rate, place) returns the array with dropout; place 0 is the embedding, k + 1 the outputs of layer k.
    product: of activations and an input matrix; over_time has its own.
    """
    after = []
    outputs_TBH: Array = None
    for k, weights in enumerate(parameters["layers"]):
        matrix, bias_G = weights["input"], weights["bias"]
        if k:
            x_TBG = product(outputs_TBH, matrix) + bias_G
        elif config.embedding and config.embedding_dropout:
            dropped_TBE = drop(parameters["embedding"][ids_TB], config.embedding_dropout, 0)
            x_TBG = product(dropped_TBE, matrix) + bias_G
        else:
            # embedding and input matrix fold into one table of pre-activations a symbol
            table_VG = (parameters["embedding"] @ matrix if config.embedding else matrix) + bias_G
            x_TBG = table_VG[ids_TB]
        last, outputs_TBH = over_time(config.cell_type, x_TBG, weights["recurrent"], weights.get("recurrent_bias"), state[k])
        after.append(last)
        if config.attention != "none" and k + 1 == config.layers:
            window, outputs_TBH = attend(config.attention, parameters["attention"], outputs_TBH, state[config.layers])
            after.append(window)
        outputs_TBH = drop(outputs_TBH, config.dropout, k + 1)
    return after, outputs_TBH


def log_softmax(logits: Array, unknown_probability: float) -> Array:
    """Log-probabilities over the last axis.

    Where the unknown symbol (id 0) was never seen, `unknown_probability` > 0 is what it gets, and the rest is shared out
    by the softmax over the other symbols.
    """
    xp = logits.__array_namespace__()
    if unknown_probability:
        unknown = xp.arange(logits.shape[-1]) == 0
        logits = xp.where(unknown, -xp.inf, logits)
    shifted = logits - xp.max(logits, axis=-1, keepdims=True)
    log_probabilities = shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))
    if unknown_probability:
        log_probabilities = xp.where(
            unknown, float(np.log(unknown_probability)), log_probabilities + float(np.log1p(-unknown_probability))
        )
    return log_probabilities
