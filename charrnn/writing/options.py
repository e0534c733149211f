"""The options of writing: of `charrnn sample` and `charrnn fill`."""

from dataclasses import dataclass

from charrnn.errors import CharrnnError
from charrnn.models.options import MixtureOptions
from charrnn.options import Options, option

UNKNOWN_WAYS = ("error", "skip", "symbol")


@dataclass(frozen=True, kw_only=True)
class SampleOptions(MixtureOptions):
    """What texts are asked for, and how they are written."""

    prime: str = option("", "Text to go on from.", names=("--primetext", "--start-text"))
    prime_file: str | None = option(None, "File with the text to go on from (its last newline left out).", metavar="FILE")
    echo: bool = option(True, "Give the primer before the text, or only what follows it.")
    unknown: str = option(
        "error", "What to do with characters of the primer that the model does not know.", choices=UNKNOWN_WAYS
    )
    length: int = option(500, "Characters to write at most.", least=0)
    count: int | None = option(None, "Texts.", least=1, otherwise=1, names=("--num-samples",))
    seed: int | None = option(None, "Same seed, same text; otherwise a fresh one.", least=0)
    stop: tuple[str, ...] = option(
        (), "End before this text (may be repeated); \\n and \\t, or newline and tab.",
        escapes=True, words=(("newline", "\n"), ("tab", "\t")),
    )  # fmt: skip

    temperature: float = option(1.0, "Below 1 keeps to likely characters, above 1 dares more.", above=0)
    top_k: int = option(0, "Draw among the K likeliest characters; 0: all.", least=0)
    top_p: float = option(1.0, "Draw among the likeliest characters that together have this probability.", above=0, most=1)
    min_p: float = option(
        0.0, "Draw among characters with at least this share of the likeliest one's probability.", least=0, most=1
    )
    typical: float = option(
        1.0, "Draw among the most typically surprising characters, of this probability together.", above=0, most=1
    )
    repetition_penalty: float = option(
        1.0, "Divide p by this for each character beyond 5 of a repeated stretch; 1: no penalty.", least=1
    )
    greedy: bool = option(False, "Always take the likeliest character.")
    ban: str = option("", "Characters never to write.")
    allow: str | None = option(None, "The only characters to write (and the line end, unless banned).")

    pattern: str | None = option(None, "Write only texts that match this regular expression whole.", metavar="REGEX")
    template: str | None = option(
        None, "Write this text with its blanks filled: {5} is five letters, {1-4} 1 to 4; \\n and \\t.",
        metavar="TEXT", escapes=True,
    )  # fmt: skip
    acrostic: str | None = option(
        None, "First characters of the lines, or of the blanks of --template, repeated as needed.", metavar="TEXT"
    )
    must: tuple[str, ...] = option((), "Each text holds this (may be repeated); \\n and \\t.", metavar="TEXT", escapes=True)
    ban_text: tuple[str, ...] = option(
        (), "No text holds this (may be repeated); \\n and \\t.", metavar="TEXT", escapes=True
    )

    beam: int | None = option(
        None, "Search for likely texts, going on with N at a time; gives the --count best.", least=1, metavar="N"
    )
    length_normalization: float = option(
        1.0, "With --beam: rank by log-probability over characters to this power, where lengths differ.", least=0
    )
    best_of: int | None = option(
        None, "Draw N texts and give the --count likeliest by bits per character, best first.", least=1, metavar="N"
    )
    novel: int | None = option(None, "Never copy N characters in a row from the text learnt from.", least=2, metavar="N")
    report: bool = option(
        False, "Say of each text its longest span that is copied from the text learnt from, and its share."
    )
    corpus: tuple[str, ...] = option(
        (), "The text for --novel and --report; else what the model keeps (train --keep-text).", metavar="FILE"
    )

    @property
    def texts(self) -> int:
        """How many texts are asked for."""
        return 1 if self.count is None else self.count

    def check(self) -> None:
        super().check()
        if self.prime and self.prime_file:
            raise CharrnnError("--prime and --prime-file both give the primer; leave one out")
        if self.beam and (self.greedy or self.stop or self.best_of):
            raise CharrnnError("--beam searches by itself; leave out --greedy, --stop and --best-of")
        if self.beam and (self.temperature, self.top_k, self.top_p, self.min_p, self.typical) != (1, 0, 1, 0, 1):
            raise CharrnnError("--beam draws nothing; leave out --temperature, --top-k, --top-p, --min-p and --typical")
        if self.length_normalization != 1 and not self.beam:
            raise CharrnnError("--length-normalization ranks what --beam finds; give --beam too")
        if self.texts > min(self.beam or self.texts, self.best_of or self.texts):
            raise CharrnnError("--count asks for more texts than --beam or --best-of finds")
        if self.corpus and not (self.novel or self.report):
            raise CharrnnError("--corpus is the text that --novel and --report compare with; give one of them too")


@dataclass(frozen=True, kw_only=True)
class FillOptions(Options):
    """How blanks are marked and filled."""

    count: int = option(5, "Fillings for each sentence.", least=1, names=("-n",))
    max_length: int = option(6, "Longest filling of a blank of unknown length.", least=1, most=100)
    blank: str | None = option(
        None, "Mark of a blank of unknown length, for text that uses _ or {3} itself.", metavar="MARK"
    )
    candidates: str | None = option(
        None, "Choose among these: a file with one a line, or words and commas.", metavar="FILE|A,B,C"
    )
    encoding: str = option("utf-8", "Encoding of the files.")

    def check(self) -> None:
        if self.blank == "":
            raise CharrnnError("--blank is empty; name a mark such as [MASK]")
