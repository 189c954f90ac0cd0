"""Matrix products, and what a linear layer makes of them.

A matrix is a flat array, row by row. `multiply` and `multiply_transposed` are where
nearly all the time of training goes.
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
    add: Size,
) -> None:
    """out = a · b, or out += a · b where add is 1.

    Args:
        out: (height, columns).
        a: (height, inner), in rows of a_width numbers.
        b: (inner, columns).
    """
    for c in lanes(0, columns, 4):
        for r in rows(0, height, 2):
            total = out[r * columns + c] if add else 0.0
            for k in range(inner):
                total += a[r * a_width + k] * b[k * columns + c]
            out[r * columns + c] = total


def multiply_transposed(
    out: Floats, a: Floats, b: Floats, inner: int, height: Size, columns: Size, a_width: Size
) -> None:
    """out += aᵀ · b, for a (inner, height) in rows of a_width numbers, and b (inner, columns)."""
    for c in lanes(0, columns, 4):
        for r in rows(0, height, 2):
            total = out[r * columns + c]
            for k in range(inner):
                total += a[k * a_width + r] * b[k * columns + c]
            out[r * columns + c] = total


def transpose(out: Floats, a: Floats, height: Size, width: Size, out_width: Size) -> None:
    """out[i][j] = a[j][i], for a (height, width) and out (width, out_width)."""
    for j in range(height):
        for i in rows(0, width, 4):
            out[i * out_width + j] = a[j * width + i]


def linear(
    out: Floats, x: Floats, weight_t: Floats, count: int, inputs: Size, outputs: Size, add: Size
) -> None:
    """out (+)= x · weightᵀ for x (count, inputs), weight_t (inputs, outputs)."""
    multiply(out, x, weight_t, count, inputs, outputs, inputs, add)


def linear_backward(
    dx: Floats,
    dweight: Floats,
    dout: Floats,
    x: Floats,
    weight: Floats,
    count: int,
    inputs: Size,
    outputs: Size,
    out_width: Size,
) -> None:
    """dx = dout · weight; adds doutᵀ · x to dweight. A row of dout has out_width numbers."""
    multiply(dx, dout, weight, count, outputs, inputs, out_width, 0)
    multiply_transposed(dweight, dout, x, count, outputs, inputs, out_width)


def copy(out: Floats, x: Floats, count: int) -> None:
    """out = x."""
    for i in lanes(0, count, 4):
        out[i] = x[i]
