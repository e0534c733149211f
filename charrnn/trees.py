"""Trees of arrays: dictionaries, lists and named tuples whose leaves are arrays, and the same as named arrays."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from charrnn.errors import CharrnnError


def map_tree(function: Callable[[Any], Any], tree: Any) -> Any:
    """The tree of dictionaries, lists and named tuples with the function applied to every array."""
    if isinstance(tree, dict):
        return {key: map_tree(function, value) for key, value in tree.items()}
    if hasattr(tree, "_fields"):
        return type(tree)(*(map_tree(function, value) for value in tree))
    if isinstance(tree, list | tuple):
        return type(tree)(map_tree(function, value) for value in tree)
    return function(tree)


def flatten(tree: Any, prefix: str = "") -> dict[str, np.ndarray]:
    """A tree of dictionaries and lists as named arrays: {"layers": [{"bias": b}]} gives {"layers.0.bias": b}."""
    items: Iterable[tuple[Any, Any]]
    if isinstance(tree, Mapping):
        items = tree.items()
    elif isinstance(tree, list | tuple):
        items = enumerate(tree)
    else:
        return {prefix: np.asarray(tree)}
    named: dict[str, np.ndarray] = {}
    for key, value in items:
        named |= flatten(value, f"{prefix}.{key}" if prefix else str(key))
    return named


def unflatten(template: Any, named: Mapping[str, np.ndarray], path: Path, prefix: str = "") -> Any:
    """The tree of the template's form whose leaves are the named arrays.

    Raises CharrnnError where a name is missing or a shape or type differs from the template's.
    """
    if isinstance(template, Mapping):
        return {k: unflatten(v, named, path, f"{prefix}.{k}" if prefix else str(k)) for k, v in template.items()}
    if isinstance(template, list | tuple):
        parts = [unflatten(v, named, path, f"{prefix}.{k}" if prefix else str(k)) for k, v in enumerate(template)]
        return type(template)(*parts) if hasattr(template, "_fields") else type(template)(parts)
    if prefix not in named:
        raise CharrnnError(f"{path}: holds no array {prefix!r}; it does not fit its own description")
    array = named[prefix]
    if tuple(array.shape) != tuple(template.shape) or array.dtype != template.dtype:
        found, wanted = f"{array.dtype}{list(array.shape)}", f"{template.dtype}{list(template.shape)}"
        raise CharrnnError(f"{path}: {prefix} is {found} where {wanted} is needed")
    return array
