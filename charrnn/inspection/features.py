"""What can be said of each character of a text and be followed by a unit of a network.

Shapes: T characters.
"""

from collections.abc import Callable

import numpy as np

OPENING, CLOSING = "([{（〔【《", ")]}）〕】》"
QUOTES = '"'  # opens and closes
OPENING_QUOTES, CLOSING_QUOTES = "“«「『", "”»」』"


def features(text: str) -> dict[str, np.ndarray]:
    """The features' values at each character, by name: of a place, or 1 where something holds. Those that are the same
    everywhere are left out."""
    found = {name: feature(text).astype(np.float32) for name, feature in FEATURES.items()}
    return {name: values_T for name, values_T in found.items() if values_T.std() > 0}


def _inside(text: str, opening: str, closing: str, toggling: str = "") -> np.ndarray:
    """1 from what opens to before what closes; an empty line closes all."""
    depth, before, inside = 0, "", np.zeros(len(text))
    for k, one in enumerate(text):
        if one in toggling:
            depth = 0 if depth else 1
        elif one in opening:
            depth += 1
        elif one in closing:
            depth = max(0, depth - 1)
        elif one == "\n" and before == "\n":
            depth = 0
        inside[k] = depth > 0
        before = one
    return inside


def _since(starts_T: np.ndarray) -> np.ndarray:
    """How many characters ago the last start was; at the beginning, how many characters there were."""
    places = np.arange(len(starts_T))
    return places - np.maximum.accumulate(np.where(starts_T, places, 0))


def _each(text: str, holds: Callable[[str], bool]) -> np.ndarray:
    known = {one: holds(one) for one in set(text)}
    return np.array([known[one] for one in text], bool)


def _capitals(text: str) -> np.ndarray:
    """1 within two capitals or more in a row, from the second."""
    capital_T = _each(text, str.isupper)
    return capital_T & np.concatenate([[False], capital_T[:-1]])


def _indentation(text: str) -> np.ndarray:
    """How many blanks the line begins with, as far as it has been read."""
    found, blanks, leading = np.zeros(len(text)), 0, True
    for k, one in enumerate(text):
        if one == "\n":
            blanks, leading = 0, True
        elif leading and one in " \t":
            blanks += 1
        else:
            leading = False
        found[k] = blanks
    return found


FEATURES: dict[str, Callable[[str], np.ndarray]] = {
    "inside quotes": lambda text: _inside(text, OPENING_QUOTES, CLOSING_QUOTES, QUOTES),
    "inside brackets": lambda text: _inside(text, OPENING, CLOSING),
    "place in the line": lambda text: _since(_each(text, lambda one: one == "\n")),
    "place in the word": lambda text: _since(~_each(text, str.isalnum)),
    "after a capital": lambda text: _each(text, str.isupper),
    "in capitals": _capitals,
    "after a digit": lambda text: _each(text, str.isdigit),
    "after a vowel": lambda text: _each(text, lambda one: one in "aeiouyAEIOUY"),
    "after a blank": lambda text: _each(text, lambda one: one in " \t\n"),
    "indentation": _indentation,
}
