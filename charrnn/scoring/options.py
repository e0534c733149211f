"""The options of scoring: of `charrnn score` and `charrnn rescore`."""

from dataclasses import dataclass

from charrnn.errors import CharrnnError
from charrnn.models.options import MixtureOptions
from charrnn.options import Options, option
from charrnn.text.nbest import FORMATS

UNITS = ("char", "word", "line")


@dataclass(frozen=True, kw_only=True)
class ScoreOptions(MixtureOptions):
    """How texts are scored, and what else is found out about them."""

    stream: bool = option(False, "Read each file as one continuous text; gives the summary.")
    unit: str | None = option(None, "Of each line, the figures of each character, word, or itself.", choices=UNITS)
    entropy: bool = option(
        False, "With --unit, add entropies and ranks; they take the probabilities of all symbols, so more time."
    )
    context: str | None = option(
        None, "Read this before each line, without scoring it; of a file, all but its last newline.", metavar="FILE|TEXT"
    )
    pairs: str | None = option(
        None,
        "Minimal pairs, one a line: BLiMP's JSON, or good, tab, bad; gives how often the good one is likelier.",
        metavar="FILE",
    )
    spans: bool = option(False, "Add each line's most surprising span and what was expected there.")
    adapt: float | None = option(
        None,
        "Dynamic evaluation: train on the text while scoring it; a step moves a weight by about RATE; try 0.0003.",
        above=0,
        most=1,
        metavar="RATE",
    )
    adapt_reset: bool = option(False, "With --adapt, start each line (with --stream: file) from the trained weights.")
    labels: str | None = option(None, "Classify texts with a model trained on lines of `label<TAB>text`.", metavar="A,B,...")
    pseudo: bool = option(False, "Pseudo-log-likelihood: each character given all others (needs --direction both).")
    typos: bool = option(False, "With --pseudo, add the characters for which another one is more likely.")

    def check(self) -> None:
        super().check()
        if self.adapt_reset and self.adapt is None:
            raise CharrnnError("--adapt-reset says how to adapt; it needs --adapt RATE")
        if self.adapt and self.spans:
            raise CharrnnError("--spans cannot be combined with --adapt; leave one out")
        if self.stream and self.spans:
            raise CharrnnError("--stream reads files as one text; --spans is for sentences")
        if self.labels is not None and (self.spans or self.adapt or self.stream):
            raise CharrnnError("--labels cannot be combined with --spans, --adapt and --stream; leave them out")
        if self.pseudo and (self.spans or self.adapt or self.labels is not None):
            raise CharrnnError("--pseudo cannot be combined with --spans, --adapt and --labels")
        if self.typos and (not self.pseudo or self.stream):
            raise CharrnnError("--typos needs --pseudo, and cannot be combined with --stream")
        self._check_units()

    def _check_units(self) -> None:
        other = self.stream or self.spans or self.adapt or self.labels is not None
        if self.entropy and self.unit is None:
            raise CharrnnError("--entropy adds to what --unit char, word or line gives; add one of these")
        if self.unit and (other or self.pseudo or self.pairs):
            raise CharrnnError("--unit cannot be combined with --stream, --spans, --adapt, --labels, --pseudo and --pairs")
        if self.context is not None and (other or self.pseudo):
            raise CharrnnError("--context cannot be combined with --stream, --spans, --adapt, --labels and --pseudo")
        if self.pairs and (other or self.typos):
            raise CharrnnError("--pairs cannot be combined with --stream, --spans, --adapt, --labels and --typos")


@dataclass(frozen=True, kw_only=True)
class PredictOptions(Options):
    """How lines are answered, and whether the answers are held against right ones."""

    count: int = option(1, "Answers for each line, the most probable first.", least=1, names=("-n",))
    beam: int | None = option(
        None, "Of a model of --task rewrite: hypotheses to follow from character to character; by default 4.", least=1
    )
    gold: str | None = option(
        None, "Answer the examples of this file, and measure how good the answers are.", metavar="FILE"
    )
    encoding: str = option("utf-8", "Encoding of the files.")


@dataclass(frozen=True, kw_only=True)
class CompareOptions(Options):
    """How texts are read on which models are compared."""

    stream: bool = option(False, "Read each file as one continuous text, compared block by block of 1,000 characters.")
    count: int = option(5, "Lines (or blocks) to show where the models differ most.", least=0, names=("-n",))
    encoding: str = option("utf-8", "Encoding of the files.")


@dataclass(frozen=True, kw_only=True)
class RescoreOptions(MixtureOptions):
    """How lists of hypotheses are read, and how a model's say is joined with their earlier scores."""

    format: str = option(
        "tsv", "`utterance<TAB>score<TAB>text`; SRILM's n-best files; rnnlm's `utterance text`.",
        choices=tuple(FORMATS),
    )  # fmt: skip
    lm_weight: float = option(1.0, "Weight of the model's log-probability.", least=0)
    length_penalty: float = option(0.0, "Added to the score for each character.")
    tune: str | None = option(
        None, "Find the best weight and penalty for these lists; the file has the correct texts.", metavar="REFERENCES"
    )
    references: str | None = option(
        None, "Count the wrong characters of the best hypotheses; the file has the correct texts.", metavar="FILE"
    )
    best: bool = option(False, "Give only the best hypothesis of each utterance.")
    join: str = option(" ", "What joins the words of srilm lists; '' for Chinese.")

    def check(self) -> None:
        super().check()
        if self.tune and (self.lm_weight != 1 or self.length_penalty):
            raise CharrnnError("--tune finds weight and penalty; leave out --lm-weight and --length-penalty")
        if self.tune and self.references:
            raise CharrnnError("--tune counts the wrong characters too; leave out --references")
