"""Two directions: a second stack that reads from right to left, and a softmax that joins the two.

The forward stack reads a text's characters up to t − 1, the backward stack those from the end down to t + 1; each runs
alone, so that neither ever holds character t (interleaved two-direction layers would: Schuster and Paliwal 1997 train
them on labels, not on their own input). Character t is predicted from both,

    p(x_t | all others) = softmax(W_f f_{t−1} + W_b b_{t+1} + c)

and each stack has a softmax of its own and is a language model too (Peters et al. 2018). Parameters, beside those of the
forward stack, with which the embedding is shared:

    {"backward": {"layers": [...], "output": {...}}, "joint": {"forward": HV, "backward": HV, "bias": V}}

The functions serve numpy and JAX arrays alike. Shapes: B rows, T time, H hidden units, V symbols, X features.
"""

from dataclasses import replace
from operator import matmul

from charrnn.network.arrays import Array, Parameters, Product, Weight, zeros
from charrnn.network.config import NetworkConfig


def joint_parameters(hidden: int, symbols: int) -> dict[str, Weight]:
    half = Weight("normal", (hidden, symbols), (0.02,))
    return {"forward": half, "backward": half, "bias": zeros(symbols)}


def forward_stack(parameters: Parameters, config: NetworkConfig) -> tuple[Parameters, NetworkConfig]:
    """The stack that reads from left to right as a network of its own."""
    own = {name: part for name, part in parameters.items() if name not in ("backward", "joint")}
    return own, replace(config, direction="forward")


def backward_stack(parameters: Parameters, config: NetworkConfig) -> tuple[Parameters, NetworkConfig] | None:
    """The stack that reads from right to left as a network of its own, for text turned round; None where there is none."""
    if config.direction != "both":
        return None
    shared = {name: parameters[name] for name in ("embedding",) if name in parameters}
    return shared | parameters["backward"], replace(config, direction="forward")


def reverse(array_TBX: Array, lengths_B: Array) -> Array:
    """The first lengths[b] steps of each row in reverse order, the rest as it was; twice gives the array back."""
    xp = array_TBX.__array_namespace__()
    time_T1 = xp.arange(array_TBX.shape[0])[:, None]
    from_TB = xp.where(time_T1 < lengths_B, lengths_B - 1 - time_T1, time_T1)
    return array_TBX[from_TB, xp.arange(array_TBX.shape[1])]


def joint_logits(parameters: Parameters, forward: Array, backward: Array, product: Product = matmul) -> Array:
    """Scores (..., V) of a character, from outputs (..., H) of the forward stack before it and the backward one after it."""
    joint = parameters["joint"]
    return product(forward, joint["forward"]) + product(backward, joint["backward"]) + joint["bias"]
