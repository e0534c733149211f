"""Measured speeds, printed."""

import json
import sys
from typing import Any

from charrnn.network.cells import title
from charrnn.wording import counted


def print_figures(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(figures) + "\n")
        return
    options = figures["options"]
    device = figures["device"]
    on = (
        f"{device['count']} × {device['kind']}"
        if device["platform"] != "cpu"
        else counted(device["count"], "processor core")
    )
    print(f"{_title(options)}; peak {figures['peak_gigaflops']:,.0f} GFLOP/s on {on}")
    if "training" in figures:
        part = figures["training"]
        print(f"training           {part['characters_per_second']:>12,.0f} characters/s   {_compiled(part)}")
        print(f"                   {part['gigaflops']:>12,.0f} GFLOP/s, {part['share_of_peak']:.0%} of the peak")
    if "sampling" in figures:
        one, many = figures["sampling"]["one_stream"], figures["sampling"]["many_streams"]
        print(f"sampling, 1 stream {one['characters_per_second']:>12,.0f} characters/s   {_compiled(one)}")
        title = f"sampling, {options['streams']} streams"
        print(f"{title:19}{many['characters_per_second']:>12,.0f} characters/s   {_compiled(many)}")
    if "scoring" in figures:
        part = figures["scoring"]
        print(f"scoring            {part['characters_per_second']:>12,.0f} characters/s   {_compiled(part)}")
    if "peak_memory_megabytes" in figures:
        print(f"memory             {figures['peak_memory_megabytes']:>12,.0f} MB at the most")


def _title(options: dict[str, Any]) -> str:
    """The network and batch in words; what is as always is left out."""
    unusual = {
        "both directions": options["direction"] == "both",
        f"{options['attention']} attention over {options['attention_window']}": options["attention"] != "none",
    }
    network = f"{options['layers']} × {options['hidden']} {title(options['cell'])}"
    batch = f"batch {options['batch_size']} × {options['window']}, {options['symbols']} symbols"
    return ", ".join([network, *(words for words, said in unusual.items() if said), batch])


def _compiled(figures: dict[str, Any]) -> str:
    return f"compiled in {figures['compile_seconds']:.1f} s"
