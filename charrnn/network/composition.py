"""Networks over trees: a word's vector is read from its characters, a node's state is made of its children's, from the
leaves up, and gives the node's label.

    {"reader": {...}, "leaf": {"weight": XA, "bias": A}, "node": {"weight": ZG, "bias": G},
     "output": {"weight": HL, "bias": L}}

Z is the children's hidden states side by side, the first child's first; of a child that is not there, zeros. The equations
serve numpy and JAX arrays alike.

Shapes: N nodes (any leading axes), K children, B trees, F leaves, S steps, W nodes a step, U words, X what the reader puts
out, H hidden units, D what is kept of a node, L labels, Z = K H; A and G what a composition makes of a word or of
children before its gates.
"""

from dataclasses import dataclass
from operator import matmul

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.network.arrays import Array, Parameters, Product, Weight, zeros
from charrnn.network.reader import ReaderConfig


class Composition:
    """How the state of a node is made. `parts`: what is kept of a node, each of H; the first is its hidden state."""

    parts: int

    def parameters(self, inputs: int, hidden: int, children: int) -> Parameters:
        """Of "leaf" and "node"."""
        raise NotImplementedError

    def leaf(self, weights: Parameters, x_NX: Array, product: Product = matmul) -> Array:
        """states_ND of nodes with words."""
        raise NotImplementedError

    def node(self, weights: Parameters, states_NKD: Array, product: Product = matmul) -> Array:
        """states_ND of nodes with children."""
        raise NotImplementedError


class Recursive(Composition):
    """The plain recursive network (Socher et al. 2013): h = tanh(Σ_k W_k h_k + b); of a word, tanh(W x + b)."""

    parts = 1

    def parameters(self, inputs, hidden, children):
        return {
            "leaf": {"weight": Weight("glorot", (inputs, hidden)), "bias": zeros(hidden)},
            "node": {"weight": Weight("glorot", (children * hidden, hidden)), "bias": zeros(hidden)},
        }

    def leaf(self, weights, x_NX, product=matmul):
        return x_NX.__array_namespace__().tanh(product(x_NX, weights["leaf"]["weight"]) + weights["leaf"]["bias"])

    def node(self, weights, states_NKD, product=matmul):
        z_NG = product(_side_by_side(states_NKD), weights["node"]["weight"]) + weights["node"]["bias"]
        return z_NG.__array_namespace__().tanh(z_NG)


class TreeLstm(Composition):
    """The N-ary Tree-LSTM (Tai, Socher, Manning 2015, equations 9 to 14) of trees whose words stand at the leaves.

    i = σ(Σ_l U_il h_l + b_i);  o likewise
    f_k = σ(Σ_l U_fkl h_l + b_f)    for each child k, with a bias of its own
    u = tanh(Σ_l U_ul h_l + b_u)
    c = i ∘ u + Σ_k f_k ∘ c_k
    h = o ∘ tanh(c)

    Of a word, W x takes the place of the sums, and there is no f. Gates in the order i, o, f_1 … f_K, u. What is kept of a
    node is h, then c.
    """

    parts = 2

    def parameters(self, inputs, hidden, children):
        gates = 3 + children
        biases = (0.0, 0.0, *[1.0] * children, 0.0)
        return {
            "leaf": {"weight": Weight("glorot", (inputs, 3 * hidden), (1.0,) * 3), "bias": zeros(3 * hidden)},
            "node": {
                "weight": Weight("glorot", (children * hidden, gates * hidden), (1.0,) * gates),
                "bias": Weight("constant", (gates * hidden,), biases),
            },
        }

    def leaf(self, weights, x_NX, product=matmul):
        z_NA = product(x_NX, weights["leaf"]["weight"]) + weights["leaf"]["bias"]
        i, o, u = _gates(z_NA, 3)
        return _kept(o, i * u)

    def node(self, weights, states_NKD, product=matmul):
        *_, children, kept = states_NKD.shape
        z_NG = product(_side_by_side(states_NKD[..., : kept // 2]), weights["node"]["weight"]) + weights["node"]["bias"]
        i, o, *forget, u = _gates(z_NG, 3 + children)
        cell_NH = i * u
        for k, f in enumerate(forget):
            cell_NH = cell_NH + f * states_NKD[..., k, kept // 2 :]
        return _kept(o, cell_NH)


def _side_by_side(hidden_NKH: Array) -> Array:
    *nodes, children, size = hidden_NKH.shape
    return hidden_NKH.reshape(*nodes, children * size)


def _gates(z_NG: Array, gates: int) -> list[Array]:
    """σ of the blocks, but tanh of the last; all in one tanh, as the LSTM's (see network.cells.lstm)."""
    hidden = z_NG.shape[-1] // gates
    scale_G = np.repeat(np.array([0.5] * (gates - 1) + [1.0], np.float32), hidden).astype(z_NG.dtype)
    z_NG = z_NG.__array_namespace__().tanh(z_NG * scale_G) * scale_G + (1 - scale_G)
    return [z_NG[..., k * hidden : (k + 1) * hidden] for k in range(gates)]


def _kept(output_NH: Array, cell_NH: Array) -> Array:
    xp = cell_NH.__array_namespace__()
    return xp.concat([output_NH * xp.tanh(cell_NH), cell_NH], axis=-1)


COMPOSITIONS: dict[str, Composition] = {"elman": Recursive(), "lstm": TreeLstm()}  # by the cell that reads words


@dataclass(frozen=True)
class TreeConfig:
    """children: the most that a node may have. levels: of the highest tree learnt from, the words not counted; others may
    have more."""

    reader: ReaderConfig
    labels: int
    children: int
    levels: int

    def __post_init__(self):
        for name, least in (("labels", 2), ("children", 0), ("levels", 0)):
            if not getattr(self, name) >= least:
                raise CharrnnError(f"{name} is {getattr(self, name)}; it must be at least {least}")
        if self.reader.cell not in COMPOSITIONS:
            raise CharrnnError(f"cell {self.reader.cell!r} has no form for trees; choose one of {', '.join(COMPOSITIONS)}")

    @property
    def composition(self) -> Composition:
        return COMPOSITIONS[self.reader.cell]

    @property
    def kept(self) -> int:
        """Numbers kept of a node."""
        return self.composition.parts * self.reader.hidden

    def weights(self) -> Parameters:
        hidden = self.reader.hidden
        return {
            "reader": self.reader.weights(),
            **self.composition.parameters(self.reader.width, hidden, max(1, self.children)),
            "output": {"weight": Weight("normal", (hidden, self.labels), (0.02,)), "bias": zeros(self.labels)},
        }


def label_scores_of(parameters: Parameters, config: TreeConfig, states_ND: Array, product: Product = matmul) -> Array:
    """scores_NL, what stands before the softmax."""
    hidden_NH = states_ND[..., : config.reader.hidden]
    return product(hidden_NH, parameters["output"]["weight"]) + parameters["output"]["bias"]


def compose(
    parameters: Parameters,
    config: TreeConfig,
    x_UX: np.ndarray,
    words_N: np.ndarray,
    children_NK: np.ndarray,
    levels_N: np.ndarray,
) -> np.ndarray:
    """states_ND of the nodes of any number of trees on end, in numpy, level by level.

    words_N: which of x_UX is the leaf's, of other nodes whatever. children_NK: places among the nodes; −1 where none is.
    """
    states_ND = np.zeros((len(words_N) + 1, config.kept), np.float32)  # the last one: of a child that is not there
    order = np.argsort(levels_N, kind="stable")
    for nodes in np.split(order, np.flatnonzero(np.diff(levels_N[order])) + 1):
        if levels_N[nodes[0]]:
            states_ND[nodes] = config.composition.node(parameters, states_ND[children_NK[nodes]])
        else:
            states_ND[nodes] = config.composition.leaf(parameters, x_UX[words_N[nodes]])
    return states_ND[:-1]


def compose_in_steps(
    parameters: Parameters, config: TreeConfig, x_FBX: Array, children_SWBK: Array, product: Product = matmul
) -> Array:
    """states_NBD of the nodes of B trees side by side, compiled: of each tree F leaves, then the nodes of each step.

    children_SWBK: places in the same order, counted from 1; 0 where no child is. A step's nodes have all their children in
    steps before, or among the leaves.
    """
    import jax
    import jax.numpy as jnp

    leaves, trees, _ = x_FBX.shape
    steps, width, _, children = children_SWBK.shape
    # the states of all trees in one axis, after those of no child: by one index rows are gathered in half the time of two
    leaves_ND = config.composition.leaf(parameters, x_FBX, product).reshape(leaves * trees, -1)
    room = [jnp.zeros((count * trees, config.kept), leaves_ND.dtype) for count in (1, steps * width)]
    states_ND = jnp.concatenate([room[0], leaves_ND, room[1]])
    rows_SMK = (children_SWBK * trees + jnp.arange(trees)[:, None]).reshape(steps, width * trees, children)
    first_S = (1 + leaves + width * jnp.arange(steps)) * trees

    def step(states_ND: Array, at: tuple[Array, Array]) -> tuple[Array, None]:
        rows_MK, first = at
        made_MD = config.composition.node(parameters, states_ND[rows_MK], product)
        return jax.lax.dynamic_update_slice(states_ND, made_MD, (first, 0)), None

    states_ND, _ = jax.lax.scan(step, states_ND, (rows_SMK, first_S))
    return states_ND[trees:].reshape(leaves + steps * width, trees, -1)
