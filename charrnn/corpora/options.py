"""The options of `charrnn corpus get`."""

from dataclasses import dataclass

from charrnn.errors import CharrnnError
from charrnn.options import Options, option


@dataclass(frozen=True, kw_only=True)
class CorpusOptions(Options):
    """What is fetched or made, and where it is put."""

    output: str | None = option(None, "Where to put it, NAME.txt by default.", names=("-o",), metavar="FILE")
    count: int | None = option(None, "Number of lines to generate.", least=1)
    seed: int | None = option(None, "Random seed of generated lines.", least=0, otherwise=0)
    without: tuple[str, ...] = option((), "A line never to generate (repeatable).", metavar="LINE")
    overwrite: bool = option(False, "Replace an existing file.")

    def check_for(self, name: str, generated: bool) -> None:
        """Raises CharrnnError where the options do not suit the corpus of that name."""
        if not generated and (self.count, self.seed, self.without) != (None, None, ()):
            raise CharrnnError(f"--count, --seed and --without are for generated corpora, and {name} is fetched")
