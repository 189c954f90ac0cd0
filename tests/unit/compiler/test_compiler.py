"""The compiler: kernels give the same compiled as under Python, or are refused with their line.

The oracle is Python itself, running the very same functions.
"""

import math
import random
from array import array
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgpt.compiler import KernelError, compile_kernels
from microgpt.compiler.language import Floats, Ints, Size, lanes, rows
from microgpt.engines import host

pytestmark = pytest.mark.skipif(not host.available(), reason="wasmtime is not installed")

MODES = [(64, True), (64, False), (32, True), (32, False)]
SIZE = 4096  # floats in the memory of a test


def scale_and_shift(out: Floats, x: Floats, count: Size, factor: float) -> None:
    for i in lanes(0, count, 4):
        out[i] = x[i] * factor - 1.0 / (x[i] * x[i] + 1.0)


def scale_and_shift_open(out: Floats, x: Floats, count: int, factor: float) -> None:
    for i in lanes(0, count, 4):
        out[i] = x[i] * factor - 1.0 / (x[i] * x[i] + 1.0)


def statistics(out: Floats, x: Floats, count: int) -> None:
    total, biggest, smallest = 0.0, x[0], x[0]
    for i in lanes(0, count, 2):
        total += x[i]
        biggest = max(biggest, x[i])
        smallest = min(smallest, x[i])
    out[0] = total
    out[1] = biggest
    out[2] = smallest


def product(out: Floats, a: Floats, b: Floats, height: int, inner: int, columns: Size) -> None:
    for c in lanes(0, columns, 3):
        for r in rows(0, height, 4):
            total = 0.0
            for k in range(inner):
                total += a[r * inner + k] * b[k * columns + c]
            out[r * columns + c] = total


def clipped(x: float) -> float:
    return min(max(x, -0.5), 0.5)


def through_calls_and_choices(out: Floats, x: Floats, count: int) -> None:
    for i in lanes(0, count):
        y = clipped(x[i])
        out[i] = y if x[i] > 0.0 else 2.0 * y


def walk(out: Floats, steps: Ints, count: int) -> int:
    """Integers that change from round to round, in loops and branches."""
    at, visits = 0, 0
    for i in range(count):
        before = at
        at += steps[i]
        if at >= 8:
            at = at % 8
            visits += 1
        else:
            visits += 0
        tail = out[at:]
        tail[0] += float(before) + 0.5
        for j in range(at):
            out[j + 8] += 1.0
    return visits * 100 + at


def small_loops(out: Floats, x: Floats, count: Size) -> None:
    for i in range(count):
        last = 0.0
        for j in range(3):
            last = last * 0.5 + x[i + j]
        out[i] = last if count > 2 else -last


def run(
    kernel: Callable[..., Any], bits: int, simd: bool, constants: dict[str, int], *arguments: Any
) -> tuple[Any, list[float], Any, list[float]]:
    """Result and memory of Python, and those of the compiled kernel; out is the first SIZE floats.

    Arguments that are lists are put into memory behind that.
    """
    code = "d" if bits == 64 else "f"
    size = bits // 8
    binary = compile_kernels({"k": (kernel, constants)}, 8 * SIZE * 8, bits, simd)
    instance = host.load(binary).instance()
    memory = array(code, [0.0] * SIZE)
    python: list[Any] = [memoryview(memory)]
    compiled: list[Any] = [0]
    at = SIZE * size
    for argument in arguments:
        if isinstance(argument, list):
            data = array("i" if isinstance(argument[0], int) else code, argument)
            instance.write(at, data)
            python.append(memoryview(data))
            compiled.append(at)
            at += data.itemsize * len(data)
        else:
            python.append(argument)
            compiled.append(argument)
    names = kernel.__code__.co_varnames[: kernel.__code__.co_argcount]
    given_names = [name for name in names if name not in constants]
    values = dict(zip(given_names, python, strict=True))
    expected = kernel(**values, **constants)
    result = instance.call("k", *compiled)
    return expected, list(memory), result, list(instance.read(0, code, SIZE))


def close(found: list[float], expected: list[float], bits: int) -> bool:
    bound = 1e-13 if bits == 64 else 1e-5
    return all(
        math.isclose(a, b, rel_tol=bound, abs_tol=bound)
        for a, b in zip(found, expected, strict=True)
    )


def floats(count: int, seed: int) -> list[float]:
    stream = random.Random(seed)
    # Numbers that a single holds exactly, so that both widths begin alike.
    return [stream.randrange(-4096, 4096) / 1024 for _ in range(count)]


@pytest.mark.parametrize(("bits", "simd"), MODES)
@pytest.mark.parametrize("kernel", [scale_and_shift, scale_and_shift_open])
@settings(max_examples=20, deadline=None)
@given(count=st.integers(1, 40), seed=st.integers(0, 99))
def test_lanes_of_any_number(
    kernel: Callable[..., Any], bits: int, simd: bool, count: int, seed: int
) -> None:
    x = floats(count, seed)
    if kernel is scale_and_shift:
        _, expected, _, found = run(kernel, bits, simd, {"count": count}, x, 1.5)
    else:
        _, expected, _, found = run(kernel, bits, simd, {}, x, count, 1.5)
    assert any(expected)
    assert close(found, expected, bits)


@pytest.mark.parametrize(("bits", "simd"), MODES)
@settings(max_examples=20, deadline=None)
@given(count=st.integers(1, 40), seed=st.integers(0, 99))
def test_sums_and_extremes_over_lanes(bits: int, simd: bool, count: int, seed: int) -> None:
    _, expected, _, found = run(statistics, bits, simd, {}, floats(count, seed), count)
    assert close(found, expected, bits)


@pytest.mark.parametrize(("bits", "simd"), MODES)
@settings(max_examples=20, deadline=None)
@given(
    height=st.integers(0, 11),
    inner=st.integers(0, 9),
    columns=st.integers(1, 30),
    seed=st.integers(0, 9),
)
def test_a_blocked_product(
    bits: int, simd: bool, height: int, inner: int, columns: int, seed: int
) -> None:
    a, b = floats(height * inner + 1, seed), floats(inner * columns + 1, seed + 1)
    _, expected, _, found = run(product, bits, simd, {"columns": columns}, a, b, height, inner)
    assert close(found, expected, bits)


@pytest.mark.parametrize(("bits", "simd"), MODES)
@settings(max_examples=10, deadline=None)
@given(count=st.integers(0, 20), seed=st.integers(0, 99))
def test_calls_and_choices_in_lanes(bits: int, simd: bool, count: int, seed: int) -> None:
    _, expected, _, found = run(
        through_calls_and_choices, bits, simd, {}, floats(count + 1, seed), count
    )
    assert close(found, expected, bits)


@pytest.mark.parametrize(("bits", "simd"), MODES)
@settings(max_examples=20, deadline=None)
@given(steps=st.lists(st.integers(0, 9), min_size=1, max_size=20))
def test_integers_that_change(bits: int, simd: bool, steps: list[int]) -> None:
    expected_result, expected, result, found = run(walk, bits, simd, {}, steps, len(steps))
    assert (result, found) == (expected_result, expected)


@pytest.mark.parametrize(("bits", "simd"), MODES)
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 9])
def test_loops_that_are_written_out(bits: int, simd: bool, count: int) -> None:
    _, expected, _, found = run(small_loops, bits, simd, {"count": count}, floats(count + 2, 1))
    assert any(expected)
    assert close(found, expected, bits)


def test_the_same_constants_share_a_function() -> None:
    def size(*counts: int) -> int:
        kernels = {f"k{i}": (scale_and_shift, {"count": n}) for i, n in enumerate(counts)}
        return len(compile_kernels(kernels, 1024))

    assert size(8, 8) - size(8) < 20, "only another export"
    assert size(8, 9) - size(8, 8) > 100, "another function"


# What is not in the language. Each has its fault on the line after its head.


def loops_while(x: Floats) -> None:
    while x[0] > 0.0:
        x[0] -= 1.0


def makes_a_list(x: Floats) -> None:
    y = [x[0]]
    x[0] = y[0]


def calls_a_stranger(x: Floats) -> None:
    x[0] = math.cos(x[0])


def knows_no_such_name(x: Floats) -> None:
    x[0] = undefined_name  # type: ignore[name-defined]  # noqa: F821


def mixes_types(x: Floats, n: int) -> None:
    n = x[0]  # type: ignore[assignment]  # noqa: F841


def divides_floats_to_ints(x: Floats) -> None:
    x[0] = x[1] // 2


def leaks_a_name(x: Floats, n: int) -> None:
    for i in range(n):
        last = x[i]
    x[0] = last  # the fault


def needs_a_size(x: Floats, n: int) -> None:
    small_loops(x, x, n)


def skips_elements(x: Floats) -> None:
    for i in lanes(0, 8):
        x[2 * i] = 1.0


def carries_over_lanes(x: Floats) -> None:
    last = 0.0
    for i in lanes(0, 8):
        last = x[i] - last
    x[0] = last


@pytest.mark.parametrize(
    ("kernel", "line", "message"),
    [
        (loops_while, 1, "While is not in the kernel language"),
        (makes_a_list, 1, "List is not in the kernel language"),
        (calls_a_stranger, 1, "a call is name"),
        (knows_no_such_name, 1, "undefined_name is not known here"),
        (mixes_types, 1, "of type float, and int is needed"),
        (divides_floats_to_ints, 1, "// is for ints"),
        (leaks_a_name, 3, "last is not known here"),
        (needs_a_size, 1, "count of small_loops must be known when compiling"),
        (skips_elements, 2, "must lie side by side"),
        (carries_over_lanes, 2, "last is none"),
    ],
)
def test_what_is_refused_names_its_line(
    kernel: Callable[..., Any], line: int, message: str
) -> None:
    with pytest.raises(KernelError) as caught:
        compile_kernels({"k": (kernel, {})}, 1024)
    assert str(caught.value).startswith(f"{__file__}:{kernel.__code__.co_firstlineno + line}: ")
    assert message in str(caught.value)
