"""A linear layer, in strips and not, against sums written out; run by Python and compiled."""

from __future__ import annotations

import math
from array import array
from itertools import accumulate, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgpt.compiler import compile_kernels
from microgpt.compiler.language import Floats, Size
from microgpt.engines import host
from microgpt.kernels.linear import copy_weight, linear, linear_backward

Matrix = list[list[float]]

# Around one, two and three strips of 8 doubles or 16 singles.
WIDTH = st.sampled_from([1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 15, 16, 17, 20, 23, 24, 31, 32, 33, 47])
# How a kernel is run: by Python, or compiled to floats of so many bits, which are loaded into all
# lanes by one instruction, or by two, or where there are no lanes.
WAYS = [None, (64, True, True), (64, True, False), (32, True, True), (32, False, True)]


def forward_and_back(
    out: Floats,
    dx: Floats,
    dweight: Floats,
    x: Floats,
    weight: Floats,
    dout: Floats,
    weight_t: Floats,
    weight_s: Floats,
    scratch: Floats,
    count: int,
    inputs: Size,
    outputs: Size,
    out_width: Size,
    strips: Size,
) -> None:
    """All that is done with a weight; adds to out and dweight."""
    copy_weight(weight_t, weight_s, weight, outputs, inputs, out_width, strips, 1)
    linear(out, x, weight_t, count, inputs, out_width, 1, strips)
    linear_backward(
        dx, dweight, dout, x, weight_s, scratch, count, inputs, outputs, out_width, strips
    )


def numbers(rows: int, columns: int, phase: int) -> Matrix:
    """Different ones, which singles hold exactly."""
    return [
        [math.floor(64 * math.sin(phase + 3 * i + i * i + 7 * j * j)) / 32 for j in range(columns)]
        for i in range(rows)
    ]


def product(a: Matrix, b: Matrix) -> Matrix:
    columns = list(zip(*b, strict=True))
    return [[math.fsum(p * q for p, q in zip(row, c, strict=True)) for c in columns] for row in a]


def transposed(a: Matrix) -> Matrix:
    return [list(column) for column in zip(*a, strict=True)]


def added(a: Matrix, b: Matrix) -> list[float]:
    return [p + q for x, y in zip(a, b, strict=True) for p, q in zip(x, y, strict=True)]


def flat(a: Matrix, width: int) -> list[float]:
    """Rows one after the other, each filled up with zeros."""
    return [number for row in a for number in (*row, *[0.0] * (width - len(row)))]


def run(way: tuple[int, bool, bool] | None, arrays: list[list[float]], **sizes: int) -> list[Any]:
    """The arrays, after `forward_and_back`."""
    bits, simd, spreading = way or (64, True, True)
    code = "d" if bits == 64 else "f"
    memory = array(code, [number for each in arrays for number in each])
    offsets = list(accumulate(map(len, arrays), initial=0))
    if way is None:
        parts: list[Any] = [memoryview(memory)[offset:] for offset in offsets[:-1]]
        forward_and_back(*parts, *sizes.values())
    else:
        size, constants = bits // 8, {name: n for name, n in sizes.items() if name != "count"}
        kernels = {"k": (forward_and_back, constants)}
        binary = compile_kernels(kernels, size * len(memory), bits, simd, spreading)
        instance = host.load(binary).instance()
        instance.write(0, memory)
        instance.call("k", *(offset * size for offset in offsets[:-1]), sizes["count"])
        memory = instance.read(0, code, len(memory))
    return [list(memory[begin:end]) for begin, end in pairwise(offsets)]


@pytest.mark.skipif(not host.available(), reason="wasmtime is not installed")
@pytest.mark.parametrize("strips", [0, 1])
@pytest.mark.parametrize("way", WAYS, ids=str)
@settings(max_examples=10, deadline=None)
@given(count=st.integers(1, 5), inputs=WIDTH, outputs=WIDTH)
def test_out_and_both_gradients(
    way: tuple[int, bool, bool] | None, strips: int, count: int, inputs: int, outputs: int
) -> None:
    out_width = -(-outputs // 4) * 4
    x, weight = numbers(count, inputs, 1), numbers(outputs, inputs, 2)
    dout = numbers(count, outputs, 3)
    before, dweight = numbers(count, outputs, 4), numbers(outputs, inputs, 5)
    unknown = float("nan")
    # The columns of weight_t that stand for no output are 0, and stay so.
    copies = [0.0] * (inputs * out_width), [0.0] * (outputs * inputs)
    found = run(
        way,
        [
            flat(before, out_width),
            [unknown] * (count * inputs),
            flat(dweight, inputs),
            flat(x, inputs),
            flat(weight, inputs),
            flat(dout, out_width),
            copies[0],
            copies[1] if strips else flat(weight, inputs),
            [unknown] * (count * (inputs + 16)),
        ],
        count=count,
        inputs=inputs,
        outputs=outputs,
        out_width=out_width,
        strips=strips,
    )
    expected_out = [
        [p + q for p, q in zip(a, b, strict=True)]
        for a, b in zip(before, product(x, transposed(weight)), strict=True)
    ]
    # All of these are sums of few numbers with few digits: exact, in whatever order.
    assert found[0] == flat(expected_out, out_width)
    assert found[1] == flat(product(dout, weight), inputs)
    assert found[2] == added(dweight, product(transposed(dout), x))
