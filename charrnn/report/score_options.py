"""The options of `charrnn score`, and which of them go together."""

from dataclasses import dataclass

from charrnn.errors import CharrnnError
from charrnn.options import option
from charrnn.report.page.options import PageOptions
from charrnn.report.score_layouts import LAYOUTS
from charrnn.scoring.options import ScoreOptions

FOREIGN = ("kenlm", "srilm")  # formats of other tools, which leave no room for what those do not say


@dataclass(frozen=True, kw_only=True)
class PrintOptions(ScoreOptions, PageOptions):
    """The options of `charrnn score`: how texts are scored, and how the scores are printed."""

    format: str = option(
        "tsv", "Tab-separated, JSON lines, a table of units (see --unit), or as kenlm's query or SRILM's ngram -ppl.",
        choices=tuple(LAYOUTS),
    )  # fmt: skip
    header: bool = option(False, "Begin tab-separated columns with a line of their names.")
    base: str | None = option(
        None, "Base of the logarithms; in --format table 2 unless said.", choices=("10", "e", "2"), otherwise="10"
    )
    chars: bool = option(False, "Add the log-probability of each character and of the line end.")
    rank: bool = option(False, "Sort lines by bits per character, highest first, each after its line number.")
    summary: bool = option(False, "Print only totals over all sentences, with and without unknown characters.")
    against: str | None = option(
        None, "With --html or --json, beside another model or the source of a grammar corpus.", metavar="MODEL|CORPUS"
    )

    def check(self) -> None:
        super().check()
        other = self.unit or self.spans or self.adapt or self.labels is not None or self.typos or self.pairs
        if self.page and (other or self.chars or self.rank or self.header or self.format != "tsv"):
            raise CharrnnError(
                "--html and --json show all at once; they can be combined with --stream, --pseudo, --context, --text, "
                "--against and --encoding"
            )
        if self.against is not None and not self.page:
            raise CharrnnError("--against is for pages; it needs --html FILE or --json FILE")
        if self.against is not None and self.pseudo:
            raise CharrnnError("--against cannot be combined with --pseudo")
        details = self.chars or self.rank or self.spans
        labels, foreign, another_base = self.labels is not None, self.format in FOREIGN, self.base not in (None, "10")
        if (self.format == "table") != (self.unit is not None):
            raise CharrnnError("a table has a row for each unit: --format table goes with --unit char, word or line")
        if self.unit and (details or self.summary):
            raise CharrnnError("--format table cannot be combined with --chars, --rank, --spans and --summary")
        if self.pairs and (details or self.header or self.format not in ("tsv", "jsonl")):
            raise CharrnnError("--pairs prints a table, or with --format jsonl each pair; leave out other ways to print")
        if self.header and (self.format != "tsv" or self.stream or self.summary):
            raise CharrnnError("--header names the columns of --format tsv; it does not go with --stream and --summary")
        if self.stream and details:
            raise CharrnnError("--stream reads files as one text; --chars, --rank and --spans are for sentences")
        if self.summary and details:
            raise CharrnnError("--summary gives only totals; --chars, --rank and --spans are for single sentences")
        if foreign and (details or self.stream or self.adapt or another_base):
            raise CharrnnError(
                f"--format {self.format} prints what that tool prints; "
                "it cannot be combined with --chars, --rank, --spans, --stream, --adapt and --base"
            )
        if labels and (foreign or self.chars or self.rank or self.summary or another_base):
            raise CharrnnError("--labels classifies; it can be combined with --text, --format and --encoding")
        if self.pseudo and (foreign or self.rank):
            raise CharrnnError("--pseudo cannot be combined with --rank and the formats kenlm and srilm")
        if self.typos and self.summary:
            raise CharrnnError("--typos needs --pseudo, and cannot be combined with --summary")
