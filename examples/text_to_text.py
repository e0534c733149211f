"""Text to text: a model is trained on lines of source, tab and target; a source and a tab then ask for the target.

Two tasks: "reverse" reverses words of 3 to 8 letters, "dates" turns dates as people write them into ISO 8601. Prints the
share of unseen sources whose answer is right to the last character, the most likely character being taken each time.

    python examples/text_to_text.py [--task dates] [--attention none] [--steps 2000] [--model FOLDER]
"""

import argparse
import datetime
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

import charrnn

Pair = tuple[str, str]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
DATE_FORMS = ("{day} {name} {year}", "{name} {day}, {year}", "{day}.{month}.{year}", "{month}/{day}/{year}")


def reversals(count: int, seed: int) -> list[Pair]:
    """Distinct random words, each with itself reversed."""
    random = np.random.default_rng(seed)
    words: dict[str, None] = {}
    while len(words) < count:
        words["".join(random.choice(list(LETTERS), random.integers(3, 9)))] = None
    return [(word, word[::-1]) for word in words]


def dates(count: int, seed: int) -> list[Pair]:
    """Distinct dates from 1800 to 2199 in one of four forms, each in ISO 8601."""
    random = np.random.default_rng(seed)
    first, end = datetime.date(1800, 1, 1).toordinal(), datetime.date(2200, 1, 1).toordinal()
    found = []
    for ordinal in random.choice(np.arange(first, end), count, replace=False):
        date = datetime.date.fromordinal(int(ordinal))
        parts = {"day": date.day, "month": date.month, "name": f"{date:%B}", "year": date.year}
        found.append((DATE_FORMS[random.integers(len(DATE_FORMS))].format(**parts), date.isoformat()))
    return found


TASKS = {"reverse": reversals, "dates": dates}


def learn(pairs: Iterable[Pair], folder: Path, **options):
    """A model of lines `source<TAB>target`; options are those of charrnn.train."""
    folder.mkdir(parents=True, exist_ok=True)
    corpus = folder / "pairs.txt"
    corpus.write_text("".join(f"{source}\t{target}\n" for source, target in pairs))
    return charrnn.train(corpus, folder, lines=True, **options)


def answer(model, source: str) -> str:
    """What the model writes after the source and a tab, up to the line's end."""
    line = charrnn.sample(model, prime=f"{source}\t", length=2 * len(source) + 20, greedy=True)
    return line.partition("\t")[2]


def exact_share(model, pairs: list[Pair]) -> float:
    """Share of the sources that are answered with exactly their target."""
    return sum(answer(model, source) == target for source, target in pairs) / len(pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--task", default="reverse", choices=list(TASKS), help="what is to be learnt (reverse)")
    parser.add_argument(
        "--attention", default="general", choices=["none", "additive", "dot", "general"], help="kind of attention (general)"
    )
    parser.add_argument("--steps", type=int, default=2000, help="optimiser steps (2000)")
    parser.add_argument("--hidden", type=int, default=128, help="hidden units (128)")
    parser.add_argument("--rate", type=float, default=0.005, help="peak learning rate (0.005)")
    parser.add_argument("--pairs", type=int, default=20_000, help="lines to train on (20000)")
    parser.add_argument("--model", help="folder to keep the model in; by default it is deleted")
    chosen = parser.parse_args()
    made = TASKS[chosen.task](chosen.pairs + 1000, 1)
    unseen, learnt = made[:1000], made[1000:]
    with tempfile.TemporaryDirectory() as folder:
        model = learn(
            learnt, Path(chosen.model or folder), cell="lstm", attention=chosen.attention, output="plain",
            attention_window=32, hidden=chosen.hidden, embedding=32, dropout=0.0, batch_size=128,
            learning_rate=chosen.rate, steps=chosen.steps, valid_fraction=0.02,
            evaluate_every=max(1, chosen.steps // 4),
        )  # fmt: skip
        seconds = model.summary["seconds"]
        exact = exact_share(model, unseen)
        print(
            f"{chosen.task}, attention {chosen.attention}: {exact:.1%} of {len(unseen)} exact, {seconds:.0f} s of training"
        )
        for source, _ in unseen[:3]:
            print(f"{source} -> {answer(model, source)}")


if __name__ == "__main__":
    main()
