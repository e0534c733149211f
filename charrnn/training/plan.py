"""Choosing what the user left open: the network's size, dropout, batch and rate, from corpus, budget and machine.

The rules were fitted on tiny-shakespeare, on two CPU cores, for budgets of one to fifteen minutes (see CHANGELOG).
"""

import math
from dataclasses import dataclass, field, replace

from charrnn.network.cells import CELLS
from charrnn.network.config import NetworkConfig
from charrnn.training.optimizer import OPTIMIZERS
from charrnn.training.options import TrainOptions

DEFAULT_MINUTES = 5.0
MOST_EPOCHS = 100  # where no budget is given, small corpora end here before the minutes are over
# Training pays best when every weight sees about so many characters.
CHARACTERS_PER_WEIGHT = 10
# Larger networks than so many weights a character of corpus learn it by heart rather than learn from it.
WEIGHTS_PER_CHARACTER = 2.0
# Share of the measured matrix-product peak that a training step reaches, for the estimate of speed.
EFFICIENCY = 0.75
ROWS = 32
WINDOW = 48
LONGEST_LINE = 1024  # with --lines, longer ones are read in pieces


@dataclass(frozen=True)
class Settings:
    """A training run's concrete settings, all but its length."""

    batch_size: int
    window: int
    optimizer: str
    learning_rate: float
    schedule: str
    warmup: float
    weight_decay: float
    clip: float
    patience: int | None
    seed: int
    lines: bool


@dataclass(frozen=True)
class Plan:
    network: NetworkConfig
    settings: Settings
    minutes: float | None
    reasons: list[str] = field(default_factory=list)


def hidden_for(weights: float, cell: str, layers: int, embedding: int, symbols: int) -> int:
    """The number of hidden units, a multiple of 32, that comes nearest to a number of weights."""
    gates = CELLS[cell].gates
    square, linear = gates * (2 * layers - 1), gates * embedding + symbols
    hidden = (-linear + math.sqrt(linear * linear + 4 * square * weights)) / (2 * square)
    return max(64, round(hidden / 32) * 32)


def dropout_for(epochs: float) -> float:
    """Dropout by how often the corpus will be seen: none for two epochs, about 0.5 for twenty-five."""
    return round(min(0.6, max(0.0, 0.14 * math.log2(max(epochs, 1e-9) / 2))), 2)


def make_plan(
    options: TrainOptions, *, characters: int, symbols: int, gigaflops: float | None, longest_line: int = 0
) -> Plan:
    """A plan for a training text of so many characters and vocabulary of so many symbols.

    gigaflops: the machine's matrix-product speed, needed where the budget is time. longest_line: with --lines, the window.
    """
    reasons = []
    minutes = options.minutes
    by_count = options.epochs is not None or options.steps is not None
    if not by_count and minutes is None:
        minutes = DEFAULT_MINUTES
        reasons.append(f"budget: {minutes:g} minutes, or {MOST_EPOCHS} epochs if they come first (--minutes, --epochs)")
    rows, window = _batch(options, characters, longest_line, reasons)
    wanted_weights = _affordable_weights(options, minutes, characters, rows * window, gigaflops)
    hidden = options.hidden or hidden_for(wanted_weights, options.cell, options.layers, options.embedding, symbols)
    network = NetworkConfig(
        symbols,
        options.cell,
        options.layers,
        hidden,
        options.embedding,
        direction=options.direction,
        attention=options.attention,
        attention_window=options.attention_window,
    )
    epochs = _epochs(options, minutes, characters, rows * window, gigaflops, network)
    dropout = dropout_for(epochs) if options.dropout is None else options.dropout
    embedding_dropout = min(0.1, dropout / 3) if options.embedding_dropout is None else options.embedding_dropout
    network = replace(network, dropout=dropout, embedding_dropout=round(embedding_dropout, 2))
    reasons.append(_size_reason(options, network, characters, epochs))
    _, _, rate, decay = OPTIMIZERS[options.optimizer]
    settings = Settings(
        batch_size=rows,
        window=window,
        optimizer=options.optimizer,
        learning_rate=options.learning_rate or rate,
        schedule=options.schedule,
        warmup=options.warmup,
        weight_decay=decay if options.weight_decay is None else options.weight_decay,
        clip=options.clip,
        patience=options.patience,
        seed=options.seed,
        lines=options.lines,
    )
    return Plan(network, settings, minutes, reasons)


def _batch(options: TrainOptions, characters: int, longest_line: int, reasons: list[str]) -> tuple[int, int]:
    """Rows and window, fitted to the text."""
    if options.lines:
        return options.batch_size or ROWS, options.window or min(longest_line, LONGEST_LINE)
    rows = min(options.batch_size or max(1, min(ROWS, characters // 64)), characters - 1)
    fitting = (characters - 1) // rows
    window = min(options.window or WINDOW, fitting)
    if window < (options.window or WINDOW) or rows < (options.batch_size or ROWS):
        reasons.append(f"the text is short: read in {rows} rows and windows of {window} characters")
    return rows, window


def _characters_per_second(gigaflops: float, network_weights: float) -> float:
    return EFFICIENCY * gigaflops * 1e9 / (6 * network_weights)


def _affordable_weights(
    options: TrainOptions, minutes: float | None, characters: int, batch: int, gigaflops: float | None
) -> float:
    """The number of weights, of each stack, that the budget can train and the corpus can feed."""
    if minutes is not None:
        assert gigaflops is not None
        operations = EFFICIENCY * gigaflops * 1e9 * minutes * 60
        stacks = 2 if options.direction == "both" else 1
        trained = math.sqrt(operations / (6 * CHARACTERS_PER_WEIGHT * stacks))
    else:
        seen = options.epochs * characters if options.epochs else (options.steps or 0) * batch
        trained = seen / CHARACTERS_PER_WEIGHT
    return min(trained, WEIGHTS_PER_CHARACTER * characters)


def _epochs(
    options: TrainOptions,
    minutes: float | None,
    characters: int,
    batch: int,
    gigaflops: float | None,
    network: NetworkConfig,
) -> float:
    """How often the text will be seen, roughly."""
    if options.epochs:
        return options.epochs
    if options.steps:
        return options.steps * batch / characters
    assert minutes is not None
    assert gigaflops is not None
    epochs = minutes * 60 * _characters_per_second(gigaflops, network.weights) / characters
    return epochs if options.minutes else min(MOST_EPOCHS, epochs)


def _size_reason(options: TrainOptions, network: NetworkConfig, characters: int, epochs: float) -> str:
    given = "as given" if options.hidden else "what this budget trains well"
    return (
        f"network: {network.layers} × {network.hidden} {network.cell.upper()} ({given}), dropout {network.dropout:g}, "
        f"about {epochs:.2g} epochs of {characters:,} characters"
    )
