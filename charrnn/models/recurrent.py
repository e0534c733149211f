"""The recurrent network as a language model: parameters and vocabulary that read and write text.

Short work runs on numpy, which is ready at once; long work runs compiled by JAX. Both follow the same equations.

Shapes: B rows, T time, V symbols.
"""

from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.language_model import Choose, Memory, generate_step_by_step
from charrnn.network.config import NetworkConfig
from charrnn.network.directions import backward_stack, joint_logits
from charrnn.network.forward import State, read, zero_state
from charrnn.network.output import log_softmax, logits_of
from charrnn.network.parameters import Parameters, fold_embedding, parameter_shapes
from charrnn.text.vocabulary import Vocabulary
from charrnn.trees import flatten, map_tree, unflatten

KIND = "recurrent"
COMPILED_WINDOW = 64
# So many products of a weight with an activation take numpy about as long as JAX takes to start and compile (2 s).
COMPILE_FROM = 5e10


class RecurrentModel:
    """A trained network. `summary` tells how it came about; `compiled` chooses JAX over numpy."""

    def __init__(
        self,
        config: NetworkConfig,
        vocabulary: Vocabulary,
        parameters: Parameters,
        summary: dict[str, Any] | None = None,
        *,
        compiled: bool = False,
    ):
        assert config.vocabulary_size == vocabulary.size
        self.config, self.vocabulary, self.parameters = config, vocabulary, parameters
        self.summary = summary or {}
        self.compiled = compiled

    @cached_property
    def _folded(self) -> tuple[Parameters, NetworkConfig]:
        return fold_embedding(self.parameters, self.config)

    @cached_property
    def _on_device(self) -> tuple[NetworkConfig, float, Parameters]:
        """What the compiled functions take first, the parameters already where they will be used."""
        from charrnn.network import compiled

        parameters, config = self._folded
        return config, self.vocabulary.unknown_probability, compiled.to_device(parameters)

    def expect(self, characters: int) -> None:
        self.compiled = self.compiled or characters * self._folded[1].weights > COMPILE_FROM

    @property
    def parameter_count(self) -> int:
        return sum(array.size for array in flatten(self.parameters).values())

    def start(self, rows: int) -> State:
        return zero_state(self.config, rows)

    def advance(self, state: State, ids_BT: np.ndarray) -> tuple[State, np.ndarray]:
        # odd short lengths stay with numpy: each would be compiled anew, which costs more than it saves
        if self.compiled and ids_BT.shape[1] >= COMPILED_WINDOW:
            from charrnn.network import compiled

            config, unknown, parameters = self._on_device
            state, log_probs_BTV = compiled.advance(config, unknown, parameters, state, ids_BT)
            return state, np.asarray(log_probs_BTV)
        state, outputs_BTH = self.outputs(state, ids_BT)
        return state, self.log_probs(outputs_BTH)

    def outputs(self, state: State, ids_BT: np.ndarray) -> tuple[State, np.ndarray]:
        """The state after the ids, and the last layer's outputs_BTH after each: what log_probs and joint_log_probs read."""
        if self.compiled and ids_BT.shape[1] >= COMPILED_WINDOW:
            from charrnn.network import compiled

            config, _, parameters = self._on_device
            state, outputs_BTH = compiled.outputs(config, parameters, state, ids_BT)
            return state, np.asarray(outputs_BTH)
        parameters, config = self._folded
        state, outputs_TBH = read(parameters, config, ids_BT.T, map_tree(np.asarray, state))
        return state, outputs_TBH.transpose(1, 0, 2)

    def log_probs(self, outputs: np.ndarray) -> np.ndarray:
        """Log-probabilities (..., V) of the next character."""
        return log_softmax(logits_of(self._folded[0], outputs), self.vocabulary.unknown_probability)

    @cached_property
    def backward(self) -> "RecurrentModel | None":
        """The stack that reads from right to left, a model of text turned round; None where there is none."""
        if self.config.direction != "both":
            return None
        parameters, config = backward_stack(self.parameters, self.config)
        return RecurrentModel(config, self.vocabulary, parameters, self.summary, compiled=self.compiled)

    def joint_log_probs(self, forward: np.ndarray, backward: np.ndarray) -> np.ndarray:
        """Log-probabilities (..., V) of a character, from the outputs of the forward stack for all before it and of the
        backward stack for all after it; the two broadcast."""
        return log_softmax(joint_logits(self.parameters, forward, backward), self.vocabulary.unknown_probability)

    def target_log_probs(self, state: State, ids_BT: np.ndarray, targets_BT: np.ndarray) -> tuple[State, np.ndarray]:
        if self.compiled:
            from charrnn.network import compiled

            config, unknown, parameters = self._on_device
            state, log_probs_BT = compiled.target_log_probs(config, unknown, parameters, state, ids_BT, targets_BT)
            return state, np.asarray(log_probs_BT)
        state, log_probs_BTV = self.advance(state, ids_BT)
        return state, np.take_along_axis(log_probs_BTV, targets_BT[..., None], axis=2)[..., 0]

    def generate(
        self, state: State, memory: Memory, ids_B: np.ndarray, uniforms_TB: np.ndarray, choose: Choose
    ) -> tuple[State, Memory, np.ndarray]:
        if self.compiled:
            from charrnn.network import compiled

            config, unknown, parameters = self._on_device
            carry = (state, memory, ids_B)
            (state, memory, _), ids_BT = compiled.generate(config, unknown, choose, parameters, carry, uniforms_TB)
            return state, memory, np.asarray(ids_BT)
        return generate_step_by_step(self, state, memory, ids_B, uniforms_TB, choose)

    def descended(self, state: State, ids_BT: np.ndarray, counted: int, rate: float) -> "RecurrentModel":
        """The model after a step of gradient descent on its first `counted` predictions in ids_BT, read from the state."""
        from charrnn.network import compiled

        counted_BT = np.broadcast_to(np.arange(ids_BT.shape[1] - 1) < counted, ids_BT[:, 1:].shape).astype(np.float32)
        parameters = compiled.descend(
            self.config, self.vocabulary.unknown_probability, self.parameters, state,
            ids_BT[:, :-1], ids_BT[:, 1:], counted_BT, np.float32(rate),
        )  # fmt: skip
        return RecurrentModel(self.config, self.vocabulary, map_tree(np.asarray, parameters), self.summary)

    def to_archive(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Named arrays and description, for archive.write_archive."""
        description = {
            "kind": KIND,
            "network": asdict(self.config),
            "vocabulary": self.vocabulary.to_json(),
            "summary": self.summary,
        }
        return flatten(self.parameters), description

    @classmethod
    def from_archive(
        cls, arrays: dict[str, np.ndarray], description: dict[str, Any], path: Path, *, compiled: bool = False
    ) -> "RecurrentModel":
        """The model that to_archive described. Raises CharrnnError where arrays and description do not fit."""
        try:
            config = NetworkConfig(**description["network"])
            vocabulary = Vocabulary(**description["vocabulary"])
        except (KeyError, TypeError) as error:
            raise CharrnnError(f"{path}: its description is not one that this charrnn understands ({error})") from None
        parameters = unflatten(parameter_shapes(config), arrays, path)
        return cls(config, vocabulary, parameters, description.get("summary"), compiled=compiled)
