"""Integers as sums: `4·i + 16·k + 3` is kept as such, and not as code.

What cancels is gone, what is constant stays apart, and an address can be seen to grow with a
loop's variable. Knows locals by their numbers alone.
"""

from __future__ import annotations

from typing import TypeAlias

Terms: TypeAlias = tuple[tuple[int, int], ...]  # (local's number, coefficient), sorted


class Sum:
    """Σ coefficient · local + constant, plus `lane` times the number of the lane."""

    __slots__ = ("constant", "lane", "terms")

    def __init__(self, terms: Terms, constant: int = 0, lane: int = 0) -> None:
        self.terms = terms
        self.constant = constant
        self.lane = lane

    def key(self) -> object:
        """Equal for equal sums."""
        return self.terms, self.constant, self.lane


def plus(a: Sum | int, b: Sum | int, factor: int = 1) -> Sum | int:
    """a + factor · b; an int if no local is left."""
    if isinstance(b, int):
        if isinstance(a, int):
            return a + factor * b
        return Sum(a.terms, a.constant + factor * b, a.lane)
    terms = b.terms
    if factor != 1:
        terms = tuple([(local, coefficient * factor) for local, coefficient in terms if factor])
    constant, lane = b.constant * factor, b.lane * factor
    if isinstance(a, int):
        constant += a
    else:
        constant, lane = a.constant + constant, a.lane + lane
        terms = _merged(a.terms, terms)
    return Sum(terms, constant, lane) if terms or lane else constant


def _merged(a: Terms, b: Terms) -> Terms:
    if not a or not b or a[-1][0] < b[0][0]:
        return a + b
    if b[-1][0] < a[0][0]:
        return b + a
    merged = dict(a)
    for local, coefficient in b:
        merged[local] = merged.get(local, 0) + coefficient
    return tuple(sorted([term for term in merged.items() if term[1]]))
