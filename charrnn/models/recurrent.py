"""The recurrent network as a language model: parameters and vocabulary that read and write text.

Short work runs on numpy, which is ready at once; long work runs compiled by JAX. Both follow the same equations.

Shapes: B rows, T time, H hidden units, V symbols.
"""

from collections.abc import Mapping
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from charrnn.models.archive import Archive, from_json
from charrnn.models.language_model import CompiledStep
from charrnn.network.config import NetworkConfig
from charrnn.network.directions import backward_stack, forward_stack, joint_logits
from charrnn.network.forward import State, read, zero_state
from charrnn.network.output import log_softmax, logits_of
from charrnn.network.parameters import Parameters, fold_embedding, parameter_shapes
from charrnn.text.vocabulary import Vocabulary
from charrnn.text.words import vocabulary_from
from charrnn.trees import flatten, map_tree, unflatten

# Calls of advance() and outputs() with fewer characters stay on numpy: JAX would compile anew for each length that
# comes, which costs more than it saves.
COMPILED_WINDOW = 64
# For this many products of a weight with an activation, numpy takes about as long as JAX takes to start and compile (2 s).
COMPILE_FROM = 5e10


class RecurrentModel:
    """A trained network, as a SavedModel.

    lines: whether its texts are lines or one stream; summary: how it came about; compiled: use JAX, not numpy.
    """

    kind: ClassVar[str] = "recurrent"
    folder: Path | None = None

    def __init__(
        self,
        config: NetworkConfig,
        vocabulary: Vocabulary,
        parameters: Parameters,
        summary: dict[str, Any] | None = None,
        *,
        lines: bool = False,
        compiled: bool = False,
    ):
        assert config.vocabulary_size == vocabulary.size
        self.config, self.vocabulary, self.parameters = config, vocabulary, parameters
        self.summary = summary or {}
        self.lines, self.compiled = lines, compiled

    @cached_property
    def _folded(self) -> tuple[Parameters, NetworkConfig]:
        """The forward stack as it runs: embedding and first input matrix multiplied into one."""
        return fold_embedding(self.parameters, self.config)

    @cached_property
    def _on_device(self) -> tuple[NetworkConfig, float, Parameters]:
        """The first three arguments of the compiled functions: config, unknown probability, parameters on the device."""
        from charrnn.network import compiled

        parameters, config = self._folded
        return config, self.vocabulary.unknown_probability, compiled.to_device(parameters)

    def prepare(self, characters: float) -> None:
        """Switch to JAX where the work is long enough to be worth compiling."""
        self.compiled = self.compiled or characters * self._folded[1].weights > COMPILE_FROM

    @property
    def parameter_count(self) -> int:
        return sum(array.size for array in flatten(self.parameters).values())

    def start(self, rows: int) -> State:
        return zero_state(self.config, rows)

    def advance(self, state: State, ids_BT: np.ndarray) -> tuple[State, np.ndarray]:
        if self.compiled and ids_BT.shape[1] >= COMPILED_WINDOW:
            from charrnn.network import compiled

            config, unknown, parameters = self._on_device
            state, log_probs_BTV = compiled.advance(config, unknown, parameters, state, ids_BT)
            return state, np.asarray(log_probs_BTV)
        state, outputs_BTH = self.outputs(state, ids_BT)
        return state, self.log_probs(outputs_BTH)

    def outputs(self, state: State, ids_BT: np.ndarray) -> tuple[State, np.ndarray]:
        """The state after ids_BT, and outputs_BTH of the last layer, which log_probs and joint_log_probs take."""
        if self.compiled and ids_BT.shape[1] >= COMPILED_WINDOW:
            from charrnn.network import compiled

            config, _, parameters = self._on_device
            state, outputs_BTH = compiled.outputs(config, parameters, state, ids_BT)
            return state, np.asarray(outputs_BTH)
        parameters, config = self._folded
        state, outputs_TBH = read(parameters, config, ids_BT.T, map_tree(np.asarray, state))
        return state, outputs_TBH.transpose(1, 0, 2)

    def log_probs(self, outputs: np.ndarray) -> np.ndarray:
        """Log-probabilities (..., V) of the next character, from outputs (..., H)."""
        return log_softmax(logits_of(self._folded[0]["output"], outputs), self.vocabulary.unknown_probability)

    @cached_property
    def backward(self) -> "RecurrentModel | None":
        """The stack that reads from right to left, as a model of reversed text; None without --direction both."""
        stack = backward_stack(self.parameters, self.config)
        if stack is None:
            return None
        parameters, config = stack
        return RecurrentModel(config, self.vocabulary, parameters, self.summary, lines=self.lines, compiled=self.compiled)

    def joint_log_probs(self, forward: np.ndarray, backward: np.ndarray) -> np.ndarray:
        """Log-probabilities (..., V) of a character, given the text on both sides.

        forward: outputs (..., H) after all before it; backward: outputs of the backward stack after all that follows it.
        The two broadcast.
        """
        return log_softmax(joint_logits(self.parameters, forward, backward), self.vocabulary.unknown_probability)

    def target_log_probs(self, state: State, ids_BT: np.ndarray, targets_BT: np.ndarray) -> tuple[State, np.ndarray]:
        if self.compiled:
            from charrnn.network import compiled

            config, unknown, parameters = self._on_device
            state, log_probs_BT = compiled.target_log_probs(config, unknown, parameters, state, ids_BT, targets_BT)
            return state, np.asarray(log_probs_BT)
        state, log_probs_BTV = self.advance(state, ids_BT)
        return state, np.take_along_axis(log_probs_BTV, targets_BT[..., None], axis=2)[..., 0]

    def compiled_step(self) -> CompiledStep:
        from charrnn.network import compiled

        config, unknown, parameters = self._on_device
        return CompiledStep(compiled.NetworkReader(config, unknown), parameters)

    @cached_property
    def _trained(self) -> tuple[NetworkConfig, Parameters]:
        """The forward stack as it was trained, with the parameters on the device."""
        from charrnn.network import compiled

        parameters, config = forward_stack(self.parameters, self.config)
        return config, compiled.to_device(parameters)

    def unmoved(self) -> Any:
        """The weights as they were trained, for follow()."""
        from charrnn.network import dynamic

        return dynamic.unmoved(self._trained[1])

    def follow(
        self, state: State, weights: Any, ids_BT: np.ndarray, targets_BT: np.ndarray, rate: float, stretch: int, room: int
    ) -> tuple[State, Any, np.ndarray]:
        """advance() in dynamic evaluation: the state, the weights after learning from the targets, and log_probs_BTV.

        B is 1. Every `stretch` characters are predicted, then learnt from; in a call before the last, T is a multiple of
        it. room: the largest T that comes, for which it is compiled.
        """
        from charrnn.network import dynamic

        characters = ids_BT.shape[1]
        ids_NS, targets_NS = (
            np.pad(array_BT[0], (0, room - characters)).reshape(-1, stretch) for array_BT in (ids_BT, targets_BT)
        )
        config, trained = self._trained
        state, weights, log_probs_NSV = dynamic.follow(
            config, self.vocabulary.unknown_probability, trained, weights, state, ids_NS, targets_NS, characters, rate
        )
        return state, weights, np.asarray(log_probs_NSV).reshape(1, room, -1)[:, :characters]

    def facts(self) -> dict[str, Any]:
        return {"network": asdict(self.config), "parameters": self.parameter_count}

    def to_archive(self) -> Archive:
        description = {
            "kind": self.kind,
            "network": asdict(self.config),
            "lines": self.lines,
            "vocabulary": self.vocabulary.to_json(),
            "summary": self.summary,
        }
        return flatten(self.parameters), description

    @classmethod
    def from_archive(cls, arrays: Mapping[str, np.ndarray], description: Mapping[str, Any], path: Path) -> "RecurrentModel":
        """The model that to_archive() took apart. Raises CharrnnError, or what understood() makes one of."""
        config, vocabulary = from_json(NetworkConfig, description["network"]), vocabulary_from(description["vocabulary"])
        summary = description.get("summary") or {}
        lines = description.get("lines", summary.get("reading") == "lines")  # version 0.1.0 wrote the latter alone
        return cls(config, vocabulary, unflatten(parameter_shapes(config), arrays, path), summary, lines=lines)
