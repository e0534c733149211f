"""The adaptive softmax: many symbols at the price of few (Grave, Joulin, Cissé, Grangier, Jégou 2017).

The most frequent symbols, the head, have scores of their own; the others are in clusters, each of which has one score
beside theirs, and a softmax of its own over its symbols:

    p(v) = softmax(head)_v                                  v in the head
    p(v) = softmax(head)_k softmax(cluster k)_v             v in cluster k

which is exact and sums to one. To learn or to score a character only the head and the cluster that it lies in are computed,
and rare clusters seldom are. Cluster k reads its outputs through a matrix to H / DIVISOR^k numbers: rare symbols are seen
too seldom to fill more. Head and clusters are ranges of ids, so ids should be by frequency, as those of large vocabularies
are (see text.vocabulary); on that hangs nothing but the speed.

    {"weight": HN, "bias": N, "tails": [{"down": HD, "weight": DC, "bias": C}, ...]}

The functions serve numpy and JAX arrays alike.

Shapes: T time, B rows, H hidden units, N symbols of the head and clusters, D what a cluster reads, C symbols of a cluster.
"""

from itertools import pairwise
from operator import matmul

from charrnn.network.arrays import Array, Parameters, Product, Weight, count_products, zeros

DIVISOR = 4


def softmax_parameters(hidden: int, symbols: int, cutoffs: tuple[int, ...]) -> Parameters:
    """Of an adaptive softmax whose clusters begin with the ids `cutoffs`; without any, of a full one."""
    first, *_ = ends = (*cutoffs, symbols)
    head = first + len(cutoffs)
    parameters: Parameters = {"weight": Weight("normal", (hidden, head), (0.02,)), "bias": zeros(head)}
    if cutoffs:
        parameters["tails"] = [_tail(hidden, k, end - begin) for k, (begin, end) in enumerate(pairwise(ends), 1)]
    return parameters


def _tail(hidden: int, k: int, symbols: int) -> dict[str, Weight]:
    width = max(1, hidden // DIVISOR**k)
    return {
        "down": Weight("glorot", (hidden, width)),
        "weight": Weight("normal", (width, symbols), (0.02,)),
        "bias": zeros(symbols),
    }


def softmax_products(hidden: int, symbols: int, cutoffs: tuple[int, ...]) -> int:
    """Number of weights that take part in a product where the probabilities of all symbols are wanted."""
    head = softmax_parameters(hidden, symbols, cutoffs)
    return sum(map(count_products, [head, *head.pop("tails", [])]))


def tail_logits(tail: Parameters, outputs: Array, product: Product = matmul) -> Array:
    """Scores (..., C) of a cluster's symbols, from outputs (..., H)."""
    return product(product(outputs, tail["down"]), tail["weight"]) + tail["bias"]


def joined_logits(head: Array, tails: list[Array]) -> Array:
    """Scores (..., V) of all symbols, whose softmax is the adaptive one: those of the head, and those of each cluster
    lowered so that together they weigh as much as the cluster's own score in the head, (..., N)."""
    xp = head.__array_namespace__()
    symbols = head.shape[-1] - len(tails)
    parts = [head[..., :symbols]]
    for k, scores in enumerate(tails, symbols):
        most = xp.max(scores, axis=-1, keepdims=True)
        weight = most + xp.log(xp.sum(xp.exp(scores - most), axis=-1, keepdims=True))
        parts.append(scores - weight + head[..., k : k + 1])
    return xp.concat(parts, axis=-1)
