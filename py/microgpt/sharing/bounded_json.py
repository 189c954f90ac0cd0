"""Reading JSON from outside: bounded depth, no name twice, and finite numbers.

Python's reader recurses, and WebAssembly's stack is so small that deep nesting
ends the whole of Python; so the depth is counted first.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

# A string, or a bracket outside of strings. What follows a quotation mark is never looked at
# twice, even if the string has no end: else a short text could take hours.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


def loads(text: str, max_depth: int) -> Any:
    """The value of a JSON text.

    Args:
        max_depth: of lists and tables within each other; 1 for a table of numbers.

    Raises:
        ValueError: it is not such JSON.
    """
    depth = 0
    for token in _TOKEN.finditer(text):
        if (bracket := token[0]) in "[{":
            depth += 1
        elif bracket in "]}":
            depth -= 1
        if depth > max_depth:
            raise ValueError("nested too deep")
    return json.loads(
        text,
        object_pairs_hook=_without_doubles,
        parse_float=_finite,
        parse_constant=_finite,
    )


def _finite(number: str) -> float:
    if not math.isfinite(value := float(number)):
        raise ValueError("a number that isn't finite")
    return value


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a name appears twice")
    return table
