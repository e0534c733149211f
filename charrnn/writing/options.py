"""The options of writing: of `charrnn sample` and `charrnn fill`."""

from dataclasses import dataclass

from charrnn.errors import CharrnnError
from charrnn.models.options import MixtureOptions
from charrnn.options import Options, flag, option

UNKNOWN_WAYS = ("error", "skip", "symbol")
# what could be asked for and not be done: automata, beams and memories of spans beyond are larger than any computer
MOST_GIVEN, WIDEST_BEAM, LONGEST_SPAN, MOST_WRITTEN = 5_000, 10_000, 10_000, 10**12


@dataclass(frozen=True, kw_only=True)
class SampleOptions(MixtureOptions):
    """What texts are asked for, and how they are written."""

    prime: str = option("", "Text to continue.", names=("--primetext", "--start-text"))
    prime_file: str | None = option(None, "File with the text to continue (without its last newline).", metavar="FILE")
    echo: bool = option(True, "Begin the text with the primer, or leave it out.")
    unknown: str = option("error", "What to do with primer characters that the model does not know.", choices=UNKNOWN_WAYS)
    length: int = option(500, "Maximum number of characters to write.", least=0, most=MOST_WRITTEN)
    min_length: int = option(0, "Minimum number of characters to write.", least=0, most=MOST_WRITTEN)
    count: int | None = option(None, "Number of texts.", least=1, most=MOST_WRITTEN, otherwise=1, names=("--num-samples",))
    seed: int | None = option(None, "The same seed gives the same text; by default a fresh one.", least=0)
    stop: tuple[str, ...] = option(
        (), "Stop before this text (repeatable).", escapes=True, words=(("newline", "\n"), ("tab", "\t"))
    )

    temperature: float = option(
        1.0, "Below 1 favours likely characters, above 1 gives more variety.", least=0.001, most=1000
    )
    top_k: int = option(0, "Sample from the K most likely characters; 0: from all.", least=0, most=MOST_WRITTEN)
    top_p: float = option(
        1.0, "Sample from the most likely characters that have this probability together.", above=0, most=1
    )
    min_p: float = option(
        0.0, "Sample from characters at least this fraction as likely as the most likely one.", least=0, most=1
    )
    typical: float = option(
        1.0,
        "Sample from the characters with surprisal nearest the entropy that have this probability together.",
        above=0,
        most=1,
    )
    repetition_penalty: float = option(
        1.0, "Divide p by this for each character beyond 5 of a repeated span; 1: no penalty.", least=1
    )
    greedy: bool = option(False, "Always take the most likely character.")
    ban: str = option("", "Characters never to write.")
    allow: str | None = option(None, "The only characters to write (and line ends, unless banned).")

    pattern: str | None = option(None, "The whole text matches this regular expression.", metavar="REGEX")
    template: str | None = option(
        None, "Write this text and fill its blanks: {5} is five letters, {1-4} one to four.",
        metavar="TEXT", escapes=True,
    )  # fmt: skip
    acrostic: str | None = option(
        None, "First characters of the lines, or of the blanks of --template (repeated as needed).", metavar="TEXT"
    )
    must: tuple[str, ...] = option((), "Text that must occur (repeatable).", metavar="TEXT", escapes=True)
    ban_text: tuple[str, ...] = option((), "Text that must not occur (repeatable).", metavar="TEXT", escapes=True)

    beam: int | None = option(
        None, "Beam search with N hypotheses; gives the --count best.", least=1, most=WIDEST_BEAM, metavar="N"
    )
    length_normalization: float = option(
        1.0, "With --beam: rank texts of different lengths by log-probability / characters ** this.", least=0
    )
    best_of: int | None = option(
        None, "Draw N texts and give the --count best by bits per character.", least=1, most=WIDEST_BEAM, metavar="N"
    )
    sort: str | None = option(
        None, "Print the texts when all are written, by bits per character, fewest first.", choices=("score",)
    )
    unique: bool = option(False, "Write no text twice.")
    not_in: tuple[str, ...] = option((), "Write no text with a line of this file (repeatable).", metavar="FILE")
    not_in_corpus: bool = option(False, "Write no text with a line of the training text.")
    novel: int | None = option(
        None, "Never copy N characters in a row from the training text.", least=2, most=LONGEST_SPAN, metavar="N"
    )
    report: bool = option(False, "Report the longest span that each text copies from the training text, and its share.")
    corpus: tuple[str, ...] = option(
        (),
        "The training text, for --novel, --not-in-corpus and --report; by default what train --keep-text kept.",
        metavar="FILE",
    )

    @property
    def texts(self) -> int:
        """How many texts are asked for."""
        return 1 if self.count is None else self.count

    @property
    def selects(self) -> bool:
        """Whether texts are left out for what they are."""
        return bool(self.unique or self.not_in or self.not_in_corpus)

    @property
    def compares(self) -> bool:
        """Whether texts are compared with what was learnt from."""
        return bool(self.novel or self.not_in_corpus or self.report)

    def check(self) -> None:
        super().check()
        if self.prime and self.prime_file:
            raise CharrnnError("--prime and --prime-file both give the primer; leave one out")
        if self.beam and (self.greedy or self.stop or self.best_of):
            raise CharrnnError("--beam searches and does not draw; leave out --greedy, --stop and --best-of")
        if self.beam and (self.temperature, self.top_k, self.top_p, self.min_p, self.typical) != (1, 0, 1, 0, 1):
            raise CharrnnError(
                "--beam searches and does not draw; leave out --temperature, --top-k, --top-p, --min-p and --typical"
            )
        if self.length_normalization != 1 and not self.beam:
            raise CharrnnError("--length-normalization ranks what --beam finds; give --beam too")
        if self.texts > min(self.beam or self.texts, self.best_of or self.texts):
            raise CharrnnError("--count asks for more texts than --beam or --best-of finds")
        if self.sort and (self.beam or self.best_of):
            raise CharrnnError("--beam and --best-of rank what they find; leave out --sort")
        if self.greedy and self.selects:
            raise CharrnnError("--greedy writes the same text each time; leave out --unique, --not-in and --not-in-corpus")
        for name in ("must", "ban_text"):
            if (given := sum(map(len, getattr(self, name)))) > MOST_GIVEN:
                raise CharrnnError(f"{flag(name)}: {given:,} characters in all are too many; give {MOST_GIVEN:,} or fewer")
        if (longest := max(map(len, self.must), default=0)) > self.length:
            raise CharrnnError(f"--must: a text of {longest:,} characters does not fit in --length {self.length}")
        if self.corpus and not self.compares:
            raise CharrnnError(
                "--corpus is the text that --novel, --not-in-corpus and --report compare with; give one of them too"
            )


@dataclass(frozen=True, kw_only=True)
class FillOptions(Options):
    """How blanks are marked and filled."""

    count: int = option(5, "Fillings for each sentence.", least=1, names=("-n",))
    max_length: int = option(6, "Longest filling of a blank of unknown length.", least=1, most=100)
    blank: str | None = option(
        None, "Marker of a blank of unknown length, for texts that use _ or {3} themselves.", metavar="MARK"
    )
    candidates: str | None = option(
        None, "Choose among these: a file with one per line, or words separated by commas.", metavar="FILE|A,B,C"
    )
    encoding: str = option("utf-8", "Encoding of the files.")

    def check(self) -> None:
        if self.blank == "":
            raise CharrnnError("--blank is empty; name a mark such as [MASK]")
