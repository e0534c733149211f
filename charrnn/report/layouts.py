"""What layouts share. A layout is an object that says how results are printed: a line for each, then what ends them."""

import json
from typing import Any

# Lone carriage returns and the like would break a line in two on the way out; tabs would add columns.
ESCAPES = str.maketrans({"\t": " ", "\r": " ", "\n": " "})


def json_line(record: dict[str, Any]) -> str:
    """The record as JSON; bytes that are not UTF-8, in the texts of models of bytes, as escapes such as \\udcff."""
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


def columns(*values: str) -> str:
    """One line of tab-separated values, each in its own column whatever it holds.

    Tabs and line breaks become spaces. A value with a double quote in it stands in double quotes, its own doubled, as
    pandas, R and spreadsheets read it: unquoted, one at the beginning of a value would make those swallow lines.
    """
    return "\t".join(map(_cell, values))


def _cell(value: str) -> str:
    value = value.translate(ESCAPES)
    return '"' + value.replace('"', '""') + '"' if '"' in value else value
