"""Texts as vectors, by what a network makes of them, and which of them are alike.

Shapes: N texts, B rows, T time, X numbers of a vector.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from charrnn.inspection.options import EmbedOptions
from charrnn.inspection.states import network_in
from charrnn.models.language_model import LanguageModel
from charrnn.models.predictor import Predictor
from charrnn.models.recurrent import RecurrentModel
from charrnn.network.directions import reverse
from charrnn.scoring.log_probs import sentence_ids
from charrnn.text.batches import in_batches, padded
from charrnn.text.lines import line_groups


def vectors(
    model: Predictor | LanguageModel, texts: Sequence[str], *, last: bool = False, name: str = "model"
) -> np.ndarray:
    """array_NX, float32: for each text what a model of `train --task` reads its answer from; of a language model the mean of
    its last layer's outputs after the boundary and after each character, or with `last` the one after the last character.

    Of a network of both directions the two stacks' are put together. Raises CharrnnError where the model has no network.
    """
    if not isinstance(model, LanguageModel):
        return model.vectors(texts)
    network = network_in(model, name)
    stacks = [network, network.backward] if network.backward else [network]
    sequences = [sentence_ids(network.vocabulary, text)[:-1] for text in texts]  # a boundary, then the text
    found: list[Any] = [None] * len(texts)
    for together in in_batches([len(ids) for ids in sequences]):
        ids_BT, lengths_B = padded([sequences[k] for k in together])
        halves = [_of_stack(stack, ids_BT, lengths_B, turned=k > 0, last=last) for k, stack in enumerate(stacks)]
        for k, vector in zip(together, np.concatenate(halves, axis=1), strict=True):
            found[k] = vector
    return np.array(found, np.float32).reshape(len(texts), len(stacks) * network.config.hidden)


def _of_stack(stack: RecurrentModel, ids_BT: np.ndarray, lengths_B: np.ndarray, *, turned: bool, last: bool) -> np.ndarray:
    """vectors_BX; `turned`: the stack reads from right to left, so that the boundary, which stands first, is read last."""
    if turned:
        ids_BT = reverse(ids_BT.T, lengths_B).T
    _, outputs_BTX = stack.outputs(stack.start(len(ids_BT)), ids_BT)
    if last:
        return outputs_BTX[np.arange(len(ids_BT)), lengths_B - 1]
    there_BT1 = (np.arange(ids_BT.shape[1]) < lengths_B[:, None])[..., None]
    return (outputs_BTX * there_BT1).sum(1) / lengths_B[:, None]


def likeness(vectors_NX: np.ndarray, others_MX: np.ndarray, all_KX: np.ndarray) -> np.ndarray:
    """cosines_NM of the angles between vectors, after the mean of all is taken away: what they all share, such as how often
    a unit is on, says nothing of what tells them apart (Mu and Viswanath 2018)."""
    mean_X = all_KX.mean(0)
    return _of_length_one(vectors_NX - mean_X) @ _of_length_one(others_MX - mean_X).T


def _of_length_one(vectors_NX: np.ndarray) -> np.ndarray:
    return vectors_NX / np.maximum(np.linalg.norm(vectors_NX, axis=1, keepdims=True), 1e-12)


@dataclass(frozen=True)
class Alike:
    """A text, and the cosine that says how much it is like another."""

    likeness: float
    text: str


def nearest(model: Predictor | LanguageModel, texts: Sequence[str], options: EmbedOptions) -> list[list[Alike]]:
    """For each text the options.nearest others that are most like it."""
    assert options.nearest is not None
    vectors_NX, found = vectors(model, texts, last=options.last), []
    for k in range(len(texts)):
        cosines_N = likeness(vectors_NX, vectors_NX[k : k + 1], vectors_NX)[:, 0]
        others = [int(n) for n in np.argsort(-cosines_N, kind="stable") if n != k]
        found.append([Alike(float(cosines_N[n]), texts[n]) for n in others[: options.nearest]])
    return found


def similar(model: Predictor | LanguageModel, texts: Sequence[str], options: EmbedOptions) -> list[Alike]:
    """The texts, those first that are most like options.similar."""
    assert options.similar is not None
    vectors_NX = vectors(model, [*texts, options.similar], last=options.last)
    cosines_N = likeness(vectors_NX[:-1], vectors_NX[-1:], vectors_NX)[:, 0]
    return [Alike(float(cosines_N[n]), texts[n]) for n in np.argsort(-cosines_N, kind="stable")]


def read_lines(names: Sequence[str], encoding: str) -> list[str]:
    return [line for name in names for lines in line_groups(name, encoding=encoding) for line in lines]
