"""RMSNorm: each row divided by its root mean square; it has no weights."""

from __future__ import annotations

from math import sqrt

from microgpt.compiler.language import Floats, Size, lanes


def rmsnorm(out: Floats, scales: Floats, x: Floats, count: int, width: Size) -> None:
    """Each row over its root mean square; scales is what each was multiplied by."""
    for t in range(count):
        squares = 0.0
        for i in lanes(0, width):
            number = x[t * width + i]
            squares += number * number
        scale = 1.0 / sqrt(squares / width + 1e-5)
        scales[t] = scale
        for i in lanes(0, width, 4):
            out[t * width + i] = x[t * width + i] * scale


def rmsnorm_backward(
    dx: Floats, dout: Floats, out: Floats, scales: Floats, count: int, width: Size, add: Size
) -> None:
    """dx (+)= scale · (dout - out · mean(dout · out))."""
    for t in range(count):
        dot = 0.0
        for i in lanes(0, width):
            dot += dout[t * width + i] * out[t * width + i]
        mean = dot / width
        scale = scales[t]
        for i in lanes(0, width, 4):
            before = dx[t * width + i] if add else 0.0
            gradient = dout[t * width + i] - out[t * width + i] * mean
            dx[t * width + i] = before + scale * gradient
