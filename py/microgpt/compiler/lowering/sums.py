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
    if isinstance(a, int):
        terms = b.terms if factor == 1 else _scaled(b.terms, factor)
        constant, lane = a + b.constant * factor, b.lane * factor
    else:
        constant, lane = a.constant + b.constant * factor, a.lane + b.lane * factor
        if not b.terms:
            terms = a.terms
        elif not a.terms:
            terms = b.terms if factor == 1 else _scaled(b.terms, factor)
        else:
            merged = dict(a.terms)
            for local, coefficient in b.terms:
                merged[local] = merged.get(local, 0) + coefficient * factor
            terms = tuple(sorted([term for term in merged.items() if term[1]]))
    return Sum(terms, constant, lane) if terms or lane else constant


def _scaled(terms: Terms, factor: int) -> Terms:
    return tuple([(local, coefficient * factor) for local, coefficient in terms])
