"""How often blanks are filled exactly: from both sides, and from the left alone.

Hides characters at a random place in lines that no model was trained on, and fills them (the length is known). "back" is
a forward beam search that sees only the text before the blank; "sentence" also ranks by the whole sentence.

    python examples/cloze.py TEXT BOTH-MODEL FORWARD-MODEL [--lengths 1 2 4 6] [--count 300]
"""

import argparse
import time
from pathlib import Path

import numpy as np

import charrnn
from charrnn.text.blanks import read_template
from charrnn.writing.fill import fill


def hide(lines: list[str], length: int, count: int) -> list[tuple[str, str, str]]:
    """The text before, in and after a blank of `length` characters, in lines that are long enough."""
    random = np.random.default_rng(length)
    fitting = [line for line in lines if len(line) >= length + 2]
    found = []
    for k in random.permutation(len(fitting))[:count]:
        line, begin = fitting[k], int(random.integers(0, len(fitting[k]) - length + 1))
        found.append((line[:begin], line[begin : begin + length], line[begin + length :]))
    return found


def back(model, before: str, length: int, width: int = 8) -> str:
    """The likeliest continuation by beam search."""
    from charrnn.writing.fill import continuations, read_context

    ids = (1, *model.vocabulary.encode(before).tolist())
    return model.vocabulary.decode(continuations(model, read_context(model, ids), length, width)[length].ids_BT[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("text", metavar="TEXT", help="file of lines that neither model was trained on")
    parser.add_argument("both", metavar="BOTH-MODEL", help="model trained with --direction both")
    parser.add_argument("forward", metavar="FORWARD-MODEL", help="model trained without it")
    parser.add_argument("--lengths", type=int, nargs="+", default=[1, 2, 4, 6], help="lengths of the blanks (1 2 4 6)")
    parser.add_argument("--count", type=int, default=300, help="blanks of each length (300)")
    chosen = parser.parse_args()
    lines = [line for line in Path(chosen.text).read_text().split("\n") if not set(line) & set("_{}")]
    both, forward = charrnn.load(chosen.both), charrnn.load(chosen.forward)
    for length in chosen.lengths:
        blanks = hide(lines, length, chosen.count)
        exact = {}
        for name, model in (("both sides", both), ("forward model, sentence", forward)):
            begun = time.perf_counter()
            templates = [read_template(f"{a}{{{length}}}{b}", max_length=6) for a, _, b in blanks]
            filled = [fill(model, template, count=1)[0].fillings[0] for template in templates]
            exact[name] = np.mean([f == hidden for f, (_, hidden, _) in zip(filled, blanks, strict=True)])
            exact[f"{name}, ms"] = 1000 * (time.perf_counter() - begun) / len(blanks)
        exact["forward model, back"] = np.mean([back(forward, a, length) == hidden for a, hidden, _ in blanks])
        figures = ", ".join(f"{name} {v:.0f}" if "ms" in name else f"{name} {v:.1%}" for name, v in exact.items())
        print(f"{length} hidden, {len(blanks)} blanks: {figures}", flush=True)


if __name__ == "__main__":
    main()
