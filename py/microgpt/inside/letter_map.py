"""The letter map: where a model has put its tokens, or its positions, on a plane.

Distances are told as they are among all dimensions: a plane shows a part of them only.
Not about the plane as such (`components`), nor about which letters are vowels (`vowels`).
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from math import dist, isfinite

from microgpt.errors import DivergedError, SamplingError
from microgpt.inside.components import plane
from microgpt.inside.reports import LetterMap
from microgpt.inside.subject import Subject
from microgpt.inside.vowels import Finding, apart, kinds

_OF = ("wte", "wpe")
_MOST = 1024  # labels, as there are positions; of other tokens the commonest


def letter_map(subject: Subject, of: str) -> LetterMap:
    """The map of tokens (wte) or of positions (wpe).

    Raises:
        DivergedError: training has spoilt the model.
        SamplingError: there is no such map; the field is "of".
    """
    if of not in _OF:
        raise SamplingError(f"There are maps of {' and '.join(_OF)}, not of {of!r}.", field="of")
    names = subject.token_names if of == "wte" else list(map(str, range(_positions(subject))))
    shown = _commonest(subject, names) if len(names) > _MOST else range(len(names))
    matrix = subject.layout.named(of)
    rows = [tuple(subject.weights[i] for i in matrix.row(index)) for index in shown]
    distances = _distances(rows)
    if not all(isfinite(number) for row in (*rows, *distances) for number in row):
        raise DivergedError(
            "There is no map: training has spoilt this model, and its weights are no numbers any "
            "more, or too large. Lower learning_rate and train again, or look at an earlier step."
        )
    labels = [names[index] for index in shown]
    groups = kinds(labels) if of == "wte" else [""] * len(labels)
    finding = apart(groups, distances) if of == "wte" else Finding("", None)
    found = plane(rows)
    return {
        "of": of,
        "labels": labels,
        "left_out": len(names) - len(labels),
        "x": found.x,
        "y": found.y,
        "shares": list(found.shares),
        "distances": array("d", (distance for row in distances for distance in row)),
        "groups": groups,
        "finding": finding.sentence,
        "likely": finding.likely,
    }


def _positions(subject: Subject) -> int:
    return subject.model.hyperparameters.block_size


def _commonest(subject: Subject, names: Sequence[str]) -> list[int]:
    """The tokens that the measured lines have most often, in their order, BOS among them."""
    counts = Counter(character for line in subject.documents for character in line)
    order = sorted(range(len(names)), key=lambda i: (names[i] != "", -counts[names[i]]))
    return sorted(order[:_MOST])


def _distances(rows: Sequence[tuple[float, ...]]) -> list[list[float]]:
    """Between all rows, (rows, rows)."""
    found = [[0.0] * len(rows) for _ in rows]
    for i, row in enumerate(rows):
        for j in range(i):
            found[i][j] = found[j][i] = dist(row, rows[j])
    return found
