"""Choosing what the user left open: the network's size, dropout, batch and rate, from corpus, budget and machine.

The rules were fitted on tiny-shakespeare, on two CPU cores, for budgets of one to fifteen minutes.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.network.cells import title
from charrnn.network.config import FORM, NetworkConfig
from charrnn.text.batches import MOST_LENGTHS, groups_within
from charrnn.training.clusters import FEWEST_SYMBOLS, best_cutoffs, scores_a_character
from charrnn.training.optimizer import OPTIMIZERS
from charrnn.training.options import TrainOptions
from charrnn.wording import counted, epochs_of

DEFAULT_MINUTES = 5.0
MOST_EPOCHS = 100  # where no budget is given, small corpora end here before the minutes are over
DEFAULT_BUDGET = f"budget: {DEFAULT_MINUTES:g} minutes, or {MOST_EPOCHS} epochs if they come first (--minutes, --epochs)"
# Training pays best when every recurrent weight sees about this number of characters.
CHARACTERS_PER_WEIGHT = 5.0
# Networks of more recurrent weights than this for each character of corpus learn it by heart rather than learn from it: of
# tiny-shakespeare, 352 units learn as much as 480 in half the time. Of names, which are lines, more did better.
WEIGHTS_PER_CHARACTER, OF_LINES = 1.0, 2.0
SIZES = range(64, 2049, 32)  # of hidden layers
ROWS, ROWS_OF_LINES = 32, 64
WINDOW = 48
# Of long texts, near states are worth most (see docs/train.md); lines may have to be copied, as in text to text.
ATTENTION_WINDOW, ATTENTION_WINDOW_OF_LINES = 16, 64
# Rates of update rules are for layers of FULL_SIZE units or more; smaller ones take up to MOST_RATE times as much.
FULL_SIZE, MOST_RATE = 352, 1.5
# Texts that are read more than SEVERAL times begin to be learnt by heart, unless weights decay: where they are read OFTEN,
# those that get no gradient to 1/e within DECAY_ROOT times the root of the text's characters at the peak rate (fitted to two
# texts, of 200,000 and of 1,000,000), and not sooner than by a decay of MOST_DECAY, the largest that helped.
SEVERAL, OFTEN, DECAY_ROOT, MOST_DECAY = 3.0, 8.0, 640.0, 0.3
LONGEST_LINE = 1024  # with --lines, longer ones are read in pieces
FEW_STEPS = 200  # a run of fewer can hardly learn; what this number would take is said
STARTING_SECONDS = 8.0  # of a run of minutes: before its first step, and after its last
HYBRID_SECONDS = 6.0  # more of them where an n-gram is counted in full and joined
STEPS_SHARE = 0.95  # of the rest: what evaluations leave
COMPILING_SECONDS = 6.0  # of a step for one window length and direction: 3 of processor time, more on a busy machine

# A step reaches EFFICIENCY of the measured matrix-product peak, times n / (n + OVERHEAD) with n characters in it; beside
# the products, each symbol of the softmax costs as much as this number of operations.
EFFICIENCY = 0.69
OVERHEAD = 450
OPERATIONS_PER_SYMBOL = 1000
# An adaptive softmax trains faster than a full one from this number of symbols on.
LEAST_CLUSTERED = 2000
# Where bfloat16 factors multiply this number of times as fast as float32 ones, as with the tiles of some processors (AMX:
# five times), layers of LEAST_ROUNDED units or more train with them, 1.3 times as fast; large ones 1.9 times.
ROUNDING_PAYS = 3.0
LEAST_ROUNDED, MOST_GAIN, UNITS_OF_GAIN = 128, 0.9, 400


@dataclass(frozen=True)
class Plan:
    """The options, with all filled in but what the run's length decides, and the network that they make."""

    options: TrainOptions
    network: NetworkConfig
    reasons: list[str] = field(default_factory=list)


def dropout_for(epochs: float, output: str = "plain") -> float:
    """Dropout by how often the corpus will be seen. With the plain output none for two epochs and about 0.5 for twenty-five;
    a deep output, which reads two states, needs less: none for two, 0.24 for eight, 0.4 from twenty on."""
    slope, none_until, most = (0.13, 2.2, 0.4) if output == "deep" else (0.14, 2.0, 0.6)
    return round(min(most, max(0.0, slope * math.log2(max(epochs, 1e-9) / none_until))), 2)


def make_plan(
    options: TrainOptions,
    *,
    characters: int,
    symbols: int,
    gigaflops: Callable[[str], float],
    lines: np.ndarray | None = None,
    counts_V: np.ndarray | None = None,
    cutoffs: tuple[int, ...] = (),
) -> Plan:
    """A plan for a training text of `characters` characters and a vocabulary of `symbols` symbols.

    gigaflops: the machine's speed of matrix products by the precision of their factors, asked for where it is needed: where
    the budget is time, or the precision is to be chosen. lines: with --lines, their lengths. counts_V: how often each symbol
    occurs, of which the cut-offs of an adaptive softmax are chosen, unless `cutoffs` says them.
    """
    reasons: list[str] = []
    given = options.hidden is not None
    minutes = _minutes(options, reasons)
    rows, window = _batch(options, characters, lines, reasons)
    batch = rows * (window if lines is None else float(lines.mean()) + 1)
    open_ended = minutes is not None and options.minutes is None
    options = replace(options.filled(minutes=minutes), batch_size=rows, window=window)
    options = options.filled(output="deep" if options.attention == "none" else "plain")  # attention has such a layer
    options = options.filled(softmax=_softmax(options, symbols))
    scores = symbols
    if options.softmax == "adaptive":
        assert counts_V is not None
        cutoffs = cutoffs or best_cutoffs(counts_V)
        scores = round(scores_a_character(counts_V, cutoffs))
        reasons.append(f"softmax: adaptive, {counted(scores, 'score')} a character in place of {symbols:,}")
    if lines is not None:
        options = options.filled(line_lengths=_line_lengths(options, lines, minutes))
    if options.attention != "none":
        options = options.filled(attention_window=ATTENTION_WINDOW if lines is None else ATTENTION_WINDOW_OF_LINES)

    def network(hidden: int, **drop_rates: Any) -> NetworkConfig:
        form = {name: value for name in FORM if (value := getattr(options, name)) is not None}
        return NetworkConfig(symbols, hidden=hidden, cutoffs=cutoffs, **form, **drop_rates)

    def precision(hidden: int) -> str:
        return options.precision or precision_for(hidden, gigaflops)

    def speed(network: NetworkConfig) -> float:
        return characters_per_second(network, batch, gigaflops("float32"), precision(network.hidden), scores)

    def seen(hidden: int) -> float:
        """Characters that a network of this size sees within the budget."""
        if options.epochs:
            return options.epochs * characters
        if options.steps:
            return options.steps * batch
        assert minutes is not None
        elsewhere = STARTING_SECONDS + (HYBRID_SECONDS if options.hybrid else 0.0)
        seconds = max(STEPS_SHARE * (60 * minutes - elsewhere), 15 * minutes)
        affordable = seconds * speed(network(hidden))
        return min(MOST_EPOCHS * characters, affordable) if open_ended else affordable

    def fits(hidden: int) -> bool:
        weights = network(hidden).recurrent_weights
        most = WEIGHTS_PER_CHARACTER if lines is None else OF_LINES
        return weights <= min(seen(hidden) / CHARACTERS_PER_WEIGHT, most * characters)

    hidden = options.hidden or max(filter(fits, SIZES), default=SIZES[0])
    epochs = seen(hidden) / characters
    options = options.filled(
        hidden=hidden, learning_rate=rate_for(options.optimizer, hidden), **_drop_rates(options, epochs)
    )
    options = options.filled(weight_decay=_decay(options, epochs, characters, batch))
    chosen = network(hidden, dropout=options.dropout, embedding_dropout=options.embedding_dropout)
    size = f"{chosen.layers} × {hidden} {title(chosen.cell)} ({'as given' if given else 'what this budget trains well'})"
    reasons.append(f"network: {size}, dropout {chosen.dropout:g}, for about {epochs_of(epochs, 2)}")
    if options.precision is None and precision(hidden) != "float32":
        times = gigaflops(precision(hidden)) / gigaflops("float32")
        reasons.append(f"products: {precision(hidden)}, here {times:.0f} times as fast as float32 (--precision)")
    if minutes is not None:
        reasons += _too_short(options, minutes, batch / speed(chosen))
    options = options.filled(precision=precision(hidden))
    return Plan(options, chosen, reasons)


def precision_for(hidden: int, gigaflops: Callable[[str], float]) -> str:
    """In which products of layers of `hidden` units are made."""
    rounded = hidden >= LEAST_ROUNDED and gigaflops("bfloat16") >= ROUNDING_PAYS * gigaflops("float32")
    return "bfloat16" if rounded else "float32"


def characters_per_second(
    network: NetworkConfig, batch: float, gigaflops: float, precision: str = "float32", scores: int | None = None
) -> float:
    """Estimated training speed with `batch` characters a step. gigaflops: of float32 products. scores: those that a softmax
    computes for a character; without it, of all symbols."""
    scores = network.vocabulary_size if scores is None else scores
    operations = 6 * network.weights_to_learn(scores) + OPERATIONS_PER_SYMBOL * scores
    gain = 1 + min(MOST_GAIN, network.hidden / UNITS_OF_GAIN) if precision == "bfloat16" else 1
    return EFFICIENCY * batch / (batch + OVERHEAD) * gain * gigaflops * 1e9 / operations


def _softmax(options: TrainOptions, symbols: int) -> str:
    """Which softmax is faster. Raises CharrnnError where the one asked for cannot be."""
    if options.softmax == "adaptive" and symbols < FEWEST_SYMBOLS:
        raise CharrnnError(f"--softmax adaptive: {symbols} symbols are too few for clusters; leave it out")
    return "adaptive" if symbols >= LEAST_CLUSTERED and options.direction == "forward" else "full"


def _too_short(options: TrainOptions, minutes: float, seconds_a_step: float) -> list[str]:
    """A warning, before they are spent, where the minutes come to hardly any steps."""
    lengths = options.line_lengths if options.lines and options.line_lengths else 1
    before = STARTING_SECONDS + _compiling_seconds(options) * lengths
    steps = max(0, int((60 * minutes - before) / seconds_a_step))
    if steps >= FEW_STEPS:
        return []
    enough = math.ceil((before + FEW_STEPS * seconds_a_step) / 6) / 10
    what = f"about {counted(steps, 'step')} in {minutes:g} minutes" if steps else f"{minutes:g} minutes are too few to learn"
    return [f"{what}, by an estimate, for {before:.0f} seconds go into starting; give --minutes {enough:g} or more"]


def _compiling_seconds(options: TrainOptions) -> float:
    """Of a step for one window length. The clusters of an adaptive softmax take half as long again as all else."""
    return COMPILING_SECONDS * (2 if options.direction == "both" else 1) * (1.5 if options.softmax == "adaptive" else 1)


def _minutes(options: TrainOptions, reasons: list[str]) -> float | None:
    """The budget of time; None where the budget is in steps or epochs."""
    if (options.epochs, options.steps, options.minutes) != (None, None, None):
        return options.minutes
    reasons.append(DEFAULT_BUDGET)
    return DEFAULT_MINUTES


def rate_for(optimizer: str, hidden: int) -> float:
    """Of the update rule, by the size of the layers."""
    return round(OPTIMIZERS[optimizer][2] * min(MOST_RATE, max(1.0, FULL_SIZE / hidden)), 6)


def _decay(options: TrainOptions, epochs: float, characters: int, batch: float) -> float:
    """Of the update rule; where it is AdamW, by how often the text is read too. The options have their learning rate."""
    assert options.learning_rate is not None
    usual = OPTIMIZERS[options.optimizer][3]
    if options.optimizer != "adamw":
        return usual
    share = min(1.0, (epochs - SEVERAL) / (OFTEN - SEVERAL))
    often = min(MOST_DECAY, batch / (DECAY_ROOT * math.sqrt(characters) * options.learning_rate))
    return max(usual, round(share * often, 2))


def _drop_rates(options: TrainOptions, epochs: float) -> dict[str, float]:
    """Dropout of the layers and of the embedding, which with a deep output gains nothing."""
    output = options.output or "plain"
    dropout = dropout_for(epochs, output) if options.dropout is None else options.dropout
    of_embedding = round(min(0.1, dropout / 3), 2) if options.embedding and output == "plain" else 0.0
    return {"dropout": dropout, "embedding_dropout": of_embedding}


def _line_lengths(options: TrainOptions, lines: np.ndarray, minutes: float | None) -> int:
    """In how many window lengths lines are read: few where compiling them would take much of the time."""
    if minutes is None:
        return MOST_LENGTHS
    return groups_within(np.minimum(lines + 1, options.window or LONGEST_LINE), 60 * minutes, _compiling_seconds(options))


def _batch(options: TrainOptions, characters: int, lines: np.ndarray | None, reasons: list[str]) -> tuple[int, int]:
    """Rows and window, fitted to the text."""
    if lines is not None:
        return options.batch_size or ROWS_OF_LINES, options.window or min(int(lines.max()) + 1, LONGEST_LINE)
    rows = min(options.batch_size or max(1, min(ROWS, characters // 64)), characters - 1)
    window = min(options.window or WINDOW, (characters - 1) // rows)
    if window < (options.window or WINDOW) or rows < (options.batch_size or ROWS):
        reasons.append(f"the text is short: read in {rows} rows and windows of {window} characters")
    return rows, window
