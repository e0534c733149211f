"""The standard set of speed measurements, beside torch where there is one: `make bench`.

With PEER_PYTHON naming an interpreter that has torch, each network is trained by either in turn, and the ratio is taken
pair by pair in this one run, for the speed of shared machines drifts.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

PAIRS = int(os.environ.get("PAIRS", "5"))
SECONDS = os.environ.get("SECONDS_EACH", "5")
# cell, layers, hidden, batch, window
NETWORKS = [
    ("lstm", 1, 512, 32, 96),
    ("lstm", 2, 512, 64, 64),
    ("lstm", 1, 1024, 64, 64),
    ("lstm", 2, 128, 50, 50),
    ("gru", 2, 128, 50, 50),
    ("gru", 2, 512, 64, 64),
    ("elman", 2, 128, 50, 50),
]


def ours(cell: str, layers: int, hidden: int, batch: int, window: int) -> dict:
    """The figures of `charrnn bench` for training alone."""
    command = [sys.executable, "-m", "charrnn", "bench", "--only", "training", "--json", "--seconds", SECONDS]
    for name, value in zip(
        ("cell", "layers", "hidden", "batch-size", "window"), (cell, layers, hidden, batch, window), strict=True
    ):
        command += [f"--{name}", str(value)]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def theirs(python: str, cell: str, layers: int, hidden: int, batch: int, window: int) -> float:
    """Characters a second of torch's layers on the same shapes."""
    script = Path(__file__).parent / "torch_training.py"
    command = [python, str(script), cell, *map(str, (layers, hidden, batch, window)), SECONDS]
    return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def main() -> None:
    peer = os.environ.get("PEER_PYTHON")
    print(
        f"{'training':24}{'characters/s':>14}{'of peak':>9}"
        + (f"{'torch':>12}{'ratio':>8}{'least':>8}{'most':>8}" if peer else "")
    )
    for network in NETWORKS:
        cell, layers, hidden, batch, window = network
        figures, peers = [], []
        for _ in range(PAIRS if peer else 1):
            if peer:
                peers.append(theirs(peer, *network))
            figures.append(ours(*network)["training"])
        speeds = [figure["characters_per_second"] for figure in figures]
        share = statistics.median(figure["share_of_peak"] for figure in figures)
        line = f"{f'{cell} {layers} × {hidden}, {batch} × {window}':24}{statistics.median(speeds):14,.0f}{share:9.0%}"
        if peer:
            ratios = [a / b for a, b in zip(speeds, peers, strict=True)]
            middle = statistics.median(ratios)
            line += f"{statistics.median(peers):12,.0f}{middle:8.2f}{min(ratios):8.2f}{max(ratios):8.2f}"
        print(line, flush=True)
    if not peer:
        print("name an interpreter with torch in PEER_PYTHON to see torch beside it")
    subprocess.run([sys.executable, "-m", "charrnn", "bench"], check=True)


main()
