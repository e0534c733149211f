"""The network compiled by JAX: reading many characters a call, and one step of writing.

Shapes: B rows, T time, V symbols, X features.
"""

from dataclasses import dataclass
from functools import partial

import jax

from charrnn.network.arrays import Array, Parameters
from charrnn.network.config import NetworkConfig
from charrnn.network.forward import State, apply, read
from charrnn.network.loss import target_log_probs as pick
from charrnn.network.output import log_softmax

to_device = jax.device_put


@partial(jax.jit, static_argnums=(0, 1))
def advance(
    config: NetworkConfig, unknown_probability: float, parameters: Parameters, state: State, ids_BT: Array
) -> tuple[State, Array]:
    """The state after the ids, and log_probs_BTV of the character after each."""
    state, logits_TBV = apply(parameters, config, ids_BT.T, state, compiled=True)
    return state, log_softmax(logits_TBV, unknown_probability).transpose(1, 0, 2)


@partial(jax.jit, static_argnums=(0, 1))
def target_log_probs(
    config: NetworkConfig,
    unknown_probability: float,
    parameters: Parameters,
    state: State,
    ids_BT: Array,
    targets_BT: Array,
) -> tuple[State, Array]:
    """The state after the ids, and log_probs_BT of the targets."""
    state, outputs_TBH = read(parameters, config, ids_BT.T, state, compiled=True)
    return state, pick(parameters["output"], outputs_TBH, targets_BT.T, unknown_probability).T


@partial(jax.jit, static_argnums=0)
def outputs(config: NetworkConfig, parameters: Parameters, state: State, ids_BT: Array) -> tuple[State, Array]:
    """The state after the ids, and the last layer's outputs_BTH."""
    state, outputs_TBH = read(parameters, config, ids_BT.T, state, compiled=True)
    return state, outputs_TBH.transpose(1, 0, 2)


@dataclass(frozen=True)
class NetworkReader:
    """The `read` of a models.language_model.CompiledStep, whose arrays are the parameters."""

    config: NetworkConfig
    unknown_probability: float

    def __call__(self, parameters: Parameters, state: State, ids_B: Array) -> tuple[State, Array]:
        """The state after ids_B, and log_probs_BV."""
        state, logits_TBV = apply(parameters, self.config, ids_B[None], state, compiled=True)
        return state, log_softmax(logits_TBV[0], self.unknown_probability)
