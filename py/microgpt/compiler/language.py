"""The words of the kernel language that Python lacks.

A kernel is an ordinary Python function, and here is what it means when Python
runs it: the hints are plain ranges. What the compiler makes of them is in
`lowering`. The language itself is described in the package's docstring.
"""

from __future__ import annotations

import math
from collections.abc import MutableSequence
from typing import TypeAlias

Floats: TypeAlias = MutableSequence[float]  # a memoryview, so that x[i:] is a part and no copy
Ints: TypeAlias = MutableSequence[int]
Size: TypeAlias = int  # known when the kernel is compiled; each value makes a function of its own


def rows(start: int, stop: int, _block: int) -> range:
    """A loop whose rounds don't depend on each other: `block` of them are done at a time.

    Loops inside it are run once for the whole block, so what they load for one
    round is at hand for the others.
    """
    return range(start, stop)


def lanes(start: int, stop: int, _block: int = 1) -> range:
    """A loop whose rounds become the lanes of vectors, `block` vectors at a time.

    Its rounds don't depend on each other, but for sums, maxima and minima that
    are carried from one to the next: those may be taken in another order. What it
    loads is either the same for all rounds or lies side by side.
    """
    return range(start, stop)


def nearest(x: float) -> float:
    """The nearest whole number, the even one of two."""
    return x if math.isinf(x) or math.isnan(x) else math.copysign(float(round(x)), x)


def power_of_two(n: float) -> float:
    """2ⁿ for a whole n for which that is a normal number; without meaning for others."""
    return 2.0**n if -1022 <= n <= 1023 else math.nan


def exponent(x: float) -> float:
    """The n of x = 2ⁿ · f with 1 <= f < 2; without meaning unless x is positive and normal."""
    return math.frexp(x)[1] - 1.0


def fraction(x: float) -> float:
    """The f of x = 2ⁿ · f; see `exponent`."""
    return math.frexp(x)[0] * 2.0


def claim(x: Ints) -> int:
    """Adds 1 to x[0], at once whoever else does so: what it was before."""
    x[0] += 1
    return x[0] - 1


def announce(x: Ints, value: int) -> None:
    """x[0] = value, which wakes who waits for it. What was written before is seen by then."""
    x[0] = value


def wait_until(x: Ints, value: int) -> None:
    """Sleep until somebody has announced that x[0] is so large, or larger.

    Numbers that are announced may go round: what is 2³¹ larger is smaller.
    """
    if x[0] < value:
        raise RuntimeError("nobody else is here")


def float_bits() -> int:
    """How wide the floats are, 64 or 32: a constant when the kernel is compiled."""
    return 64
