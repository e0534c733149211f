"""Looking into a network as it reads files: what `charrnn inspect` and its pages are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.inspection.attention import attention
from charrnn.inspection.gradients import Reach, reach
from charrnn.inspection.neurons import Neurons, neurons
from charrnn.inspection.options import InspectOptions
from charrnn.models.recurrent import RecurrentModel
from charrnn.text.sources import read_text
from charrnn.text.vocabulary import Vocabulary, utf8_widths
from charrnn.text.words import need_characters
from charrnn.wording import file_name


@dataclass(frozen=True)
class Read:
    """A text as a network reads it: its ids, a character for each of them, and the names of files with where each begins."""

    ids_T: np.ndarray
    text: str
    sections: list[tuple[str, int]]


def read_files(vocabularies: Sequence[Vocabulary], files: Sequence[str], encoding: str) -> list[Read]:
    """The files' text by each vocabulary; they are read once for those of a level, for they may be pipes.

    Of bytes, the first byte of a character stands for it, a dot for each other one. Raises CharrnnError where there is no
    text.
    """
    for vocabulary in vocabularies:
        need_characters(vocabulary, "inspect")
    levels = dict.fromkeys(vocabulary.level for vocabulary in vocabularies)
    whole = {level: [read_text(name, level=level, encoding=encoding) for name in files] for level in levels}
    return [_read(vocabulary, files, whole[vocabulary.level]) for vocabulary in vocabularies]


def _read(vocabulary: Vocabulary, files: Sequence[str], whole: Sequence[str]) -> Read:
    ids_T, names = vocabulary.encode("".join(whole)), list(map(file_name, files))
    if not len(ids_T):
        raise CharrnnError(f"{', '.join(names)}: holds no text; there is nothing to look at")
    shown = list(map(_a_character_each, whole)) if vocabulary.level == "byte" else whole
    starts = np.cumsum([0, *map(len, shown)])[:-1].tolist()
    return Read(ids_T, "".join(shown), list(zip(names, starts, strict=True)))


def _a_character_each(text: str) -> str:
    return "".join(one + "·" * (width - 1) for one, width in zip(text, utf8_widths(text), strict=True))


def look(network: RecurrentModel, read: Read, options: InspectOptions) -> Neurons | Reach | np.ndarray:
    """What the options ask for: the units, the reach of gradients, or the weights of attention (see attention.py)."""
    if options.neurons:
        return neurons(network, read.ids_T, read.text)
    if options.gradients:
        return reach(network, read.ids_T, back=options.back, places=options.places)
    return attention(network, read.ids_T)
