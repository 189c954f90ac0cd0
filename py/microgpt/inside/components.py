"""Principal components: points of many dimensions on the plane in which they lie farthest apart.

Only the first two: a Krylov subspace of few dimensions, in which the best axes are found by
Jacobi rotations, and from which the search begins anew until they are good enough. Not about
what the points are.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from operator import mul
from random import Random

_ROOM = 16  # directions that are tried together: all that a model of default size has
_KEPT = 6  # of them, when the search begins anew
_ROUNDS = 60  # at most; even random weights, whose axes are all alike, take fewer
_RESIDUAL = 1e-6  # of an axis, as a share of the largest variance: its own is then right to 1e-10
_SWEEPS = 30
_RIGHT = 1e-15  # cosine of what is taken for a right angle
_NOTHING = 1e-10  # what is left of a vector that others span
_EQUAL = 1e-14  # by which equal numbers differ from their mean, which is rounded

_Vector = Sequence[float]


@dataclass(frozen=True)
class Plane:
    """Points on the plane of their first two principal axes, seen from their mean.

    Attributes:
        x, y: of each point; each axis points to where its largest number is above 0.
        shares: of the whole variance that lies on each of the two; 0 where there is none.
    """

    x: array[float]
    y: array[float]
    shares: tuple[float, float]


def plane(points: Sequence[Sequence[float]]) -> Plane:
    """The plane in which points lie farthest apart.

    Args:
        points: (points, dimensions), finite numbers; at least one point and one dimension.
    """
    centred = [_less_mean(column) for column in zip(*points, strict=True)]  # by dimension
    # Squares of very large or small numbers would be none.
    scale = max(max(map(abs, column)) for column in centred)
    if scale <= _EQUAL * max(max(map(abs, point)) for point in points):
        return Plane(array("d", [0.0] * len(points)), array("d", [0.0] * len(points)), (0.0, 0.0))
    columns = [[number / scale for number in column] for column in centred]
    whole = sum(dot(column, column) for column in columns)
    axes = _leading(list(zip(*columns, strict=True)), columns)
    x, y = (_pointing(axis, scale) for axis in axes)
    first, second = (dot(axis, axis) / whole for axis in axes)
    return Plane(x, y, (first, second))


def _less_mean(numbers: _Vector) -> list[float]:
    mean = sum(number / len(numbers) for number in numbers)  # a sum of large ones could overflow
    return [number - mean for number in numbers]


def _pointing(axis: _Vector, scale: float) -> array[float]:
    """An axis in the points' own measure, its largest number above 0."""
    sign = -scale if max(axis, key=abs) < 0 else scale
    return array("d", (sign * number for number in axis))


def _leading(rows: Sequence[_Vector], columns: Sequence[_Vector]) -> list[list[float]]:
    """The points' places on the two axes of the largest variance.

    Args:
        rows: points, whose mean is 0.
        columns: the same numbers, by dimension.
    """
    room = min(_ROOM, len(rows), len(columns))
    fresh = _beginning(rows, columns)
    directions: list[list[float]] = []
    images: list[list[float]] = []  # the points' places on each direction
    for _ in range(_ROUNDS):
        while fresh and len(directions) < room:
            if (direction := _apart(fresh.pop(0), directions)) is None:
                continue
            directions.append(direction)
            images.append([dot(row, direction) for row in rows])
            if len(fresh) < room:
                fresh.append([dot(column, images[-1]) for column in columns])
        mixtures = _eigenvectors([[dot(a, b) for b in images] for a in images])[:_KEPT]
        directions = [_mixed(directions, mixture) for mixture in mixtures]
        images = [_mixed(images, mixture) for mixture in mixtures]
        pairs = zip(directions[:2], images[:2], strict=True)
        fresh = [_residual(direction, image, columns) for direction, image in pairs]
        least = _RESIDUAL * dot(images[0], images[0])
        if all(dot(residual, residual) <= least * least for residual in fresh):
            break
    nothing = [[0.0] * len(rows)] * 2
    return [*images, *nothing][:2]


def _beginning(rows: Sequence[_Vector], columns: Sequence[_Vector]) -> list[_Vector]:
    """Directions that span all that there is, if there are few enough; else two at random."""
    points, width = len(rows), len(columns)
    if width <= min(points, _ROOM):
        return [[float(i == j) for j in range(width)] for i in range(width)]
    if points <= _ROOM:
        return list(rows)
    stream = Random(0)  # the same map for the same weights
    return [[stream.gauss(0.0, 1.0) for _ in range(width)] for _ in range(2)]


def _residual(direction: _Vector, image: _Vector, columns: Iterable[_Vector]) -> list[float]:
    """What an axis is turned by, where its variance isn't at its largest yet."""
    variance = dot(image, image)
    return [
        dot(column, image) - variance * part
        for column, part in zip(columns, direction, strict=True)
    ]


def _apart(vector: _Vector, others: Iterable[_Vector]) -> list[float] | None:
    """What a vector has at right angles to the others, of length 1; None: nothing."""
    found = list(vector)
    before = sqrt(dot(found, found))
    for _ in range(2):  # rounding leaves something in the others' direction the first time
        for other in others:
            share = dot(found, other)
            found = [a - share * b for a, b in zip(found, other, strict=True)]
    length = sqrt(dot(found, found))
    if length <= _NOTHING * before:
        return None
    return [number / length for number in found]


def _mixed(vectors: Sequence[_Vector], shares: _Vector) -> list[float]:
    return [dot(shares, numbers) for numbers in zip(*vectors, strict=True)]


def _eigenvectors(matrix: list[list[float]]) -> list[list[float]]:
    """Of a symmetric matrix without negative eigenvalues, the largest first, 0 left out.

    Its columns are turned, two by two, until all are at right angles (M. R. Hestenes, 1958):
    then each is an eigenvector, as long as its eigenvalue.
    """
    columns = [list(row) for row in matrix]
    squares = [dot(column, column) for column in columns]
    for _ in range(_SWEEPS):
        if not sum(_turn(columns, squares, i, j) for j in range(len(columns)) for i in range(j)):
            break
        squares = [dot(column, column) for column in columns]
    lengths = [sqrt(square) for square in squares]
    order = sorted(range(len(columns)), key=lambda i: -lengths[i])
    return [
        [number / lengths[i] for number in columns[i]]
        for i in order
        if lengths[i] > _NOTHING**2 * lengths[order[0]]
    ]


def _turn(columns: list[list[float]], squares: list[float], i: int, j: int) -> bool:
    """Turn two columns in their plane to right angles; whether they weren't."""
    one, other = columns[i], columns[j]
    product = dot(one, other)
    if abs(product) <= _RIGHT * sqrt(squares[i] * squares[j]):
        return False
    slope = (squares[j] - squares[i]) / (2 * product)
    tangent = (1 if slope >= 0 else -1) / (abs(slope) + sqrt(1 + slope * slope))
    cosine = 1 / sqrt(1 + tangent * tangent)
    sine = cosine * tangent
    columns[i] = [cosine * a - sine * b for a, b in zip(one, other, strict=True)]
    columns[j] = [sine * a + cosine * b for a, b in zip(one, other, strict=True)]
    squares[i] = max(0.0, squares[i] - tangent * product)  # rounding goes below
    squares[j] = max(0.0, squares[j] + tangent * product)
    return True


def _dot(one: _Vector, other: _Vector) -> float:
    products: float = sum(map(mul, one, other))
    return products


dot: Callable[[_Vector, _Vector], float] = _dot
if sys.version_info >= (3, 12):  # exact, and several times as fast
    from math import sumprod

    dot = sumprod
