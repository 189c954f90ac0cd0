"""Whether numbers are what was learned: of millions it is known in milliseconds."""

from __future__ import annotations

import math
import sys
from array import array


def are_finite(numbers: array[float]) -> bool:
    """Whether none is infinite or not a number."""
    # What is below half of the largest number has another first byte than these, but for the sign.
    first = _first_bytes(numbers)
    return not (b"\x7f" in first or b"\xff" in first) or all(map(math.isfinite, numbers))


def are_negative(numbers: array[float]) -> bool:
    """Whether one is."""
    return not _first_bytes(numbers).isascii() and min(numbers) < 0


def _first_bytes(numbers: array[float]) -> bytes:
    """Of each number: its sign, and the larger part of its exponent."""
    data, size = numbers.tobytes(), numbers.itemsize
    return data[size - 1 :: size] if sys.byteorder == "little" else data[::size]
