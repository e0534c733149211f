"""Texts as vectors, by what a network makes of them, and which of them are alike.

Shapes: N texts, B rows, T time, X numbers of a vector.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.inspection.options import EmbedOptions
from charrnn.inspection.states import network_in
from charrnn.models.language_model import LanguageModel
from charrnn.models.predictor import Predictor
from charrnn.models.recurrent import RecurrentModel
from charrnn.network.directions import reverse
from charrnn.scoring.log_probs import sentence_ids
from charrnn.text.batches import in_batches, padded
from charrnn.text.lines import line_groups

BLOCK = 256  # texts that are compared with all others at once


def vectors(
    model: Predictor | LanguageModel, texts: Sequence[str], *, last: bool = False, name: str = "model"
) -> np.ndarray:
    """array_NX, float32: for each text what a model of `train --task` reads its answer from; of a language model the mean of
    its last layer's outputs after the boundary and after each character, or with `last` the one after the last character.

    Of a network of both directions the two stacks' are put together. Raises CharrnnError where the model has no network.
    """
    if not isinstance(model, LanguageModel):
        if last:
            raise CharrnnError(f"--last is for language models, and this is a {model.kind}; leave it out")
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


def directions(vectors_NX: np.ndarray) -> np.ndarray:
    """The vectors of length one, after the mean of all is taken away: what they all share, such as how often a unit is on,
    says nothing of what tells them apart (Mu and Viswanath 2018). Their products are cosines."""
    apart_NX = vectors_NX - vectors_NX.mean(0) if len(vectors_NX) else vectors_NX
    return apart_NX / np.maximum(np.linalg.norm(apart_NX, axis=1, keepdims=True), 1e-12)


@dataclass(frozen=True)
class Alike:
    """A text, and the cosine that says how much it is like another."""

    likeness: float
    text: str


def nearest(model: Predictor | LanguageModel, texts: Sequence[str], options: EmbedOptions) -> list[list[Alike]]:
    """For each text the options.nearest others that are most like it."""
    assert options.nearest is not None
    directions_NX, found = directions(vectors(model, texts, last=options.last)), []
    count = min(options.nearest, max(0, len(texts) - 1))
    for begin in range(0, len(texts), BLOCK):
        cosines_BN = directions_NX[begin : begin + BLOCK] @ directions_NX.T
        rows_B = np.arange(len(cosines_BN))
        cosines_BN[rows_B, begin + rows_B] = -np.inf
        near_BK = np.argpartition(-cosines_BN, count - 1, axis=1)[:, :count] if count else np.zeros((len(rows_B), 0), int)
        for cosines_N, near_K in zip(cosines_BN, near_BK, strict=True):
            ordered = sorted(near_K.tolist(), key=lambda n, of=cosines_N: (-of[n], n))  # type: ignore[misc]
            found.append([Alike(float(cosines_N[n]), texts[n]) for n in ordered])
    return found


def similar(model: Predictor | LanguageModel, texts: Sequence[str], options: EmbedOptions) -> list[Alike]:
    """The texts, those first that are most like options.similar."""
    assert options.similar is not None
    directions_NX = directions(vectors(model, [*texts, options.similar], last=options.last))
    cosines_N = directions_NX[:-1] @ directions_NX[-1]
    return [Alike(float(cosines_N[n]), texts[n]) for n in np.argsort(-cosines_N, kind="stable")]


def read_lines(names: Sequence[str], encoding: str) -> list[str]:
    return [line for name in names for lines in line_groups(name, encoding=encoding) for line in lines]
