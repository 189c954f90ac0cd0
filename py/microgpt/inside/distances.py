"""How far back each head looks: attention averaged over the measured lines, by distance.

Not about a single line: see `line`.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import accumulate
from typing import TypeVar

from microgpt.inside.passing import passed
from microgpt.inside.reports import Distances
from microgpt.inside.subject import Subject

_LINES = 200

_Number = TypeVar("_Number", int, float)


def distances(subject: Subject) -> Distances:
    """How far back each head looks.

    For each distance the mean is over the positions that have one so far back. Early positions
    have few to look at, so that a head that looks at all of them alike seems to look near:
    what it would give is told beside.
    """
    h = subject.model.hyperparameters
    maps = [[0.0] * h.block_size for _ in range(h.n_layer * h.n_head)]  # sums by distance
    even, counts = [0.0] * h.block_size, [0] * h.block_size
    documents = 0
    for line, activations in passed(subject, subject.affordable(_LINES)):
        positions = len(line) + 1
        for head, sums in enumerate(maps):
            _add(sums, _diagonals(activations.attention, head * positions**2, positions))
        _add(even, _even(positions))
        _add(counts, range(positions, 0, -1))
        documents += 1
    reached = counts.index(0) if 0 in counts else len(counts)
    counts = counts[:reached]

    def mean(sums: list[float]) -> list[float]:
        return [total / count for total, count in zip(sums, counts, strict=False)]

    return Distances(
        documents=documents,
        lines=subject.lines,
        layers=h.n_layer,
        heads=h.n_head,
        distances=reached,
        means=array("d", [number for sums in maps for number in mean(sums)]),
        even=array("d", mean(even)),
        counts=counts,
    )


def _diagonals(attention: array[float], first: int, positions: int) -> list[float]:
    """The sum for each distance of one head's map (positions, positions)."""
    end = first + positions**2
    starts = range(first, end, positions)  # (distance, 0), from which it goes down to the right
    return [sum(attention[start : end : positions + 1]) for start in starts]


def _even(positions: int) -> list[float]:
    """The same of a head that looks at all positions alike: a share of 1 / (i + 1) at i."""
    return list(accumulate(1 / (i + 1) for i in reversed(range(positions))))[::-1]


def _add(sums: list[_Number], numbers: Sequence[_Number]) -> None:
    for place, number in enumerate(numbers):
        sums[place] += number
