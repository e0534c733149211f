"""A network of 16 sigmoid units adds binary numbers: two bits in and one out a step, from the lowest. Where is the carry?

Trains on 10,000 sums of 8-bit numbers, tests on 1,000 others, and prints which units follow the carry, and how they go
along one addition.

    python examples/adder.py [--model FOLDER]
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

import charrnn
from charrnn.network.labelling import read_texts

LEARNT, UNSEEN, STEPS = 10_000, 1_000, 9


def carries(steps: str) -> list[int]:
    """The carry out of each step; a step says the sum of its two bits' weights: 0, 1 (only a), 2 (only b), 3 (both)."""
    found, carry = [], 0
    for step in steps:
        carry = int((step in "12") + 2 * (step == "3") + carry >= 2)
        found.append(carry)
    return found


def units(model, texts: list[str]) -> np.ndarray:
    """What the units put out after each step, [texts, steps, units]."""
    ids = np.array([model.vocabulary.encode(text) for text in texts])
    outputs = read_texts(model.parameters, model.config, ids.T, np.full(len(ids), STEPS, np.int32))
    return outputs.transpose(1, 0, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path(tempfile.mkdtemp()) / "adder")
    folder = parser.parse_args().model
    folder.mkdir(parents=True, exist_ok=True)
    lines = charrnn.corpus("adder-steps", count=LEARNT + UNSEEN, output=folder / "sums.tsv", overwrite=True).read_text()
    learn, unseen = folder / "learn.tsv", folder / "unseen.tsv"
    learn.write_text("\n".join(lines.splitlines()[:LEARNT]))
    unseen.write_text("\n".join(lines.splitlines()[LEARNT:]))
    shape = {"cell": "elman-sigmoid", "hidden": 16, "embedding": 0, "direction": "forward", "dropout": 0.0}
    model = charrnn.train(learn, folder, task="tag", epochs=15, overwrite=True, **shape)
    measures = charrnn.predict(model, gold=unseen)
    print(f"unseen sums without a mistake: {round(measures['whole'] * measures['texts']):,} of {measures['texts']:,}")

    texts = [line.split("\t")[0] for line in unseen.read_text().splitlines()]
    carry = np.array([carries(text) for text in texts]).ravel()
    states = units(model, texts).reshape(len(carry), -1)
    follows = np.array([np.corrcoef(state, carry)[0, 1] for state in states.T])
    order = np.argsort(-abs(follows))
    print("correlation with the carry:", ", ".join(f"unit {k} {follows[k]:+.2f}" for k in order[:5]))

    text = texts[0]
    (along,) = units(model, [text])
    a, b = ("".join(str(int(step) >> bit & 1) for step in text) for bit in (0, 1))
    print(f"\na              {a}   lowest bit first\nb              {b}")
    print(f"sum            {charrnn.predict(model, text)[0].answers[0].text}")
    print(f"carry          {''.join(map(str, carries(text)))}")
    for k in order[:3]:
        print(f"unit {k:<3} {follows[k]:+.2f} {''.join('▁▂▃▄▅▆▇█'[min(7, int(8 * value))] for value in along[:, k])}")


if __name__ == "__main__":
    main()
