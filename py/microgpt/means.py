"""Means of figures that may be as large as numbers get, and how such figures are told.

A run that goes astray has such losses and weights before it has none, and a file can have any.
A sum of them would be too large for a number, so that Python raises; what is told here never is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

_LONG = 1e9  # no figure that means something is as large


def told(number: float, decimals: int) -> str:
    """For people: with so many decimals, but never hundreds of digits."""
    return f"{number:.{decimals}f}" if abs(number) < _LONG else f"{number:.2e}"


def mean(numbers: Sequence[float]) -> float:
    """Of at least one number; infinite where one is, or is none."""
    if not all(map(math.isfinite, numbers)):
        return math.inf
    try:
        return math.fsum(numbers) / len(numbers)
    except OverflowError:
        return math.fsum(number / len(numbers) for number in numbers)


def deviation(numbers: Sequence[float]) -> float:
    """The standard deviation of what they were drawn from; infinite where it can't be told."""
    count, middle = len(numbers), mean(numbers)
    if count < 2 or not math.isfinite(middle):
        return math.inf
    return math.hypot(*(each - middle for each in numbers)) / math.sqrt(count - 1)


def standard_error(numbers: Sequence[float]) -> float:
    """Of their mean; infinite where it can't be told."""
    return deviation(numbers) / math.sqrt(len(numbers))


def root_mean_square(numbers: Sequence[float]) -> float:
    """Of at least one number."""
    return math.hypot(*numbers) / math.sqrt(len(numbers))
