"""A linear layer: what a matrix of weights makes of each row, forward and backward.

In a wide model both passes read copies of the weights in strips, see `strips`; in a narrow one,
where everything is near, the copies would cost more than they bring. Not about which is which:
see `layout`.
"""

from __future__ import annotations

from microgpt.compiler.language import Floats, Size
from microgpt.kernels.matrices import multiply, multiply_transposed, transpose
from microgpt.kernels.strips import (
    multiply_strips,
    multiply_transposed_by_strips,
    to_strips,
    transpose_to_strips,
)


def copy_weight(
    weight_t: Floats,
    weight_s: Floats,
    weight: Floats,
    outputs: Size,
    inputs: Size,
    out_width: Size,
    strips: Size,
    learns: Size,
) -> None:
    """What the passes read of a weight (outputs, inputs).

    Args:
        weight_t: for `linear`, (inputs, out_width), in strips if strips is 1.
        weight_s: for `linear_backward`, in strips; if strips or learns is 0 it needs no copy.
    """
    if strips:
        transpose_to_strips(weight_t, weight, outputs, inputs, out_width)
        if learns:
            to_strips(weight_s, weight, outputs, inputs)
    else:
        transpose(weight_t, weight, outputs, inputs, out_width)


def linear(
    out: Floats,
    x: Floats,
    weight_t: Floats,
    count: int,
    inputs: Size,
    outputs: Size,
    add: Size,
    strips: Size,
) -> None:
    """out (+)= x · weightᵀ for x (count, inputs); weight_t is as `copy_weight` makes it."""
    if strips:
        multiply_strips(out, x, weight_t, count, inputs, outputs, inputs, add)
    else:
        multiply(out, x, weight_t, count, inputs, outputs, inputs, outputs, add)


def linear_backward(
    dx: Floats,
    dweight: Floats,
    dout: Floats,
    x: Floats,
    weight: Floats,
    scratch: Floats,
    count: int,
    inputs: Size,
    outputs: Size,
    out_width: Size,
    strips: Size,
) -> None:
    """dx = dout · weight; adds doutᵀ · x to dweight. A row of dout has out_width numbers.

    Args:
        weight: in strips if strips is 1, as dweight never is.
        scratch: needed for strips, see `multiply_transposed_by_strips`.
    """
    if strips:
        multiply_strips(dx, dout, weight, count, outputs, inputs, out_width, 0)
        multiply_transposed_by_strips(dweight, dout, x, scratch, count, outputs, inputs, out_width)
    else:
        multiply(dx, dout, weight, count, outputs, inputs, out_width, inputs, 0)
        multiply_transposed(dweight, dout, x, count, outputs, inputs, out_width, inputs)
