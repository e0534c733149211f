"""A view as one HTML file that needs nothing else (its data, script and style are in it), or as JSON.

A view is a tree of plain values and numpy arrays. In pages the arrays are packed: of the smallest integer type, decimals in
65,535 steps between their least and their largest (those of half precision in 255), in base64. NaN stands for what is not
there, in JSON null.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from charrnn.errors import CharrnnError
from charrnn.files import check_replaceable, write_bytes
from charrnn.report.say import say

MADE_HERE = b'<meta name="generator" content="charrnn">'
DIGITS = 5  # of decimals in JSON, the significant ones
_COMMON = ("page.js", "text.js", "back.js", "chart.js")


@dataclass(frozen=True)
class View:
    """What a page shows. kind: the name of the script that draws it, which is what its JSON is called as well."""

    kind: str
    title: str
    data: dict[str, Any]


def check_places(html: str | None, json: str | None, arrays: str | None = None) -> None:
    """Raises CharrnnError where a page, its JSON or a file of arrays would replace a file that is none, or one another."""
    places = (html, MADE_HERE, "page made here"), (json, b'{"charrnn":', "JSON made here"), (arrays, b"PK", "file of arrays")
    names = [name for name, *_ in places if name is not None]
    if len({Path(name).absolute() for name in names}) < len(names):
        raise CharrnnError(f"{names[0]}: is named for two files at once; give each a name of its own")
    for name, mark, what in places:
        if name is None:
            continue
        path = Path(name)
        if path.is_dir():
            raise CharrnnError(f"{path}: is a folder; name a file")
        check_replaceable(path)
        if path.is_file() and mark not in path.read_bytes()[:1000]:
            raise CharrnnError(f"{path}: is no {what}, and is not replaced; name another file")


def write_view(view: View, html: str | None, json: str | None) -> None:
    """Write the page, the JSON, or both. Raises CharrnnError where they cannot be."""
    if html is not None:
        write_bytes(Path(html), page(view).encode("utf-8", "replace"))
    if json is not None:
        write_bytes(Path(json), to_json(view).encode())


def say_made(html: str | None, json: str | None) -> None:
    for what, name in (("page", html), ("JSON", json)):
        if name is not None:
            say(f"{what}: {name}, {Path(name).stat().st_size / 1e6:.2f} MB")


def to_json(view: View) -> str:
    return json.dumps({"charrnn": view.kind, "title": view.title, **_walked(view.data, _listed)}, ensure_ascii=True) + "\n"


def page(view: View) -> str:
    here = files("charrnn.report.page")
    scripts = "\n".join((here / name).read_text("utf-8") for name in (*_COMMON, f"{view.kind}.js"))
    script = f"{scripts}\nshow(JSON.parse(document.getElementById('data').textContent));\n"
    style = (here / "page.css").read_text("utf-8")
    # nothing in the data ends its element: < can only stand within a text
    data = json.dumps(_walked(view.data, _pack), ensure_ascii=True).replace("<", "\\u003c")
    parts = {
        "title": escape(view.title),
        "style": style,
        "script": script,
        "data": data,
        "style_hash": _hash(style),
        "script_hash": _hash(script),
    }
    template = (here / "page.html").read_text("utf-8")
    return re.sub(r"\{(\w+)\}", lambda place: parts[place[1]], template)


def _hash(text: str) -> str:
    """How a content security policy names an inline script or style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _walked(tree: Any, of_array: Callable[[np.ndarray], Any]) -> Any:
    """The tree as JSON takes it: decimals of few digits, None for those that are not finite, arrays as of_array says."""
    if isinstance(tree, dict):
        return {name: _walked(value, of_array) for name, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [_walked(value, of_array) for value in tree]
    if isinstance(tree, np.ndarray):
        return of_array(tree)
    if isinstance(tree, float):
        return float(f"{tree:.{DIGITS}g}") if np.isfinite(tree) else None
    return tree


def _listed(array: np.ndarray) -> Any:
    return _walked(array.tolist(), _listed)


def _pack(array: np.ndarray) -> dict[str, Any]:
    if array.dtype.kind == "f":
        kind, none = "u1" if array.dtype == np.float16 else "u2", True
        missing = 255 if kind == "u1" else 65_535
        array = array.astype(np.float64)
        there = np.isfinite(array)
        low, high = (float(array[there].min()), float(array[there].max())) if there.any() else (0.0, 0.0)
        step = (high - low) / (missing - 1) or 1.0
        whole = np.where(there, np.rint((np.where(there, array, low) - low) / step), missing)
    else:
        low, step, whole, none = 0, 1, array, False
        most = int(array.max(initial=0))
        assert array.min(initial=0) >= 0
        kind = "u1" if most < 1 << 8 else "u2" if most < 1 << 16 else "u4"
    text = base64.b64encode(np.ascontiguousarray(whole.astype(f"<{kind}")).tobytes()).decode()
    return {"type": kind, "low": low, "step": step, "none": none, "shape": list(array.shape), "base64": text}
