"""Matrix products, where nearly all the time of training goes.

A matrix is a flat array, row by row. Not about what to do where one is too large for the
processor's nearest cache: see `strips`.
"""

from __future__ import annotations

from microgpt.compiler.language import Floats, Size, lanes, rows


def multiply(
    out: Floats,
    a: Floats,
    b: Floats,
    height: int,
    inner: int,
    columns: Size,
    a_width: Size,
    out_width: Size,
    add: Size,
) -> None:
    """out = a · b, or out += a · b where add is 1.

    Args:
        out: (height, columns), in rows of out_width numbers.
        a: (height, inner), in rows of a_width numbers.
        b: (inner, columns).
    """
    for c in lanes(0, columns, 4):
        for r in rows(0, height, 2):
            total = out[r * out_width + c] if add else 0.0
            for k in range(inner):
                total += a[r * a_width + k] * b[k * columns + c]
            out[r * out_width + c] = total


def multiply_transposed(
    out: Floats,
    a: Floats,
    b: Floats,
    inner: int,
    height: Size,
    columns: Size,
    a_width: Size,
    out_width: Size,
) -> None:
    """out += aᵀ · b.

    Args:
        out: (height, columns), in rows of out_width numbers.
        a: (inner, height), in rows of a_width numbers.
        b: (inner, columns).
    """
    for c in lanes(0, columns, 4):
        for r in rows(0, height, 2):
            total = out[r * out_width + c]
            for k in range(inner):
                total += a[k * a_width + r] * b[k * columns + c]
            out[r * out_width + c] = total


def transpose(out: Floats, a: Floats, height: Size, width: Size, out_width: Size) -> None:
    """out[i][j] = a[j][i], for a (height, width) and out (width, out_width)."""
    for j in range(height):
        for i in rows(0, width, 4):
            out[i * out_width + j] = a[j * width + i]


def pour(out: Floats, x: Floats, count: Size, add: Size) -> None:
    """out = x, or out += x where add is 1; and x = 0."""
    for i in lanes(0, count, 2):
        out[i] = out[i] + x[i] if add else x[i]
        x[i] = 0.0


def copy(out: Floats, x: Floats, count: int) -> None:
    """out = x."""
    for i in lanes(0, count, 4):
        out[i] = x[i]


def accumulate(out: Floats, x: Floats, count: int) -> None:
    """out += x."""
    for i in lanes(0, count, 4):
        out[i] += x[i]
