"""The standard set of speed measurements, beside torch where there is one: `make bench`.

With PEER_PYTHON naming an interpreter that has torch, each network is trained by either in turn, and the ratio is taken
pair by pair in this one run, for the speed of shared machines drifts. Then what attention, two directions and bfloat16
cost: how many times as fast the plain network is. On a GPU other networks are measured, of the sizes that need one, beside
cuDNN's layers. What is not there, a GPU or torch, is left out and said.
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
# on a GPU: cell, layers, hidden; each with these rows, windows of GPU_WINDOW characters, and factors of either precision
GPU_NETWORKS = [("lstm", 1, 512), ("lstm", 1, 1024), ("lstm", 2, 1024), ("gru", 1, 1024), ("mingru", 3, 512)]
GPU_ROWS, GPU_WINDOW, PRECISIONS = (32, 128, 256, 512), 96, ("float32", "bfloat16")

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


def bench(network: tuple, extra: tuple[str, ...] = (), seconds: str = SECONDS) -> dict:
    """The figures of `charrnn bench` for training alone, and where they were measured."""
    command = [sys.executable, "-m", "charrnn", "bench", "--only", "training", "--json", "--seconds", seconds, *extra]
    for name, value in zip(("cell", "layers", "hidden", "batch-size", "window"), network, strict=True):
        command += [f"--{name}", str(value)]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def ours(network: tuple, extra: tuple[str, ...] = ()) -> dict:
    return bench(network, extra)["training"]


def theirs(
    python: str, network: tuple, device: str = "cpu", precision: str = "float32", seconds: str = SECONDS
) -> float | None:
    """Characters a second of torch's layers on the same shapes; None where it has no such device."""
    script = Path(__file__).parent / "torch_training.py"
    command = [python, str(script), *map(str, network), seconds, device, precision]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return float(said) if said else None


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


def beside_torch(peer: str | None, networks: list[tuple], device: str = "cpu", precision: str = "float32") -> None:
    print(f"\n{precision:32}{'characters/s':>14}{'of peak':>9}{'torch':>12}{'ratio':>8}{'least':>8}{'most':>8}")
    for network in networks:
        figures: list[dict] = []

        def speed(network=network, figures=figures) -> float:
            figures.append(ours(network, ("--precision", precision)))
            return figures[-1]["characters_per_second"]

        if peer and network[0] not in WITHOUT_PEER:
            torch, ratios = compare(speed, lambda network=network: theirs(peer, network, device, precision))
            beside = f"{torch:12,.0f}{ratios}"
        else:
            speed()
            beside = ""
        middle, share = (statistics.median(f[name] for f in figures) for name in ("characters_per_second", "share_of_peak"))
        print(f"{title(network):32}{middle:14,.0f}{share:9.0%}{beside}", flush=True)


def usable(peer: str | None, device: str) -> str | None:
    """The interpreter with torch, where there is one that has the device; else it is said what is missing."""
    if not peer:
        print("no torch: name an interpreter that has it in PEER_PYTHON to see it beside charrnn")
    elif theirs(peer, ("lstm", 1, 8, 2, 4), device, seconds="0.1") is None:
        print(f"no torch for {device}: {peer} has one without it")
    else:
        return peer
    return None


def on_gpu(peer: str | None) -> None:
    networks = [(*network, rows, GPU_WINDOW) for network in GPU_NETWORKS for rows in GPU_ROWS]
    for precision in PRECISIONS:
        beside_torch(peer, networks, "cuda", precision)


def extras() -> None:
    print(f"\n{title(PLAIN):24}{'characters/s':>14}{'ratio':>8}{'least':>8}{'most':>8}")
    for name, options in EXTRAS.items():
        speed, ratios = compare(
            lambda: ours(PLAIN)["characters_per_second"],
            lambda options=options: ours(PLAIN, options)["characters_per_second"],
        )
        print(f"{name:24}{speed:14,.0f}{ratios}", flush=True)


here = bench(("lstm", 1, 8, 2, 4), seconds="0.1")["device"]
print(f"measured on {here['count']} × {here['kind']} ({here['platform']})", flush=True)
gpu = here["platform"] == "gpu"
peer = usable(os.environ.get("PEER_PYTHON"), "cuda" if gpu else "cpu")
if gpu:
    on_gpu(peer)
else:
    print("no GPU: its networks are left out")
    beside_torch(peer, NETWORKS)
extras()
print(flush=True)
subprocess.run([sys.executable, "-m", "charrnn", "bench"], check=True)
