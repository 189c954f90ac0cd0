"""Reading JSON from outside: no deeper than wanted, and no name twice.

Python's reader recurses, for which WebAssembly has so little room that a deep
nesting ends Python as a whole; so the depth is counted first.
"""

from __future__ import annotations

import json
import re
from typing import Any

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")


def loads(text: str, max_depth: int) -> Any:
    """The value of a JSON text.

    Args:
        max_depth: of lists and tables within each other; 1 for a table of numbers.

    Raises:
        ValueError: it is no such JSON.
    """
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > max_depth:
            raise ValueError("nested too deep")
    return json.loads(text, object_pairs_hook=_without_doubles)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a name stands twice")
    return table
