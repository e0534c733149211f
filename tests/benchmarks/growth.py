"""How time and memory grow with what is asked for: `make growth`. Prints the tables of docs/scale.md.

GROWTH_MEGABYTES: sizes of the texts, by default 1 to 1,000; each is made beside the others in a temporary folder, with its
store. Texts are words of random letters, as many different ones as Heaps' law gives English.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

SECONDS = os.environ.get("SECONDS_EACH", "5")
MEGABYTES = [float(size) for size in os.environ.get("GROWTH_MEGABYTES", "1,10,100,1000").split(",")]
PIECE, FREQUENT = 1 << 24, 1 << 18
PLAIN = {"cell": "lstm", "layers": 1, "hidden": 256, "batch-size": 32, "window": 48, "symbols": 65}
# what is varied, its values, and the power with which the time for a character is expected to grow, at most
VARIED: list[tuple[str, list[int], float]] = [
    ("hidden", [128, 256, 512, 1024, 2048], 2),
    ("layers", [1, 2, 4, 8], 1),
    ("symbols", [65, 650, 6500, 65000], 1),
    ("window", [24, 48, 96, 192, 384], 0),
    ("batch-size", [16, 32, 64, 128, 256], 0),
]


def run(*arguments: Any, stdin: Path | None = None) -> tuple[float, float, str]:
    """Seconds, the most memory in MB, and standard output of a charrnn command."""
    begin = time.perf_counter()
    with tempfile.TemporaryFile() as out, open(stdin or os.devnull, "rb") as given:
        command = [sys.executable, "-m", "charrnn", *map(str, arguments)]
        process = subprocess.Popen(command, stdin=given, stdout=out, stderr=subprocess.PIPE)
        assert process.stderr is not None
        errors = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)}: {errors.decode()}")
        seconds = time.perf_counter() - begin
        out.seek(0)
        return seconds, used.ru_maxrss / 1024, out.read().decode()


def make_text(path: Path, size: int) -> None:
    """Words drawn by Zipf's law, of lengths as in English, in lines of ten."""
    random, left = np.random.default_rng(0), size
    known = [_word(rank) for rank in range(min(FREQUENT, size))]
    with path.open("wb") as file:
        while left > 0:
            ranks = np.minimum(random.random(min(size, PIECE) // 4) ** (-1 / 0.3), 10**9).astype(
                int
            )  # Pareto's form of the law
            words = [known[rank] if rank < len(known) else _word(rank) for rank in ranks.tolist()]
            lines = [" ".join(words[first : first + 10]) for first in range(0, len(words), 10)]
            data = ("\n".join(lines) + "\n").encode()[:left]
            file.write(data)
            left -= len(data)


def _word(rank: int) -> str:
    """A word for each rank, frequent ones short."""
    letters, word = "etaoinshrdlucmfwypvbgkjqxz", ""
    while rank:
        rank, place = divmod(rank, 26)
        word += letters[place]
    return word


def power(before: tuple[float, float], after: tuple[float, float]) -> str:
    """The power of the growth from one (size, cost) to the next."""
    return f"{math.log(after[1] / before[1]) / math.log(after[0] / before[0]):.2f}"


def table(heads: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    print(f"| {' | '.join(heads)} |")
    print(f"|{'---|' * len(list(heads))}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |", flush=True)
    print()


def texts(folder: Path) -> None:
    """Encoding, the start of a second command, and training, by the size of the text."""
    rows = []
    for megabytes in MEGABYTES:
        text, model = folder / f"{megabytes:g}.txt", folder / "model"
        make_text(text, int(megabytes * 1e6))

        def train(
            steps: int, text: Path = text, model: Path = model, held_out: float = min(0.1, 0.05 / megabytes)
        ) -> tuple[float, float, str]:
            return run(
                "train", text, "--steps", steps, "--hidden", 256, "--dropout", 0, "--evaluate-every", 10**6, "--no-baseline",
                "--valid-fraction", held_out, "--store", folder / "store", "-m", model, "--overwrite",
            )  # fmt: skip

        first, _, _ = train(1)
        second, _, _ = train(1)
        longer, memory, _ = train(401)
        speed = 400 * 32 * 48 / (longer - second)
        counted, of_counting, _ = run("ngram", text, "--order", 6, "--store", folder / "store", "-m", model, "--overwrite")
        rate = megabytes / max(first - second, 1e-9)
        encoded = f"{rate:,.0f} MB/s" if rate < 10 * megabytes else "in memory"
        rows.append(
            (f"{megabytes:,g} MB", encoded, f"{second:.1f} s", f"{speed:,.0f}", f"{memory:,.0f} MB", f"{counted:,.1f} s",
             f"{of_counting:,.0f} MB")
        )  # fmt: skip
        text.unlink()
    heads = ("text", "encoding", "one step, second start", "training, characters/s", "memory", "`ngram --order 6`", "memory")
    table(heads, rows)


def shapes() -> None:
    """Training, by the shape of the network and of the batch."""
    rows = []
    for name, values, expected in VARIED:
        before = None
        for value in values:
            options = [part for key, said in (PLAIN | {name: value}).items() for part in (f"--{key}", said)]
            found = json.loads(run("bench", "--only", "training", "--json", "--seconds", SECONDS, *options)[2])
            microseconds = 1e6 / found["training"]["characters_per_second"]
            now = (value, microseconds)
            grown = power(before, now) if before else ""
            rows.append((f"`--{name} {value}`", f"{microseconds:.2f} µs", grown, expected if before else "",
                         f"{found['peak_memory_megabytes']:,.0f} MB"))  # fmt: skip
            before = now
    table(("network or batch", "a character", "power", "at most", "memory"), rows)


def lines(folder: Path) -> None:
    """Scoring, by the number of lines and by their length."""
    model = folder / "model"
    make_text(folder / "text", 10**6)
    run("train", folder / "text", "--steps", 1, "--hidden", 256, "--no-baseline", "-m", model, "--overwrite")
    rows = []
    ways: list[tuple[str, list[tuple[int, int]], Callable[[int, int], int]]] = [
        ("lines of 100 characters", [(10**3, 100), (10**4, 100), (10**5, 100)], lambda count, length: count),
        ("one line of N characters", [(1, 10**4), (1, 10**5), (1, 10**6), (1, 10**7)], lambda count, length: length),
    ]
    for what, sizes, size_of in ways:
        before = None
        for count, length in sizes:
            letters = np.random.default_rng(0).choice(list(b"etaoin shrdlu"), (count, length)).astype(np.uint8)
            (folder / "lines").write_bytes(b"".join(row.tobytes() + b"\n" for row in letters))
            seconds, memory, _ = run("score", "-m", model, folder / "lines")
            now = (size_of(count, length), seconds)
            rows.append((what, f"{now[0]:,}", f"{seconds:.2f} s", power(before, now) if before else "", f"{memory:,.0f} MB"))
            before = now
    table(("scored", "number", "time", "power", "memory"), rows)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        texts(Path(made))
        shapes()
        lines(Path(made))
