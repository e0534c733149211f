"""Where a command puts the page that shows what it found."""

from dataclasses import dataclass

from charrnn.errors import CharrnnError
from charrnn.inspection.options import InspectOptions
from charrnn.options import Options, option


@dataclass(frozen=True, kw_only=True)
class PageOptions(Options):
    html: str | None = option(None, "Write a page that shows it: one HTML file that needs nothing else.", metavar="FILE")
    json: str | None = option(None, "Write what that page shows as JSON.", metavar="FILE")

    @property
    def page(self) -> bool:
        """Whether a page is made, or its JSON."""
        return self.html is not None or self.json is not None


@dataclass(frozen=True, kw_only=True)
class PrintOptions(InspectOptions, PageOptions):
    """The options of `charrnn inspect`: what is looked at, and how it is shown."""

    characters: int = option(10_000, "Characters of the text that the page shows.", least=2)
    states: str | None = option(
        None, "With --neurons, write the states of all units at every character to a file of numpy's.", metavar="FILE.npz"
    )

    def check(self) -> None:
        super().check()
        if self.states is not None and not self.neurons:
            raise CharrnnError("--states writes what --neurons looks at; add it, or leave --states out")
