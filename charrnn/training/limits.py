"""What held a run back, time, data or size, and the option that is most likely to help."""

from charrnn.training.journal import Journal
from charrnn.training.run import Run
from charrnn.wording import epochs_of

# Held-out figure above the training figure, as a share of it, from which the text is learnt by heart: where it was 14 %,
# dropout made a network of tiny-shakespeare worse, where it was 21 % better (docs/results.md).
GAP = 0.2
SOLVED = 0.01  # nats a prediction, from which there is nothing left to learn
EARLY = 0.8  # of the run: a best figure before that says the same
FEW_EPOCHS = 8.0  # in fewer, and without a gap, the network has not learnt yet what the text has to teach


def advice(run: Run, journal: Journal) -> str | None:
    """One line, by the last evaluation; None where there is nothing held out to go by, or nothing left to learn.

    Time, before the text has been read once, for then nothing was learnt by heart; data, where held-out is much above
    training or was best long before the end; else time, where there were few epochs; else the size of the network.
    """
    last = journal.history[-1] if journal.history else None
    if last is None or last.held_out is None or not last.training < float("inf") or last.held_out < SOLVED:
        return None
    options, epochs, once = run.options, epochs_of(last.epoch, 2), last.epoch > 1
    gap = last.held_out / last.training - 1 if last.training > 0 else 0.0
    if once and (gap > GAP or journal.best_step < EARLY * journal.step):
        found = f"held-out is {gap:.0%} above training after {epochs}" if gap > GAP else "held-out was best long ago"
        drop = min(0.7, (options.dropout or 0.0) + 0.15)
        return f"limited by the text: {found}; more text helps most, or --dropout {drop:.2g}"
    if last.epoch < FEW_EPOCHS:
        name = next((each for each in ("minutes", "epochs", "steps") if getattr(options, each)), "steps")
        more = 2 * (getattr(options, name) or journal.step)
        found = f"{epochs} and no large gap between training and held-out" if once else f"{epochs}, not yet the whole text"
        return f"limited by time: {found}; --{name} {more:g} helps most"
    larger = max(64, int(1.5 * options.hidden) // 32 * 32)
    return f"limited by size: no large gap after {epochs}; --hidden {larger} helps most"
