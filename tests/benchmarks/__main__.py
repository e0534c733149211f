"""The standard set of speed measurements, beside torch where there is one: `make bench`.

With PEER_PYTHON naming an interpreter that has torch, each network is trained by either in turn, and the ratio is taken
pair by pair in this one run, for the speed of shared machines drifts. Then what attention, two directions and bfloat16
cost: how many times as fast the plain network is.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
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
    ("mingru", 1, 512, 32, 96),
]
WITHOUT_PEER = {"mingru"}  # cells that torch has not


# what else a network may have, and its cost beside the plain one
PLAIN = ("lstm", 1, 256, 32, 48)
EXTRAS = {
    "deep output": ("--output", "deep"),
    "attention dot": ("--attention", "dot"),
    "attention general": ("--attention", "general"),
    "attention additive": ("--attention", "additive"),
    "both directions": ("--direction", "both"),
    "bfloat16": ("--precision", "bfloat16"),
}


def ours(network: tuple, extra: tuple[str, ...] = ()) -> dict:
    """The figures of `charrnn bench` for training alone."""
    command = [sys.executable, "-m", "charrnn", "bench", "--only", "training", "--json", "--seconds", SECONDS, *extra]
    for name, value in zip(("cell", "layers", "hidden", "batch-size", "window"), network, strict=True):
        command += [f"--{name}", str(value)]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)["training"]


def theirs(python: str, network: tuple) -> float:
    """Characters a second of torch's layers on the same shapes."""
    script = Path(__file__).parent / "torch_training.py"
    command = [python, str(script), *map(str, network), SECONDS]
    return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def title(network: tuple) -> str:
    cell, layers, hidden, batch, window = network
    return f"{cell} {layers} × {hidden}, {batch} × {window}"


def compare(measure: Callable[[], float], other: Callable[[], float]) -> tuple[float, str]:
    """The median speed of the other in alternating pairs, and in words the ratios: median, least and most."""
    pairs = [(measure(), other()) for _ in range(PAIRS)]
    ratios = [speed / peer for speed, peer in pairs]
    return statistics.median(peer for _, peer in pairs), "".join(
        f"{ratio:8.2f}" for ratio in (statistics.median(ratios), min(ratios), max(ratios))
    )


def beside_torch(peer: str | None) -> None:
    print(f"{'training':24}{'characters/s':>14}{'of peak':>9}{'torch':>12}{'ratio':>8}{'least':>8}{'most':>8}")
    for network in NETWORKS:
        figures: list[dict] = []

        def speed(network=network, figures=figures) -> float:
            figures.append(ours(network))
            return figures[-1]["characters_per_second"]

        if peer and network[0] not in WITHOUT_PEER:
            torch, ratios = compare(speed, lambda network=network: theirs(peer, network))
            beside = f"{torch:12,.0f}{ratios}"
        else:
            speed()
            beside = ""
        middle, share = (statistics.median(f[name] for f in figures) for name in ("characters_per_second", "share_of_peak"))
        print(f"{title(network):24}{middle:14,.0f}{share:9.0%}{beside}", flush=True)
    if not peer:
        print("name an interpreter with torch in PEER_PYTHON to see torch beside it")


def extras() -> None:
    print(f"\n{title(PLAIN):24}{'characters/s':>14}{'ratio':>8}{'least':>8}{'most':>8}")
    for name, options in EXTRAS.items():
        speed, ratios = compare(
            lambda: ours(PLAIN)["characters_per_second"],
            lambda options=options: ours(PLAIN, options)["characters_per_second"],
        )
        print(f"{name:24}{speed:14,.0f}{ratios}", flush=True)


beside_torch(os.environ.get("PEER_PYTHON"))
extras()
print(flush=True)
subprocess.run([sys.executable, "-m", "charrnn", "bench"], check=True)
