"""Networks that read a text and write another (many to many): an encoder, a decoder, and attention between the two.

With x the source, y the target, of which y_0 is the boundary that starts it and the last one ends it:

    s_1 … s_S, e = the states of network.reader at every symbol of x, and its last ones
    h_0 = tanh(B e + b)                       for each part of the state of each of the decoder's layers
    h_t = a stack of recurrent layers over y_0 … y_{t−1}
    α_ts = softmax over s of score(h_t, s_s),  c_t = Σ_s α_ts s_s
    o_t = tanh(U h_t + V c_t + b)             (Luong, Pham, Manning 2015, equation 5)
    p(y_t | y_0 … y_{t−1}, x) = softmax(W o_t + b)

    additive:  score = v · tanh(Q h_t + K s_s)    (Bahdanau, Cho, Bengio 2015)
    dot:       score = h_t · s_s, the sum of both directions   (Luong et al. 2015)
    general:   score = h_t · K s_s                (Luong et al. 2015)
    none:      o_t = h_t

With copying, the softmax is mixed with the shares of attention (a pointer-generator: See, Liu, Manning 2017):

    g_t = σ(w · o_t + b),  p(y_t | …) = g_t softmax(W o_t + b) + (1 − g_t) Σ_{s: x_s = y_t} α_ts

The recurrence does not see what attention finds, so that in training it runs over the whole target first, and attention and
softmax in few large products. Source and target have one vocabulary and one embedding.

    {"reader": {...}, "bridge": {"weight": XP, "bias": P}, "decoder": {"layers": [...]}, "attention": {...},
     "output": {"weight": HV, "bias": V}, "gate": {"weight": H1, "bias": 1}}

"attention" is there with attention, "gate" with copying. The functions serve numpy and JAX arrays alike.

Shapes: S symbols of the source, T of the target, B rows, V symbols of the vocabulary, H hidden units, X what the reader puts
out, A size of additive attention, K what keys have (A or H), P what the bridge puts out: H for each part of a layer's state.
"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import matmul
from typing import Any, NamedTuple

from charrnn.errors import CharrnnError
from charrnn.network.arrays import Array, Drop, Parameters, Product, Weight, no_dropout, zeros
from charrnn.network.attention import ADDITIVE_SIZE, SCORES
from charrnn.network.config import ATTENTIONS, NetworkConfig
from charrnn.network.forward import State, read
from charrnn.network.output import log_softmax, logits_of
from charrnn.network.reader import ReaderConfig, read_whole
from charrnn.text.symbols import BOUNDARY

IMPOSSIBLE = 1e-30  # what stands for a probability of 0 where its logarithm is taken


@dataclass(frozen=True)
class RewritingConfig:
    """reader: of the source; the decoder has its cell, layers, hidden units, embedding and dropout too."""

    reader: ReaderConfig
    attention: str = "additive"
    copy: bool = False

    def __post_init__(self):
        if self.attention not in ATTENTIONS:
            raise CharrnnError(f"attention {self.attention!r} is not known; choose one of {', '.join(ATTENTIONS)}")
        if self.copy and self.attention == "none":
            raise CharrnnError("copying takes what attention looks at; choose an attention")

    @property
    def decoder(self) -> NetworkConfig:
        """The decoder's layers, as a network of its own."""
        names = ("vocabulary_size", "cell", "layers", "hidden", "embedding", "dropout")
        same = {name: getattr(self.reader, name) for name in names}
        return NetworkConfig(**same, embedding_dropout=self.reader.dropout if self.reader.embedding else 0.0)

    def weights(self) -> Parameters:
        decoder, width, hidden = self.decoder, self.reader.width, self.reader.hidden
        parts = len(decoder.cell_type.state._fields) * decoder.layers
        layers = [decoder.cell_type.parameters(decoder.input_size(k), hidden) for k in range(decoder.layers)]
        tree: Parameters = {
            "reader": self.reader.weights(),
            "bridge": {"weight": Weight("glorot", (width, parts * hidden), (1.0,) * parts), "bias": zeros(parts * hidden)},
            "decoder": {"layers": layers},
            "output": {
                "weight": Weight("normal", (hidden, decoder.vocabulary_size), (0.02,)),
                "bias": zeros(decoder.vocabulary_size),
            },
        }
        if self.attention != "none":
            tree["attention"] = {
                **_SCORED[self.attention](hidden, width),
                "hidden": Weight("identity", (hidden, hidden)),
                "context": Weight("glorot", (width, hidden)),
                "bias": zeros(hidden),
            }
        if self.copy:
            tree["gate"] = {"weight": Weight("glorot", (hidden, 1)), "bias": zeros(1)}
        return tree


# what the scores of attention learn, by the sizes of query and state
_SCORED: dict[str, Callable[[int, int], dict[str, Weight]]] = {
    "additive": lambda hidden, width: {
        "query": Weight("glorot", (hidden, ADDITIVE_SIZE)),
        "key": Weight("glorot", (width, ADDITIVE_SIZE)),
        "vector": Weight("glorot", (ADDITIVE_SIZE, 1)),
    },
    "dot": lambda hidden, width: {},
    "general": lambda hidden, width: {"key": Weight("glorot", (width, hidden))},
}
assert _SCORED.keys() == SCORES.keys()


class Source(NamedTuple):
    """What the encoder makes of sources, a row each: ids_BS, where there are any, states_BSX, and keys_BSK that attention
    compares with."""

    ids_BS: Array
    there_BS: Array
    states_BSX: Array
    keys_BSK: Array


class Written(NamedTuple):
    """What the decoder says at each place: logits_TBV of the softmax, with attention shares_BTS of the source's symbols, and
    with copying logits_TB of the gate."""

    logits_TBV: Array
    shares_BTS: Array
    gate_TB: Array


def encode(
    parameters: Parameters,
    config: RewritingConfig,
    ids_SB: Array,
    lengths_B: Array,
    *,
    compiled: bool = False,
    drop: Drop = no_dropout,
    product: Product = matmul,
) -> tuple[Source, State]:
    """The sources as the decoder needs them, and its first state. The arguments are those of network.reader.read_whole."""
    how: dict[str, Any] = {"compiled": compiled, "drop": drop, "product": product}
    outputs_SBX, ends_BX = read_whole(parameters["reader"], config.reader, ids_SB, lengths_B, **how)
    xp = outputs_SBX.__array_namespace__()
    there_BS = xp.arange(len(ids_SB)) < lengths_B[:, None]
    states_BSX = outputs_SBX.transpose(1, 0, 2)
    keys_BSK = _keys(config, parameters.get("attention", {}), states_BSX)
    bridge_BP = xp.tanh(product(ends_BX, parameters["bridge"]["weight"]) + parameters["bridge"]["bias"])
    return Source(ids_SB.T, there_BS, states_BSX, keys_BSK), _apart(config, bridge_BP)


def _keys(config: RewritingConfig, weights: Parameters, states_BSX: Array) -> Array:
    """With weights, K s; without, the sum of the directions."""
    if "key" in weights:
        return states_BSX @ weights["key"]
    return sum(states_BSX[..., k : k + config.reader.hidden] for k in range(0, config.reader.width, config.reader.hidden))


def _apart(config: RewritingConfig, bridge_BP: Array) -> State:
    """The decoder's first state from all its parts side by side."""
    hidden, form = config.reader.hidden, config.decoder.cell_type.state
    blocks = [bridge_BP[:, begin : begin + hidden] for begin in range(0, bridge_BP.shape[1], hidden)]
    parts = len(form._fields)
    return [form(*blocks[k : k + parts]) for k in range(0, len(blocks), parts)]


def decode(
    parameters: Parameters,
    config: RewritingConfig,
    source: Source,
    state: State,
    ids_TB: Array,
    *,
    compiled: bool = False,
    drop: Drop = no_dropout,
    product: Product = matmul,
) -> tuple[State, Written]:
    """The decoder's state after the ids, and what it says of the symbol that follows each."""
    first = config.reader.layers + 2  # place of dropout behind the reader's
    table = {"embedding": parameters["reader"]["embedding"]} if config.reader.embedding else {}
    state, outputs_TBH = read(
        table | parameters["decoder"],
        config.decoder,
        ids_TB,
        state,
        compiled=compiled,
        drop=lambda array_TBX, rate, place: drop(array_TBX, rate, first + place),
        product=product,
    )
    shares_BTS = gate_TB = None
    if config.attention != "none":
        weights, xp = parameters["attention"], outputs_TBH.__array_namespace__()
        shares_BTS = shares_of_source(config.attention, weights, outputs_TBH.transpose(1, 0, 2), source)
        context_TBX = (shares_BTS @ source.states_BSX).transpose(1, 0, 2)
        z_TBH = product(outputs_TBH, weights["hidden"]) + product(context_TBX, weights["context"]) + weights["bias"]
        outputs_TBH = xp.tanh(z_TBH)
    if config.copy:
        gate_TB = (outputs_TBH @ parameters["gate"]["weight"])[..., 0] + parameters["gate"]["bias"]
    return state, Written(logits_of(parameters["output"], outputs_TBH, product), shares_BTS, gate_TB)


def begun(targets_TB: Array) -> Array:
    """What the decoder reads to say targets: the boundary that starts them, then they themselves but for the last."""
    xp = targets_TB.__array_namespace__()
    return xp.concat([xp.full_like(targets_TB[:1], BOUNDARY), targets_TB[:-1]])


def shares_of_source(kind: str, weights: Parameters, query_BTH: Array, source: Source) -> Array:
    """α_BTS of the symbols of each source; what is behind its end has none."""
    xp = query_BTH.__array_namespace__()
    if kind == "additive":
        query_BTA = query_BTH @ weights["query"]
        scores_BTS = (xp.tanh(query_BTA[:, :, None] + source.keys_BSK[:, None]) @ weights["vector"])[..., 0]
    else:
        scores_BTS = query_BTH @ source.keys_BSK.transpose(0, 2, 1)
    scores_BTS = xp.where(source.there_BS[:, None], scores_BTS, -1e30)
    shares_BTS = xp.exp(scores_BTS - xp.max(scores_BTS, axis=-1, keepdims=True))
    return shares_BTS / xp.sum(shares_BTS, axis=-1, keepdims=True)


def log_probs_of(written: Written, source: Source) -> Array:
    """log_probs_TBV of the symbol at each place."""
    log_probs_TBV = log_softmax(written.logits_TBV, 0.0)
    if written.gate_TB is None:
        return log_probs_TBV
    xp = log_probs_TBV.__array_namespace__()
    symbols_BSV = (source.ids_BS[..., None] == xp.arange(log_probs_TBV.shape[-1])).astype(log_probs_TBV.dtype)
    copied_TBV = (written.shares_BTS @ symbols_BSV).transpose(1, 0, 2)
    return _mixed(written.gate_TB[..., None], log_probs_TBV, copied_TBV)


def target_log_probs(written: Written, source: Source, targets_TB: Array) -> Array:
    """log_probs_TB of these symbols, compiled; its gradient is sooner found than that of log_probs_of."""
    from charrnn.network.loss import pick_targets

    log_probs_TB = pick_targets(written.logits_TBV, targets_TB, 0.0)
    if written.gate_TB is None:
        return log_probs_TB
    same_BTS = targets_TB.T[..., None] == source.ids_BS[:, None]
    return _mixed(written.gate_TB, log_probs_TB, (written.shares_BTS * same_BTS).sum(-1).T)


def _mixed(gates: Array, log_probs: Array, copied: Array) -> Array:
    """log(g p + (1 − g) c), with the gate's logit and log p."""
    xp = log_probs.__array_namespace__()
    return xp.logaddexp(_log_sigmoid(gates) + log_probs, _log_sigmoid(-gates) + xp.log(copied + IMPOSSIBLE))


def _log_sigmoid(x: Array) -> Array:
    xp = x.__array_namespace__()
    return -xp.logaddexp(xp.zeros_like(x), -x)


def spread_out(source: Source, times: int) -> Source:
    """Each row of the sources as many times, one after the other."""
    return Source(*(part.repeat(times, axis=0) for part in source))
