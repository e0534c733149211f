"""Leading up to a string that a text must hold, so that it is not squeezed in where the text has to end.

Shapes: B rows, V symbols, C classes of symbols, S places in the string, T symbols of it.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from charrnn.conditions.automaton import Automaton, With, classes_of, tabulate
from charrnn.models.language_model import LanguageModel
from charrnn.text.symbols import BOUNDARY

HORIZON = 32  # characters within which a text that does not hold the string may be expected to

MOST_NATS = 30.0  # of a symbol: a model may give one no chance at all


@dataclass(frozen=True)
class Lead:
    """A guide (see choice.py) by which a model writes the string as if it had looked ahead and seen that it will come.

    A symbol v gains log h(s') − log h(s), where s and s' are the automaton's states before and after it and h is the
    chance to complete the string from there within HORIZON characters: 1 − (1 − r) · exp(−HORIZON · p), with p the
    probability of the string by itself and r that of its rest. So, had every place of the text the string's own probability,
    what is written would be what the model writes given that it completes the string (Doob's h-transform). Of a text that
    holds the string, all gains add up to −log h(start). They are no part of its probability: beam search lets them choose
    which texts it goes on with, and ranks what it finds without them.
    """

    string: tuple[int, ...]
    nats: tuple[float, ...]  # −log p of each symbol of the string, given those before
    symbols: int  # of the vocabulary

    @cached_property
    def _automaton(self) -> Automaton:
        places = np.arange(self.symbols)
        class_V = classes_of([places == symbol for symbol in self.string], places >= 0)
        return tabulate(With(tuple(class_V[list(self.string)].tolist())), class_V)

    @cached_property
    def _gains_SC(self) -> np.ndarray:
        nats_T = np.array(self.nats)
        left_S = np.minimum(self._automaton.least_S, len(nats_T))
        log_rest_S = -np.append(0, np.cumsum(nats_T[::-1]))[left_S]
        expected = HORIZON * np.exp(-nats_T.sum())
        # of rare strings, whose probability may be too small for a float, the chance is the expected number
        log_chance = np.log(-np.expm1(-expected)) if expected > 1e-9 else np.log(HORIZON) - nats_T.sum()
        log_fail_S = np.where(left_S > 0, np.log1p(-np.minimum(np.exp(log_rest_S), 1 - 1e-12)), -np.inf)
        log_h_S = np.logaddexp(log_rest_S, log_fail_S + log_chance)
        return (log_h_S[self._automaton.next_SC] - log_h_S[:, None]).astype(np.float32)

    def start(self, rows: int, prime: np.ndarray, length: int) -> Any:
        """The state (int32) of each row; the primer takes no part."""
        return np.ones(rows, np.int32)

    def guide(self, memory: Any, log_probs_BV: Any) -> Any:
        xp = log_probs_BV.__array_namespace__()
        return log_probs_BV + xp.asarray(self._gains_SC)[memory][:, self._automaton.class_V]

    def follow(self, memory: Any, ids_B: Any) -> Any:
        xp = ids_B.__array_namespace__()
        return xp.asarray(self._automaton.next_SC)[memory, xp.asarray(self._automaton.class_V)[ids_B]]

    def ended(self, memory: Any) -> Any:
        return False


def lead_to(model: LanguageModel, text: str) -> Lead:
    """The lead to a text that holds this one, by what the model gives it at the beginning of a line."""
    ids = model.vocabulary.encode(text)
    read_BT = np.concatenate([[BOUNDARY], ids[:-1]]).astype(np.int32)[None]
    log_probs_TV = model.advance(model.start(1), read_BT)[1][0]
    nats_T = np.minimum(-log_probs_TV[np.arange(len(ids)), ids], MOST_NATS)
    return Lead(tuple(ids.tolist()), tuple(map(float, nats_T)), model.vocabulary.size)
