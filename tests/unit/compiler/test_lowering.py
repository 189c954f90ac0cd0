"""The intermediate form: what it looks like, that it means what the kernel does, and who knows it.

The oracles are Python itself, running the same functions, and forms written out by hand.
"""

import ast
import math
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgpt import compiler
from microgpt.compiler import lower
from microgpt.compiler.instructions import F32X4, F64X2, Program
from microgpt.compiler.language import (
    Floats,
    Size,
    exponent,
    fraction,
    lanes,
    nearest,
    power_of_two,
    rows,
)
from microgpt.compiler.listing import listing
from microgpt.compiler.lowering.loops import plan
from microgpt.compiler.lowering.sums import Sum, plus
from unit.compiler.interpreter import Interpreter

FLOATS = 64  # in the memory of a test


def scale(out: Floats, x: Floats, count: Size, factor: float) -> None:
    for i in lanes(0, count, 2):
        out[i] = x[i] * factor


def count_below(out: Floats, x: Floats, count: int, limit: float) -> int:
    below = 0
    for i in range(count):
        if x[i] < limit:
            below += 1
        else:
            out[i] = -1.0 - (limit - 2.0 * (x[i] + 1.0))
    return below


def spread_sum(out: Floats, x: Floats, count: int) -> None:
    total, biggest = 0.0, -1e30
    for i in lanes(0, count, 2):
        y = clipped(x[i]) if x[i] > -2.0 else abs(x[i])
        out[i] = y
        total += y
        biggest = max(biggest, x[i])
    out[count] = total
    out[count + 1] = biggest


def clipped(x: float) -> float:
    return min(max(x, -0.5), 0.5)


def take_apart(out: Floats, x: Floats, count: int) -> None:
    for i in range(count):
        size = abs(x[i]) + 0.001
        out[i] = power_of_two(exponent(size)) * fraction(size) + nearest(x[i] * 3.0)


def tile(out: Floats, x: Floats, height: int, columns: Size) -> None:
    for c in lanes(0, columns, 2):
        for r in rows(0, height, 3):
            total = 0.0
            for k in range(height):
                total += x[r * height + k] * x[k * columns + c]
            out[r * columns + c] = total


def wander(out: Floats, x: Floats, count: int) -> int:
    at, visits = 0, 0
    for i in range(count):
        at = (at + i * 3) % 7
        if at // 2 == 1:
            visits += 1
        tail = out[at:]
        tail[0] += float(at) + x[i]
    return visits * 100 + at


def lowered(kernel: Callable[..., Any], simd: bool = True, bits: int = 64, **sizes: int) -> Program:
    return lower({"k": (kernel, sizes)}, bits, simd)


def types(program: Program) -> set[object]:
    return {local.type for function in program.functions for local in function.locals}


SCALE_9 = """\
scale(&out.1: i32, &x.1: i32, factor.1: f64):
    i: i32 = 0
    &x.2: i32 = &x.1
    factor.2: f64x2 = splat(factor.1)
    &out.2: i32 = &out.1
    repeat:
        x.1: f64x2 = f64x2[&x.2]
        f64x2[&out.2] = x.1 * factor.2
        x.2: f64x2 = f64x2[&x.2 + 16]
        f64x2[&out.2 + 16] = x.2 * factor.2
        &x.2 += 32
        &out.2 += 32
        i += 4
    while i < 8
    x.3: f64 = f64[&x.1 + 64]
    f64[&out.1 + 64] = x.3 * factor.1"""

COUNT_BELOW = """\
count_below(&out.1: i32, &x.1: i32, count: i32, limit: f64) -> i32:
    # below = 0
    # for i in range(count):
    below: i32 = 0
    i: i32 = 0
    i_end: i32 = count
    unless i >= i_end:
        &x.2: i32 = &x.1
        &out.2: i32 = &out.1
        repeat:
            # if x[i] < limit:
            x.1: f64 = f64[&x.2]
            if x.1 < limit:
                # below += 1
                below += 1
            else:
                # out[i] = -1.0 - (limit - 2.0 * (x[i] + 1.0))
                x.2: f64 = f64[&x.2]
                f64[&out.2] = -1.0 - (limit - 2.0 * (x.2 + 1.0))
            &x.2 += 8
            &out.2 += 8
            i += 1
        while i < i_end
    # return below
    return below"""


def test_lanes_become_vectors_and_a_rest() -> None:
    [function] = lowered(scale, count=9).functions
    assert listing(function) == SCALE_9


def test_lines_of_the_kernel_stand_above_what_became_of_them() -> None:
    [function] = lowered(count_below).functions
    source = Path(function.file).read_text().splitlines()
    text = listing(function, source={i + 1: line.strip() for i, line in enumerate(source)})
    assert text == COUNT_BELOW


def test_vectors_only_where_they_may_be() -> None:
    assert F64X2 in types(lowered(scale, count=9))
    assert F32X4 in types(lowered(scale, bits=32, count=9))
    assert not {F64X2, F32X4} & types(lowered(scale, simd=False, count=9))


@pytest.mark.parametrize("bits", [64, 32])
def test_a_number_for_all_lanes_is_loaded_at_once_or_in_two_steps(bits: int) -> None:
    programs = [
        lower({"k": (tile, {"columns": 5})}, bits, simd=True, spreading=spreading)
        for spreading in (True, False)
    ]
    at_once, in_two = ["\n".join(map(listing, program.functions)) for program in programs]
    assert "splat(f" not in at_once
    assert "splat(f" in in_two
    numbers = array("d" if bits == 64 else "f", map(math.cos, range(2 * FLOATS)))
    memories = [bytearray(numbers) for _ in programs]
    for program, memory in zip(programs, memories, strict=True):
        Interpreter(program, memory).run("k", 0, FLOATS * bits // 8, 5)
    assert memories[0] == memories[1]


def test_sizes_are_constants_of_the_function() -> None:
    [function] = lowered(scale, count=9).functions
    assert function.constants == {"count": 9}
    assert [parameter.name for parameter in function.parameters] == ["&out", "&x", "factor"]


@pytest.mark.parametrize("simd", [True, False])
@pytest.mark.parametrize("bits", [64, 32])
@pytest.mark.parametrize(
    ("kernel", "sizes", "arguments"),
    [
        (scale, {"count": 11}, [1.5]),
        (count_below, {}, [9, 0.25]),
        (spread_sum, {}, [0]),
        (spread_sum, {}, [13]),
        (take_apart, {}, [9]),
        (tile, {"columns": 7}, [5]),
        (wander, {}, [12]),
    ],
)
def test_it_means_what_the_kernel_does(
    kernel: Callable[..., Any], sizes: dict[str, int], arguments: list[Any], bits: int, simd: bool
) -> None:
    """The intermediate form, run as its description says, against the kernel run by Python."""
    code = "d" if bits == 64 else "f"
    numbers = array(code, [math.sin(i * i) * 4 for i in range(2 * FLOATS)])
    memory = bytearray(numbers)
    parts = memoryview(numbers), memoryview(numbers)[FLOATS:]
    names = kernel.__code__.co_varnames[: kernel.__code__.co_argcount]
    free = [name for name in names if name not in sizes]
    expected = kernel(**dict(zip(free, [*parts, *arguments], strict=True)), **sizes)
    machine = Interpreter(lowered(kernel, simd, bits, **sizes), memory)
    assert machine.run("k", 0, FLOATS * bits // 8, *arguments) == expected
    assert memory != bytearray(array(code, [math.sin(i * i) * 4 for i in range(2 * FLOATS)]))
    tolerance = 1e-13 if bits == 64 else 1e-5
    found = list(array(code, bytes(memory)))
    assert found == pytest.approx(list(numbers), rel=tolerance, abs=tolerance)


@given(
    block=st.integers(1, 8),
    lanes_=st.sampled_from([1, 2, 4]),
    count=st.integers(1, 200),
)
def test_a_plan_covers_every_round_once(block: int, lanes_: int, count: int) -> None:
    known = plan(block, lanes_, count)
    assert sum(part.step * (part.rounds or 0) for part in known) == count
    assert all(part.copies <= max(block, lanes_ - 1) for part in known)
    left = count
    for part in plan(block, lanes_, None):
        most = left // part.step
        left -= part.step * (most if part.rounds is None else min(most, part.rounds))
    assert left == 0


terms = st.dictionaries(st.integers(0, 5), st.integers(-9, 9).filter(bool), max_size=4)
sums = st.builds(
    lambda of, constant: plus(Sum(tuple(sorted(of.items()))), constant) if of else constant,
    terms,
    st.integers(-99, 99),
)


def evaluated(value: Sum | int, locals_: list[int]) -> int:
    if isinstance(value, int):
        return value
    return sum(c * locals_[local] for local, c in value.terms) + value.constant


@given(a=sums, b=sums, factor=st.integers(-4, 4), seed=st.randoms(use_true_random=False))
def test_sums_add_up(a: Sum | int, b: Sum | int, factor: int, seed: Any) -> None:
    locals_ = [seed.randrange(-1000, 1000) for _ in range(6)]
    result = plus(a, b, factor)
    assert evaluated(result, locals_) == evaluated(a, locals_) + factor * evaluated(b, locals_)
    if isinstance(result, Sum):
        assert list(result.terms) == sorted(result.terms)
        assert all(coefficient for _, coefficient in result.terms)


def test_only_targets_know_bytes() -> None:
    """All other modules of the compiler have no bytes in them, and don't ask a target for any."""
    package = Path(compiler.__file__).parent
    asks = set()
    for path in package.rglob("*.py"):
        if "targets" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, bytes)), path
            if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("targets"):
                asks.add(path.name)
    assert asks == {"__init__.py", "explain.py"}, "who compiles, and who tells how many bytes"
