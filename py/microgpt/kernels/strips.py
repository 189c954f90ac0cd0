"""Matrices in strips, for products of what is too large for the processor's nearest cache.

A product goes down a few columns of its right side again and again. In a large matrix each row
of those is a line of the cache of its own, and where the width is a power of two, all those lines
have but a few places in the cache, and drive each other out. So here such columns lie together:
strip after strip, in each strip row by row. A strip is 64 bytes wide, a line of the cache and as
many numbers as a product does side by side; what is left of the width makes a last, narrower one.

The same products as in `matrices`, and made of them.
"""

from __future__ import annotations

from microgpt.compiler.language import Floats, Size, float_bits, lanes
from microgpt.kernels.matrices import multiply, multiply_transposed, transpose


def to_strips(out: Floats, a: Floats, height: int, width: Size) -> None:
    """a (height, width) in strips."""
    strip = 512 // float_bits()
    whole, rest = width // strip * strip, width % strip
    for s in range(width // strip):
        cut(out[s * strip * height :], a[s * strip :], height, strip, width)
    if rest:
        cut(out[whole * height :], a[whole:], height, rest, width)


def cut(out: Floats, a: Floats, height: int, columns: Size, width: Size) -> None:
    """One strip: the first columns of a, whose rows have width numbers."""
    for r in range(height):
        for c in lanes(0, columns, 4):
            out[r * columns + c] = a[r * width + c]


def transpose_to_strips(out: Floats, a: Floats, height: Size, width: Size, out_width: Size) -> None:
    """As `transpose`, with out (width, out_width) in strips."""
    strip = 512 // float_bits()
    whole, rest = height // strip * strip, height % strip
    for s in range(height // strip):
        transpose(out[s * strip * width :], a[s * strip * width :], strip, width, strip)
    if rest:
        last = min(strip, out_width - whole)
        transpose(out[whole * width :], a[whole * width :], rest, width, last)


def multiply_strips(
    out: Floats,
    a: Floats,
    b: Floats,
    height: int,
    inner: int,
    columns: Size,
    a_width: Size,
    add: Size,
) -> None:
    """As `multiply`, with b in strips."""
    strip = 512 // float_bits()
    whole, rest = columns // strip * strip, columns % strip
    for s in range(columns // strip):
        part = b[s * strip * inner :]
        multiply(out[s * strip :], a, part, height, inner, strip, a_width, columns, add)
    if rest:
        part = b[whole * inner :]
        multiply(out[whole:], a, part, height, inner, rest, a_width, columns, add)


def multiply_transposed_by_strips(
    out: Floats,
    a: Floats,
    b: Floats,
    scratch: Floats,
    inner: int,
    height: Size,
    columns: Size,
    a_width: Size,
) -> None:
    """As `multiply_transposed`; cuts both sides into strips.

    Args:
        scratch: room for b, and for a strip of a.
    """
    strip = 512 // float_bits()
    whole, rest = height // strip * strip, height % strip
    to_strips(scratch, b, inner, columns)
    side = scratch[inner * columns :]
    for s in range(height // strip):
        cut(side, a[s * strip :], inner, strip, a_width)
        multiply_transposed_strips(out[s * strip * columns :], side, scratch, inner, strip, columns)
    if rest:
        cut(side, a[whole:], inner, rest, a_width)
        multiply_transposed_strips(out[whole * columns :], side, scratch, inner, rest, columns)


def multiply_transposed_strips(
    out: Floats, a: Floats, b: Floats, inner: int, height: Size, columns: Size
) -> None:
    """As `multiply_transposed`, with a (inner, height) one strip and b in strips."""
    strip = 512 // float_bits()
    whole, rest = columns // strip * strip, columns % strip
    for s in range(columns // strip):
        part = b[s * strip * inner :]
        multiply_transposed(out[s * strip :], a, part, inner, height, strip, height, columns)
    if rest:
        part = b[whole * inner :]
        multiply_transposed(out[whole:], a, part, inner, height, rest, height, columns)
