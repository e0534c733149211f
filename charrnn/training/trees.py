"""The task of labelling the nodes of trees.

Shapes: B trees, U words, T characters of a word, F leaves, S steps, W nodes a step, K children, N = F + S W, L labels, X
what the reader puts out, D what is kept of a node.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from charrnn.models.labeller import nats_of
from charrnn.models.tree_labeller import TreeLabeller
from charrnn.network.arrays import Drop
from charrnn.network.composition import TreeConfig, compose_in_steps, label_scores_of
from charrnn.network.loss import pick_targets
from charrnn.network.reader import read_whole
from charrnn.text.bracketed import NO_LABEL, Bracketed, unlabelled
from charrnn.training.examples import ExampleBatches
from charrnn.training.labelling import Labelling
from charrnn.training.options import TrainOptions
from charrnn.training.step import ROWS
from charrnn.training.task import Objective, Outcome, Tree
from charrnn.training.tree_batches import TreeBatch, TreeBatching


@dataclass(frozen=True)
class LabelTrees(Labelling):
    """A label for each node of a tree that has one to learn."""

    name: ClassVar[str] = "tree"
    kind: ClassVar[str] = TreeLabeller.kind
    model_type = TreeLabeller

    @classmethod
    def labels_of(cls, example: Bracketed) -> Sequence[str]:
        return [label for label in example.labels if label != NO_LABEL]

    @classmethod
    def read_of(cls, example: Bracketed) -> Sequence[str]:
        return [word for word in example.words if word]

    @classmethod
    def size_of(cls, example: Bracketed) -> int:
        return len(example.labels)

    def configured(self, options: TrainOptions) -> TreeConfig:
        learnt = self.examples.training
        children = max(len(children) for tree in [*learnt, *self.examples.held_out] for children in tree.children)
        return TreeConfig(self.reader(options), len(self.labels), children, max(tree.levels[0] for tree in learnt))

    def numbered(self, example: Bracketed) -> np.ndarray:
        """Of each node its label's number; −1 where there is none."""
        return np.array([self._numbers.get(label, -1) for label in example.labels], np.int32)

    def nats(self, model: TreeLabeller, examples: Sequence[Any]) -> tuple[float, int]:
        scores_NL = np.concatenate(model.scores([unlabelled(one) for one in examples]))
        right_N = np.concatenate([self.numbered(one) for one in examples])
        there_N = right_N >= 0
        return nats_of(scores_NL[there_N], right_N[there_N]), int(there_N.sum())

    @cached_property
    def batches(self) -> ExampleBatches:
        trees, rows = self.examples.training, self.options.batch_size
        labels = [self.numbered(one) for one in trees]
        make = TreeBatching(trees, labels, self.vocabulary, self.network.children, rows)
        return ExampleBatches(self.sizes, self.options, make)

    @property
    def objective(self) -> Objective:
        network, product, rate = self.network, self.product, self.network.reader.dropout

        def nats_of_batch(parameters: Tree, carry: Tree, batch: TreeBatch, drop: Drop) -> Outcome:
            ids_TU = batch.words_BUT.reshape(-1, batch.words_BUT.shape[-1]).T
            lengths_U = jnp.maximum(batch.lengths_BU.reshape(-1), 1)
            _, x_UX = read_whole(parameters["reader"], network.reader, ids_TU, lengths_U, compiled=True, product=product)
            x_UX = jax.lax.all_gather(x_UX, ROWS, tiled=True)  # trees have words that other devices have read
            children_SWBK = batch.children_BSWK.transpose(1, 2, 0, 3)
            x_FBX = drop(x_UX[batch.leaves_BF.T], rate, 0)
            states_NBD = compose_in_steps(parameters, network, x_FBX, children_SWBK, product)
            scores_NBL = label_scores_of(parameters, network, drop(states_NBD, rate, 1), product)
            there_NB = batch.labels_BN.T > 0
            nats = -(pick_targets(scores_NBL, jnp.maximum(batch.labels_BN.T - 1, 0), 0.0) * there_NB).sum()
            return Outcome(nats, nats, there_NB.sum(), carry)

        return nats_of_batch
