"""Every option of training, once: the Python API takes these names, the command line derives its options from them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from charrnn.errors import CharrnnError
from charrnn.machine.group import GroupOptions
from charrnn.network.cells import CELLS
from charrnn.network.config import ATTENTIONS, DIRECTIONS, OUTPUTS, PRECISIONS, SOFTMAXES
from charrnn.options import Options, flag, option, option_of
from charrnn.text.tokens import TOKENS, check_tokens
from charrnn.training.optimizer import OPTIMIZERS
from charrnn.training.schedules import SCHEDULES

# what may be learnt beside language modelling, and what is said of that alone
TASKS = ("classify", "tag", "rewrite", "tree")
OF_LANGUAGE_MODELS = (
    "init_from", "also", "hybrid", "output", "softmax", "attention_window", "embedding_dropout", "window",
    "sample_every", "level", "tokens", "vocabulary_size", "lines", "keep_text", "store",
)  # fmt: skip
WITHOUT_ATTENTION = ("tag", "tree")

SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([KMGT])(i?)B?", re.IGNORECASE)  # of memory
LEAST_MEMORY = 200_000_000  # bytes
# with which other processes one works is no part of a run: it may go on with others
GROUP = tuple(item.name for item in fields(GroupOptions))
# where files lie, what to do with them and what to show is no part of how a model is trained
ABOUT_FILES = {"valid", "store", "init_from", "also", "overwrite", "baseline", "keep_text", "sample_every", "save_every"}
ABOUT_FILES.update(GROUP)
BUDGETS = ("epochs", "steps", "minutes")
# when a run is resumed: where its texts are, whether it is compared at the end, how it is computed and saved
CHANGEABLE = ("valid", "store", "baseline", "accumulate", "save_every")
SAVE_EVERY = 3.0  # minutes
# beyond which an option is a mistake: no machine has room, or time, for it
MOST_LAYERS, LARGEST, MOST_STEPS, MOST_MINUTES, MOST_RATE = 1_000, 1 << 20, 10**12, 10**7, 1e38

WORD_MIN_COUNT = 2  # of words that were seen once there are too many to learn each


@dataclass(frozen=True, kw_only=True)
class ReadingOptions(Options):
    """How a corpus is read and what part of it is held out, for all that learn from one."""

    valid: str | None = option(None, "Held-out text file; otherwise a part of the corpus is held out.")
    valid_fraction: float | None = option(
        None,
        "Share held out, at most 500,000 characters: the end of a text; of --lines, lines evenly spread.",
        above=0.0,
        below=1.0,
        otherwise=0.1,
    )
    level: str | None = option(
        None, "What a symbol is: a Unicode character, a byte, or a word.", choices=("char", "byte", "word"), otherwise="char"
    )
    tokens: str | None = option(
        None, "With --level word, the regular expression of a word; without it, a word with the blank before it.",
        metavar="REGEX",
    )  # fmt: skip
    vocabulary_size: int | None = option(
        None, "With --level word, how many words are kept, the most frequent; others train the unknown symbol.", least=1
    )
    encoding: str = option("utf-8", "Encoding of the corpus files.")
    min_count: int | None = option(
        None, "Characters seen fewer times train the unknown symbol instead; with --level word, words (2).", least=1,
        otherwise=1,
    )  # fmt: skip
    lines: bool = option(False, "Every line is a sequence of its own (names, sentences); otherwise one long text.")
    keep_text: bool = option(
        False, "Keep the text of this training in the model folder, for sample --novel, --not-in-corpus and --report."
    )
    store: str | None = option(
        None, "Folder for the text, encoded once to be read from there; without it, long texts are, in the user's cache.",
        metavar="FOLDER",
    )  # fmt: skip
    overwrite: bool = option(False, "Replace the model in the folder.")

    def check(self) -> None:
        super().check()
        if self.valid is not None and self.valid_fraction is not None:
            raise CharrnnError("--valid and --valid-fraction both say what is held out; give one")
        if self.tokens is not None:
            check_tokens(self.tokens)

    def filled(self, **chosen: Any) -> Self:
        unsaid: dict[str, Any] = {} if self.valid is None else {"valid_fraction": None}
        if self.level == "word":
            unsaid |= {"min_count": WORD_MIN_COUNT, "tokens": TOKENS}
        return super().filled(**unsaid, **chosen)

    def check_level(self) -> None:
        """Raises CharrnnError where words are spoken of, and the symbols are others. Of filled options."""
        for name in ("tokens", "vocabulary_size"):
            if self.level != "word" and getattr(self, name) is not None:
                raise CharrnnError(f"{flag(name)} is for words; add --level word, or leave it out")

    def reading(self, paths: Sequence[str]) -> dict[str, Any]:
        """What text.corpus.read_corpus takes, of filled options."""
        names = ("valid", "valid_fraction", "level", "encoding", "store")
        return {"paths": list(paths), **{name: getattr(self, name) for name in names}, "by_lines": self.lines}


@dataclass(frozen=True, kw_only=True)
class NgramOptions(ReadingOptions):
    """What a user may say about an n-gram model; "auto" is chosen by the held-out part."""

    order: str = option("auto", "Symbols of the longest n-gram, 2 to 20, or auto: what predicts the held-out part best.")
    min_counts: str = option(
        "auto", "Fewest occurrences to keep an n-gram of order 1, 2, ... and above, as in 1,1,2; or auto."
    )
    arpa: str | None = option(None, "Write the model as ARPA text too, for kenlm, SRILM and decoders.", metavar="FILE")
    memory: str | None = option(
        None,
        "Memory for counting, as in 4GB or 500MB, by default half of what is free; the rest goes to files beside the model.",
        metavar="SIZE",
    )

    def check(self) -> None:
        super().check()
        if self.memory_bytes is not None and self.memory_bytes < LEAST_MEMORY:
            raise CharrnnError(f"--memory {self.memory}: must be at least {LEAST_MEMORY / 1e6:g}MB")
        for name in ("order", "min_counts"):
            numbers = getattr(self, name).split(",") if name == "min_counts" else [getattr(self, name)]
            if getattr(self, name) != "auto" and not all(number.strip().isdecimal() for number in numbers):
                raise CharrnnError(
                    f"--{name.replace('_', '-')} {getattr(self, name)}: say auto or whole numbers, as in --help"
                )

    @property
    def orders(self) -> list[int] | None:
        """The one order asked for; None for auto."""
        return None if self.order == "auto" else [int(self.order)]

    @property
    def prunings(self) -> list[tuple[int, ...]] | None:
        """The one list of minimal counts asked for; None for auto."""
        return None if self.min_counts == "auto" else [tuple(map(int, self.min_counts.split(",")))]

    @property
    def memory_bytes(self) -> float | None:
        """The memory asked for; None where nothing is said. Raises CharrnnError for what is no size."""
        if self.memory is None:
            return None
        found = SIZE.fullmatch(self.memory.strip())
        if not found:
            raise CharrnnError(f"--memory {self.memory}: say a number and its unit, as in 4GB, 500MB or 4GiB")
        number, unit, binary = found.groups()
        return float(number) * (1024 if binary else 1000) ** (1 + "KMGT".index(unit.upper()))


@dataclass(frozen=True, kw_only=True)
class TrainOptions(ReadingOptions, GroupOptions):
    """What a user may say about a training run; the plan fills in what is None, by corpus, budget and machine."""

    task: str | None = option(
        None,
        "Learn another task than language modelling, from examples, one a line: label, tab, text; text, tab, labels; "
        "source, tab, target; or (label (label word) (label word)).",
        choices=TASKS,
    )
    init_from: str | None = option(
        None, "Start from another model's weights; its vocabulary grows as needed.", metavar="MODEL"
    )
    also: str | None = option(
        None, "With --init-from: tell what is made of this text too, before and after.", metavar="FILE"
    )
    baseline: bool | None = option(
        None, "Compare with a simple model of the same text, an n-gram, which is made first.", otherwise=True
    )
    hybrid: bool = option(False, "At the end, join an n-gram of the same text to the network, as one model.")

    cell: str | None = option(None, "Recurrent cell.", choices=tuple(CELLS), otherwise="cifg")
    layers: int | None = option(None, "Recurrent layers.", least=1, most=MOST_LAYERS, otherwise=1)
    hidden: int | None = option(None, "Hidden units a layer.", least=1, most=LARGEST)
    output: str | None = option(
        None, "What the softmax reads: the last hidden states, or a tanh layer over them.", choices=OUTPUTS
    )
    softmax: str | None = option(
        None, "Over all symbols at once, or over the frequent ones and clusters of the others.", choices=SOFTMAXES
    )
    direction: str | None = option(
        None,
        "Read from left to right, or in both directions, which also fills blanks.",
        choices=DIRECTIONS,
        otherwise="forward",
    )
    attention: str | None = option(
        None,
        "Attention over the last layer's past states; with --task over the text, of rewrite by default additive.",
        choices=ATTENTIONS,
        otherwise="none",
    )
    crf: bool = option(False, "With --task tag, learn which labels follow each other (a conditional random field).")
    copy: bool = option(False, "With --task rewrite, let the symbols of answers be copied from where attention looks.")
    attention_window: int | None = option(None, "Past states that attention looks back on.", least=1, most=LARGEST)
    embedding: int | None = option(
        None, "Length of the dense embedding; 0 feeds symbols one-hot.", least=0, most=LARGEST, otherwise=128
    )
    dropout: float | None = option(None, "Share of each layer's outputs dropped in training.", least=0.0, below=1.0)
    embedding_dropout: float | None = option(None, "Share of the embedding dropped in training.", least=0.0, below=1.0)

    epochs: float | None = option(
        None, "Budget: passes over the training text, those before a --resume too.", above=0.0, most=MOST_STEPS
    )
    steps: int | None = option(None, "Budget: optimiser steps, those before a --resume too.", least=1, most=MOST_STEPS)
    minutes: float | None = option(
        None,
        "Budget: time of the whole command on this machine; with --resume, time that is added.",
        above=0.0,
        most=MOST_MINUTES,
    )
    batch_size: int | None = option(None, "Rows read side by side.", least=1, most=LARGEST)
    accumulate: int | None = option(
        None,
        "Read the rows of a step in N parts, one after the other: the same step in less memory.",
        least=1,
        most=LARGEST,
        otherwise=1,
    )
    window: int | None = option(
        None, "Characters a row between two updates (length of truncated BPTT).", least=1, most=LARGEST
    )
    line_lengths: int | None = option(
        None, "Lengths that lines are padded to; each is compiled, which takes seconds.", least=1, below=6
    )
    optimizer: str = option("adamw", "Update rule.", choices=tuple(OPTIMIZERS))
    learning_rate: float | None = option(
        None, "Peak learning rate; without it, by the update rule, and larger in small networks.", above=0.0, most=MOST_RATE
    )
    schedule: str = option("cosine", "Course of the learning rate.", choices=tuple(SCHEDULES))
    warmup: float | None = option(
        None, "Share of the run in which the rate rises from 0; without it, 10 steps.", least=0.0, below=1.0
    )
    weight_decay: float | None = option(None, "Decoupled weight decay, on matrices only.", least=0.0, most=MOST_RATE)
    clip: float = option(1.0, "Largest global norm of the gradient.", above=0.0, most=MOST_RATE)
    evaluate_every: int | None = option(None, "Steps between two evaluations on held-out text.", least=1)
    sample_every: int | None = option(
        None, "Steps between two samples of what it writes; by default at each third of the run. 0: none.", least=0
    )
    save_every: float | None = option(
        None,
        "Minutes between two saves of what --resume goes on from, beside those at evaluations.",
        above=0.0,
        otherwise=SAVE_EVERY,
    )
    patience: int | None = option(None, "Stop after N evaluations without a better held-out figure.", least=1)
    precision: str | None = option(
        None, "Of the factors in matrix products, by default what is faster here; all else is float32.", choices=PRECISIONS
    )
    seed: int = option(1, "Seed of weights, batches and dropout.", least=0, below=2**63)

    def of_run(self) -> Self:
        """The options without the group that takes the run's steps just now."""
        return replace(self, coordinator=None, processes=None, process_id=None)

    def check(self) -> None:
        super().check()
        budgets = [name for name in BUDGETS if getattr(self, name) is not None]
        if len(budgets) > 1:
            raise CharrnnError(f"--{budgets[0]} and --{budgets[1]} both say how long to train; give one")
        if self.also is not None and self.init_from is None:
            raise CharrnnError("--also is for --init-from: it tells what a network has lost; leave it out")
        if self.embedding_dropout and self.embedding == 0:
            raise CharrnnError("--embedding-dropout: --embedding 0 has no embedding to drop from; leave it out")
        if self.schedule == "halving" and self.evaluate_every is not None:
            raise CharrnnError("--evaluate-every: --schedule halving evaluates after each epoch; leave it out")
        if self.attention in (None, "none") and self.attention_window is not None:
            raise CharrnnError("--attention-window is for --attention; say which, or leave it out")
        self._check_task()

    def check_level(self) -> None:
        super().check_level()
        if self.level == "word" and self.direction == "both":
            raise CharrnnError("--direction both is for characters and bytes; leave it out with --level word")
        if self.vocabulary_size is not None and self.init_from is not None:
            raise CharrnnError("--vocabulary-size: the vocabulary of --init-from grows by --min-count; leave it out")

    def _check_task(self) -> None:
        if self.crf and self.task != "tag":
            raise CharrnnError("--crf joins the labels of characters; it needs --task tag")
        if self.copy and self.task != "rewrite":
            raise CharrnnError("--copy lets answers copy their source; it needs --task rewrite")
        if self.copy and self.attention == "none":
            raise CharrnnError("--copy copies from where attention looks; leave out --attention none")
        if self.task is None:
            return
        if self.task == "tree" and self.accumulate not in (None, 1):
            raise CharrnnError("--accumulate: --task tree reads each word of a batch once, for all rows; leave it out")
        if self.task == "classify" and self.attention in ("dot", "general"):
            raise CharrnnError(f"--attention {self.attention}: with --task classify there is none but additive")
        if self.task in WITHOUT_ATTENTION and self.attention not in (None, "none"):
            raise CharrnnError(f"--attention: there is none with --task {self.task}; leave it out")
        for item in fields(self):
            usual = (None, item.default, option_of(item).otherwise)
            if item.name in OF_LANGUAGE_MODELS and getattr(self, item.name) not in usual:
                raise CharrnnError(f"{flag(item.name)} is for language models; leave it out with --task {self.task}")


@dataclass(frozen=True, kw_only=True)
class BenchOptions(Options):
    """What is measured: a network of random weights, a batch, and the time for each measurement."""

    cell: str = option("lstm", "Recurrent cell.", choices=tuple(CELLS))
    layers: int = option(1, "Recurrent layers.", least=1, most=MOST_LAYERS)
    hidden: int = option(512, "Hidden units a layer.", least=1, most=LARGEST)
    embedding: int | None = option(None, "Length of the embedding; without it, as --hidden.", least=0, most=LARGEST)
    batch_size: int = option(32, "Rows read side by side.", least=1, most=LARGEST)
    window: int = option(96, "Characters a row and step.", least=1, most=LARGEST)
    streams: int = option(64, "Texts written side by side.", least=1, most=LARGEST)
    symbols: int = option(65, "Size of the vocabulary.", least=2, most=LARGEST)
    direction: str = option("forward", "As for train.", choices=DIRECTIONS)
    output: str = option("plain", "As for train.", choices=OUTPUTS)
    softmax: str = option("full", "As for train.", choices=SOFTMAXES)
    attention: str = option("none", "As for train.", choices=ATTENTIONS)
    attention_window: int = option(64, "As for train.", least=1, most=LARGEST)
    precision: str = option("float32", "Of the factors in training's matrix products.", choices=PRECISIONS)
    seconds: float = option(4.0, "Time for each measurement.", above=0, most=3600)
    only: str | None = option(None, "Just one of the three.", choices=("training", "sampling", "scoring"))
