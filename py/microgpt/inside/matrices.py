"""Weight matrices: how large their weights are, how far they have moved, and the numbers of one.

Not about what a matrix does: see `ablation`.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from math import sqrt
from operator import sub

from microgpt.errors import SamplingError
from microgpt.inside.components import dot
from microgpt.inside.reports import Matrices, MatrixBrief, MatrixInside
from microgpt.inside.subject import Subject
from microgpt.weights import PER_CHARACTER, Matrix

_MOST = 4_000_000  # numbers of a matrix that are handed out


def matrices(subject: Subject) -> Matrices:
    """All of a model's, in their order."""
    return {
        "matrices": [_brief(subject, matrix) for matrix in subject.layout.matrices],
        "start": subject.start[0] if subject.start else None,
        "step": subject.step,
    }


def matrix_inside(subject: Subject, name: str) -> MatrixInside:
    """The numbers of one.

    Raises:
        SamplingError: there is none of that name, or it is too large; the field is "name".
    """
    by_name = {matrix.full_name: matrix for matrix in subject.layout.matrices}
    if name not in by_name:
        raise SamplingError(
            f"This model has no weight matrix {name!r}: take one of {', '.join(by_name)}.",
            field="name",
        )
    matrix = by_name[name]
    if matrix.size > _MOST:
        raise SamplingError(
            f"{name} has {matrix.size:,} numbers, and at most {_MOST:,} can be shown: "
            "take another matrix.",
            field="name",
        )
    return {
        "name": name,
        "rows": matrix.rows,
        "columns": matrix.columns,
        "row_names": subject.token_names if matrix.name in PER_CHARACTER else [],
        "weights": array("d", _of(matrix, subject.weights)),
        "change": _change(subject, matrix),
    }


def _brief(subject: Subject, matrix: Matrix) -> MatrixBrief:
    change = _change(subject, matrix)
    return {
        "name": matrix.full_name,
        "rows": matrix.rows,
        "columns": matrix.columns,
        "size": _size(_of(matrix, subject.weights)),
        "moved": None if change is None else _size(change),
    }


def _change(subject: Subject, matrix: Matrix) -> array[float] | None:
    """Since the start, where that is here."""
    if subject.start is None:
        return None
    now, then = (_of(matrix, weights) for weights in (subject.weights, subject.start[1]))
    return array("d", map(sub, now, then))


def _of(matrix: Matrix, weights: array[float]) -> array[float]:
    return weights[matrix.offset : matrix.end]


def _size(numbers: Sequence[float]) -> float:
    """The root of their mean square."""
    return sqrt(dot(numbers, numbers) / len(numbers))
