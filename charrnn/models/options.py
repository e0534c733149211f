"""What may be said where several models are given."""

from dataclasses import dataclass

from charrnn.errors import CharrnnError
from charrnn.options import Options, option

WAYS = ("linear", "log-linear")


@dataclass(frozen=True, kw_only=True)
class MixtureOptions(Options):
    """How several models become one; a single one needs nothing of it."""

    weight: tuple[float, ...] = option((), "Weight of each model, in order (repeatable); equal by default.")
    mix: str = option("log-linear", "Several models: add their probabilities (linear), or multiply them.", choices=WAYS)
    fit_on: str | None = option(None, "Fit the weights on this text, which no model was trained on.", metavar="FILE")

    encoding: str = option("utf-8", "Encoding of the files.")

    def check(self) -> None:
        if self.weight and self.fit_on:
            raise CharrnnError("--weight gives the weights and --fit-on finds them; leave one out")

    def check_for(self, models: int) -> None:
        """Raises CharrnnError where the options do not fit that many models."""
        if not models:
            raise CharrnnError("no model is named; name one or several")
        if models == 1 and (self.weight or self.fit_on):
            raise CharrnnError("--weight and --fit-on are for several models; name another one")
        if self.weight and len(self.weight) != models:
            raise CharrnnError(f"{models} models and {len(self.weight)} weights; give each model one --weight")


@dataclass(frozen=True, kw_only=True)
class MixOptions(MixtureOptions):
    """How several models become one that is saved."""

    overwrite: bool = option(False, "Replace the model in the folder.")
