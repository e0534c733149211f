"""The copy task: a string of N random characters is repeated, and only attention can look up what it was.

Each line is a random string, "=", and the string again. Trains the same network with attention and without, and prints
the share of the repeated characters that each predicts (the likeliest character, given the true ones before it).

    python examples/copy_task.py [--attention general] [--steps 1500] [--length 40] [--hidden 128]
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

import charrnn

LETTERS = "abcdefghijklmnop"


def copies(count: int, length: int, seed: int) -> list[str]:
    random = np.random.default_rng(seed)
    strings = ("".join(random.choice(list(LETTERS), length)) for _ in range(count))
    return [f"{string}={string}" for string in strings]


def accuracy(model, lines: list[str]) -> float:
    """Share of the characters after "=" that are the model's likeliest."""
    ids_BT = np.stack([model.vocabulary.encode(line) for line in lines])
    _, log_probs_BTV = model.advance(model.start(len(lines)), np.pad(ids_BT, ((0, 0), (1, 0)), constant_values=1))
    guesses_BT = log_probs_BTV[:, :-1].argmax(-1)
    repeated = slice(lines[0].index("=") + 1, None)
    return float((guesses_BT[:, repeated] == ids_BT[:, repeated]).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--attention",
        default="general",
        choices=["additive", "dot", "general"],
        help="kind of attention to compare with none (general)",
    )
    parser.add_argument("--steps", type=int, default=1500, help="optimiser steps of each training (1500)")
    parser.add_argument("--length", type=int, default=40, help="letters in a string (40)")
    parser.add_argument("--hidden", type=int, default=128, help="hidden units (128)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "copies.txt"
        corpus.write_text("\n".join(copies(20_000, chosen.length, 1)) + "\n")
        unseen = copies(200, chosen.length, 2)
        for attention in (chosen.attention, "none"):
            model = charrnn.train(
                corpus, Path(folder) / attention, attention=attention, output="plain", steps=chosen.steps,
                hidden=chosen.hidden, embedding=32, dropout=0.0, lines=True, valid_fraction=0.01,
                evaluate_every=chosen.steps,
            )  # fmt: skip
            seconds = model.summary["seconds"]
            print(
                f"attention {attention}: {accuracy(model, unseen):.1%} of repeated characters, {seconds:.0f} s of training"
            )


if __name__ == "__main__":
    main()
