"""The options of scoring: of `charrnn score` and `charrnn rescore`."""

from dataclasses import dataclass

from charrnn.errors import CharrnnError
from charrnn.models.options import MixtureOptions
from charrnn.options import option
from charrnn.text.nbest import FORMATS


@dataclass(frozen=True, kw_only=True)
class ScoreOptions(MixtureOptions):
    """How texts are scored, and what else is found out about them."""

    stream: bool = option(False, "Read each file as one continuous text; gives its summary.")
    spans: bool = option(False, "Add each line's most surprising stretch and what was expected there.")
    adapt: float | None = option(
        None, "Dynamic evaluation: the weights follow the text at this learning rate; try 0.3.", above=0, metavar="RATE"
    )
    adapt_reset: bool = option(False, "Adapt to each line (with --stream: file) from the trained weights anew.")
    labels: str | None = option(None, "Classify texts by a model of `label<TAB>text` lines.", metavar="A,B,...")
    pseudo: bool = option(False, "Pseudo-likelihood: each character given all others (--direction both).")
    typos: bool = option(False, "With --pseudo, add the characters for which another is likelier.")

    def check(self) -> None:
        super().check()
        if self.adapt_reset and self.adapt is None:
            raise CharrnnError("--adapt-reset says how to adapt; it needs --adapt RATE")
        if self.adapt and self.spans:
            raise CharrnnError("--spans looks at weights that stay as they are; leave out --adapt")
        if self.stream and self.spans:
            raise CharrnnError("--stream reads files as one text; --spans is for sentences")
        if self.labels is not None and (self.spans or self.adapt or self.stream):
            raise CharrnnError("--labels classifies; leave out --spans, --adapt and --stream")
        if self.pseudo and (self.spans or self.adapt or self.labels is not None):
            raise CharrnnError("--pseudo goes without --spans, --adapt and --labels")
        if self.typos and (not self.pseudo or self.stream):
            raise CharrnnError("--typos goes with --pseudo, and without --stream")


@dataclass(frozen=True, kw_only=True)
class RescoreOptions(MixtureOptions):
    """How lists of hypotheses are read, and how a model's say is joined with their earlier scores."""

    format: str = option(
        "tsv", "utterance, score and text with tabs; SRILM's n-best files; rnnlm's `utterance text`.",
        choices=tuple(FORMATS),
    )  # fmt: skip
    lm_weight: float = option(1.0, "Factor of the model's logarithm beside the earlier score.", least=0)
    length_penalty: float = option(0.0, "Added for each character (base 10).")
    tune: str | None = option(None, "Find both on these lists, whose right texts the file gives.", metavar="REFERENCES")
    best: bool = option(False, "Keep the best hypothesis of each utterance only.")
    join: str = option(" ", "Between the words of srilm lists; '' for Chinese.")

    def check(self) -> None:
        super().check()
        if self.tune and (self.lm_weight != 1 or self.length_penalty):
            raise CharrnnError("--tune finds weight and penalty; leave out --lm-weight and --length-penalty")
