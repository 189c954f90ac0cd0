"""Weight matrices: how large their weights are, how far they have moved, and the numbers of one.

Not about what a matrix does: see `ablation`.
"""

from __future__ import annotations

from array import array
from operator import sub

from microgpt.inside.reports import Matrices, MatrixBrief, MatrixInside
from microgpt.inside.subject import Subject
from microgpt.inside.weight_names import matrix_named, row_names
from microgpt.means import root_mean_square
from microgpt.weights import Matrix


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
    matrix = matrix_named(subject, name)
    return {
        "name": name,
        "rows": matrix.rows,
        "columns": matrix.columns,
        "row_names": row_names(subject, matrix),
        "weights": array("d", _of(matrix, subject.weights)),
        "change": _change(subject, matrix),
    }


def _brief(subject: Subject, matrix: Matrix) -> MatrixBrief:
    change = _change(subject, matrix)
    return {
        "name": matrix.full_name,
        "rows": matrix.rows,
        "columns": matrix.columns,
        "size": root_mean_square(_of(matrix, subject.weights)),
        "moved": None if change is None else root_mean_square(change),
    }


def _change(subject: Subject, matrix: Matrix) -> array[float] | None:
    """Since the start, where that is here."""
    if subject.start is None:
        return None
    now, then = (_of(matrix, weights) for weights in (subject.weights, subject.start[1]))
    return array("d", map(sub, now, then))


def _of(matrix: Matrix, weights: array[float]) -> array[float]:
    return weights[matrix.offset : matrix.end]
