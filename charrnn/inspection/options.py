"""The options of `charrnn inspect`."""

from dataclasses import dataclass

from charrnn.errors import CharrnnError
from charrnn.options import Options, option

LOOKS = ("neurons", "gradients", "attention")


@dataclass(frozen=True, kw_only=True)
class EmbedOptions(Options):
    """What of a text makes its vector, and what is asked of the vectors."""

    last: bool = option(False, "Of a language model, the state after the last character, not the mean over all.")
    nearest: int | None = option(None, "In place of vectors, the N lines that are most like each line.", least=1)
    similar: str | None = option(None, "In place of vectors, all lines, those most like this text first.", metavar="TEXT")
    encoding: str = option("utf-8", "Encoding of the files.")

    def check(self) -> None:
        if self.nearest is not None and self.similar is not None:
            raise CharrnnError("--nearest compares the lines with each other, --similar with a text; leave one out")


@dataclass(frozen=True, kw_only=True)
class InspectOptions(Options):
    """What is looked at in a network, and in how much of a text."""

    neurons: bool = option(False, "What the units follow: quotes, places in lines and words, capitals; and their gates.")
    gradients: bool = option(False, "How strongly the loss depends on states before; several -m are drawn together.")
    attention: bool = option(False, "What attention looks back on.")
    back: int = option(200, "With --gradients, characters to look back.", least=2, most=5000)
    gain: float = option(
        1.0,
        "With --gradients, multiply the recurrent matrices of the networks before training: from 2 on, gradients explode.",
        above=0,
    )
    places: int = option(128, "With --gradients, places of the text to look back from.", least=1)
    encoding: str = option("utf-8", "Encoding of the files.")

    @property
    def look(self) -> str:
        return next(name for name in LOOKS if getattr(self, name))

    def check(self) -> None:
        if sum(getattr(self, name) for name in LOOKS) != 1:
            raise CharrnnError(f"say what to look at, one of {', '.join(f'--{name}' for name in LOOKS)}")
        if self.gain != 1 and not self.gradients:
            raise CharrnnError("--gain is for --gradients; add it, or leave --gain out")
