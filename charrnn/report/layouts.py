"""What layouts share. A layout is an object that says how results are printed: a line for each, then what ends them."""

import json
from typing import Any

# Lone carriage returns and the like would break a line in two on the way out; tabs would add columns.
ESCAPES = str.maketrans({"\t": " ", "\r": " ", "\n": " "})


def json_line(record: dict[str, Any]) -> str:
    """The record as JSON; bytes that are not UTF-8, in the texts of models of bytes, as escapes such as \\udcff."""
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


def columns(*values: str) -> str:
    """One line of tab-separated values, each on its own line and in its own column whatever it holds."""
    return "\t".join(value.translate(ESCAPES) for value in values)
