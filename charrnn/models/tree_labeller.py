"""The network that labels the nodes of trees, as a model. It runs on numpy, many trees at once.

Shapes: U words, X what the reader puts out, N nodes, D what is kept of a node, H hidden units, L labels.
"""

from collections.abc import Sequence

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.models.labeller import Labeller, softmax
from charrnn.models.predictor import Answer
from charrnn.network.composition import TreeConfig, compose, label_scores_of
from charrnn.network.reader import read_whole
from charrnn.text.batches import encoded, in_batches, padded
from charrnn.text.bracketed import Bracketed, parse_bracketed, written_bracketed

WORDS = 256  # that are read together
SHOWN = 60  # characters of a line that is no tree


class TreeLabeller(Labeller):
    """A text is a tree in brackets; the labels in it are not looked at. A blank one has a blank answer."""

    kind = "tree-labeller"
    config_type = TreeConfig

    def predict(self, texts: Sequence[str], count: int = 1) -> list[list[Answer]]:
        """Answers differ in the label of the root, whose probability they have; all other nodes have their likeliest.

        more: "probabilities", of the label of each node, in the order in which the brackets open; "deeper_than_learnt",
        whether the tree has more levels than any that was learnt from.
        """
        trees = self._parsed([text for text in texts if text.strip()])
        found = iter(zip(trees, self._states(trees), strict=True))
        return [self._labelled(*next(found), count) if text.strip() else [Answer("", 1.0)] for text in texts]

    def scores(self, texts: Sequence[str]) -> list[np.ndarray]:
        """For each text what stands before the softmax: scores_NL, the root's first."""
        return [label_scores_of(self.parameters, self.config, states_ND) for states_ND in self._states(self._parsed(texts))]

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """vectors_NH: the hidden state of each text's root."""
        hidden = self.config.reader.hidden
        found = np.zeros((len(texts), hidden), np.float32)
        there = [k for k, text in enumerate(texts) if text.strip()]
        for k, states_ND in zip(there, self._states(self._parsed([texts[k] for k in there])), strict=True):
            found[k] = states_ND[0, :hidden]
        return found

    def _labelled(self, tree: Bracketed, states_ND: np.ndarray, count: int) -> list[Answer]:
        shares_NL = softmax(label_scores_of(self.parameters, self.config, states_ND) / self.temperature)
        best_N = shares_NL.argmax(-1)
        answers = []
        for root in np.argsort(-shares_NL[0], kind="stable")[:count].tolist():
            best_N[0] = root
            labels = tuple(self.labels[k] for k in best_N)
            more = {
                "probabilities": shares_NL[np.arange(len(best_N)), best_N].tolist(),
                "deeper_than_learnt": tree.levels[0] > self.config.levels,
            }
            answers.append(Answer(written_bracketed(tree, labels), more["probabilities"][0], labels, more))
        return answers

    def _parsed(self, texts: Sequence[str]) -> list[Bracketed]:
        return [self._tree(text) for text in texts]

    def _tree(self, text: str) -> Bracketed:
        """Raises CharrnnError where a text is no tree, or has a node with more children than any that was learnt from."""
        shown = text if len(text) <= SHOWN else text[: SHOWN - 2] + " …"
        try:
            tree = parse_bracketed(text)
        except ValueError as error:
            raise CharrnnError(f"{shown!r} {error}; a line is {Bracketed.form}") from None
        most = max(map(len, tree.children))
        if most > self.config.children:
            learnt = f"those learnt from have up to {self.config.children}"
            raise CharrnnError(
                f"{shown!r} has a node with {most} children; {learnt}: put some of them into a node of their own"
            )
        return tree

    def _states(self, trees: Sequence[Bracketed]) -> list[np.ndarray]:
        """states_ND of the nodes of each tree."""
        numbers = {word: k for k, word in enumerate(dict.fromkeys(word for tree in trees for word in tree.words if word))}
        x_UX = self._words(list(numbers))
        found: list[np.ndarray] = [np.zeros(0)] * len(trees)
        for together in in_batches([len(tree.labels) for tree in trees]):
            several = [trees[k] for k in together]
            sizes = [len(tree.labels) for tree in several]
            starts = np.cumsum([0, *sizes])
            words_N = np.array([numbers[word] if word else -1 for tree in several for word in tree.words])
            levels_N = np.array([level for tree in several for level in tree.levels])
            children_NK = np.full((len(words_N), max(1, self.config.children)), -1)
            for start, tree in zip(starts, several, strict=False):
                for node, children in enumerate(tree.children):
                    children_NK[start + node, : len(children)] = start + np.array(children, int)
            states_ND = compose(self.parameters, self.config, x_UX, words_N, children_NK, levels_N)
            for k, begin, end in zip(together, starts, starts[1:], strict=False):
                found[k] = states_ND[begin:end]
        return found

    def _words(self, words: Sequence[str]) -> np.ndarray:
        """x_UX, what the reader makes of words."""
        sequences = encoded(self.vocabulary, words)
        x_UX = np.zeros((len(words), self.config.reader.width), np.float32)
        for together in in_batches([len(ids) for ids in sequences], WORDS):
            ids_UT, lengths_U = padded([sequences[k] for k in together])
            x_UX[together] = read_whole(self.parameters["reader"], self.config.reader, ids_UT.T, lengths_U)[1]
        return x_UX
