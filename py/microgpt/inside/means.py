"""Means of what was measured, how sure they are, and how large numbers are in the mean.

Not about what is measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from microgpt.inside.components import dot


def mean(numbers: Sequence[float]) -> float:
    """Of at least one number; infinite where one is, or is none."""
    return math.fsum(numbers) / len(numbers) if all(map(math.isfinite, numbers)) else math.inf


def deviation(numbers: Sequence[float]) -> float:
    """The standard deviation of what they were drawn from; infinite where it can't be told."""
    count, middle = len(numbers), mean(numbers)
    if count < 2 or not math.isfinite(middle):
        return math.inf
    return math.sqrt(math.fsum((each - middle) ** 2 for each in numbers) / (count - 1))


def standard_error(numbers: Sequence[float]) -> float:
    """Of their mean; infinite where it can't be told."""
    return deviation(numbers) / math.sqrt(len(numbers))


def root_mean_square(numbers: Sequence[float]) -> float:
    """Of at least one number."""
    return math.sqrt(dot(numbers, numbers) / len(numbers))
