"""The options of `charrnn corpus get`."""

from dataclasses import dataclass

from charrnn.errors import CharrnnError
from charrnn.options import Options, option


@dataclass(frozen=True, kw_only=True)
class CorpusOptions(Options):
    """What is fetched or made, and where it is put."""

    output: str | None = option(
        None, "Where to put it; - is standard output.", otherwise="NAME.txt", names=("-o",), metavar="FILE"
    )
    count: int | None = option(None, "Lines to make, of a generated corpus.", least=1)
    seed: int | None = option(None, "Which lines to make: the same seed, the same lines.", least=0, otherwise=0)
    without: tuple[str, ...] = option((), "A line to leave out (may be repeated).", metavar="LINE")
    overwrite: bool = option(False, "Replace the file if there is one.")

    def check_for(self, name: str, generated: bool) -> None:
        """Raises CharrnnError where the options do not suit the corpus of that name."""
        if not generated and (self.count, self.seed, self.without) != (None, None, ()):
            raise CharrnnError(f"--count, --seed and --without are for generated corpora, and {name} is fetched")
