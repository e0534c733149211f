"""What a training step makes small: the nats of a batch, of one stack or of two and the softmax that joins them.

Shapes: T time, B rows, V symbols.
"""

import jax.numpy as jnp
import numpy as np

from charrnn.network.arrays import Array, Drop, Parameters, Product
from charrnn.network.config import NetworkConfig
from charrnn.network.directions import backward_stack, joint_logits
from charrnn.network.forward import State, read, zero_state
from charrnn.network.loss import pick_targets, target_log_probs, turn_round

# Shares of the three cross-entropies in the sum that a network of two directions makes small.
FORWARD, BACKWARD, JOINT = 1.0, 1.0, 1.0


def objective(
    parameters: Parameters,
    config: NetworkConfig,
    unknown_probability: float,
    carry: State,
    batch_TB: tuple[Array, Array, Array],
    drop: Drop,
    product: Product = jnp.matmul,
) -> tuple[Array, Array, State]:
    """The sum to make small, the nats of the forward stack alone, and its carry, for inputs, targets and mask."""
    inputs_TB, targets_TB, mask_TB = batch_TB
    carry, forward_TBH = read(parameters, config, inputs_TB, carry, compiled=True, drop=drop, product=product)

    def nats_of(stack: Parameters, outputs_TBH: Array, targets_TB: Array) -> Array:
        log_probs_TB = target_log_probs(stack["output"], outputs_TBH, targets_TB, unknown_probability, product)
        return -(log_probs_TB * mask_TB).sum()

    forward = nats_of(parameters, forward_TBH, targets_TB)
    other = backward_stack(parameters, config)
    if other is None:
        return forward, forward, carry
    # Row b holds x_0 … x_L: the backward stack reads x_L … x_1 and predicts x_{L−1} … x_0. It starts afresh at each
    # row's right end, which is the end of the line, or in a stream the end of the window.
    lengths_B = mask_TB.sum(0).astype(np.int32)
    stack, plain = other
    fresh = zero_state(plain, inputs_TB.shape[1])
    turned_TB = turn_round(targets_TB, lengths_B)

    def drop_apart(array_TBX: Array, rate: float, place: int) -> Array:
        return drop(array_TBX, rate, place + config.layers + 1)

    _, backward_TBH = read(stack, plain, turned_TB, fresh, compiled=True, drop=drop_apart, product=product)
    backward = nats_of(stack, backward_TBH, turn_round(inputs_TB, lengths_B))
    # Turned back, step t has read x_L … x_{t+1}; the target of step t, x_{t+1}, is joined from steps t and t + 1.
    backward_TBH = turn_round(backward_TBH, lengths_B)
    logits_TBV = joint_logits(parameters, forward_TBH[:-1], backward_TBH[1:], product)
    joint = -(pick_targets(logits_TBV, targets_TB[:-1], unknown_probability) * mask_TB[1:]).sum()
    return FORWARD * forward + BACKWARD * backward + JOINT * joint, forward, carry
