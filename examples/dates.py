"""Text to text: dates in words to ISO form, learnt from lines "source<TAB>target" with attention.

Prints what share of held-out lines, none of whose dates was learnt, is answered exactly, and the command that asks.

    python examples/dates.py [MODEL] [--steps 3000] [--attention general]
"""

import argparse
import datetime
import tempfile
from pathlib import Path

import numpy as np

import charrnn

FORMS = (
    "{0:%B} {0.day}, {0.year}",
    "{0.day} {0:%B} {0.year}",
    "{0:%a} {0.day} {0:%b} {0.year}",
    "{0.day}.{0.month}.{0.year}",
)


def lines(count: int, seed: int) -> list[str]:
    """Lines of different dates between 1900 and 2099, each in one of the forms."""
    random = np.random.default_rng(seed)
    first = datetime.date(1900, 1, 1)
    days = random.permutation((datetime.date(2100, 1, 1) - first).days)[:count]
    dates = [first + datetime.timedelta(int(day)) for day in days]
    forms = random.integers(len(FORMS), size=count)
    return [f"{FORMS[form].format(date)}\t{date.isoformat()}" for form, date in zip(forms, dates, strict=True)]


def answer(model, source: str) -> str:
    return charrnn.sample(model, prime=source + "\t", greedy=True, length=20, stop=["\n"]).split("\t")[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", nargs="?", default="dates-model", help="model folder to make")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--attention", default="general", choices=["additive", "dot", "general", "none"])
    chosen = parser.parse_args()
    learnt, held_out = np.split(np.array(lines(21_000, seed=1)), [20_000])
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as corpus:
        corpus.write("\n".join(learnt) + "\n")
        corpus.flush()
        charrnn.train(
            corpus.name, Path(chosen.model), attention=chosen.attention, steps=chosen.steps, hidden=128, embedding=32,
            dropout=0.0, lines=True, valid_fraction=0.02, evaluate_every=chosen.steps, overwrite=True,
        )  # fmt: skip
    model = charrnn.load(chosen.model)
    pairs = [line.split("\t") for line in held_out.tolist()]
    exact = np.mean([answer(model, source) == target for source, target in pairs])
    print(f"{exact:.2%} of {len(pairs)} held-out lines exact, after {model.summary['seconds']:.0f} s of training")
    print(f"ask: charrnn sample -m {chosen.model} --greedy --stop newline --prime '{pairs[0][0]}\t'")


if __name__ == "__main__":
    main()
