"""e^x and ln x against the C library's, as Python runs them and as they are compiled."""

import math
import struct
from array import array
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgpt.compiler import compile_kernels
from microgpt.compiler.language import Floats, lanes
from microgpt.engines import host
from microgpt.kernels import exp_log

needs_host = pytest.mark.skipif(not host.available(), reason="wasmtime is not installed")


def exp_all(out: Floats, x: Floats, count: int) -> None:
    for i in lanes(0, count):
        out[i] = kernel_exp(x[i])


def log_all(out: Floats, x: Floats, count: int) -> None:
    for i in range(count):
        out[i] = kernel_log(x[i])


kernel_exp, kernel_log = exp_log.exp, exp_log.log


def compiled(kernel: Any, numbers: list[float], bits: int, simd: bool) -> list[float]:
    code, size = ("d", 8) if bits == 64 else ("f", 4)
    count = len(numbers)
    binary = compile_kernels({"k": (kernel, {})}, 2 * size * count + 64, bits, simd)
    instance = host.load(binary).instance()
    instance.write(0, array(code, numbers))
    instance.call("k", size * count, 0, count)
    return list(instance.read(size * count, code, count))


def single(number: float) -> float:
    """The nearest 32-bit float."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", number))[0])
    except OverflowError:
        return math.copysign(math.inf, number)


def single_ulp(number: float) -> float:
    number = abs(single(number))
    if math.isinf(number):
        return math.inf
    bits = struct.unpack("<i", struct.pack("<f", number))[0]
    return float(struct.unpack("<f", struct.pack("<i", bits + 1))[0]) - number


def spread(low: float, high: float, count: int) -> list[float]:
    return [low + (high - low) * i / count for i in range(count + 1)]


EXP_64 = [*spread(-745, 709.7, 20_000), *spread(-1, 1, 20_000), 0.0, -0.0, 1e-300, -1e-17]
EXP_32 = [single(x) for x in [*spread(-103, 88.7, 20_000), *spread(-1, 1, 20_000), 0.0, 1e-30]]
LOG_64 = [math.exp(x) for x in [*spread(-740, 709, 20_000), *spread(-1, 1, 20_000)]] + [5e-324, 1.0]
LOG_32 = [single(math.exp(x)) for x in [*spread(-86, 88, 20_000), *spread(-1, 1, 20_000)]]


def worst(function: Any, numbers: list[float], found: list[float], ulp: Any) -> float:
    """The largest error against the C library, in units in the last place."""
    pairs = zip(map(function, numbers), found, strict=True)
    return max(float(abs(y - expected) / ulp(expected)) for expected, y in pairs)


@needs_host
@pytest.mark.parametrize("simd", [True, False])
def test_exp_is_within_two_ulp(simd: bool) -> None:
    assert worst(math.exp, EXP_64, compiled(exp_all, EXP_64, 64, simd), math.ulp) <= 2
    assert worst(math.exp, EXP_32, compiled(exp_all, EXP_32, 32, simd), single_ulp) <= 2


@needs_host
def test_log_is_within_two_ulp() -> None:
    assert worst(math.log, LOG_64, compiled(log_all, LOG_64, 64, simd=True), math.ulp) <= 2
    assert worst(math.log, LOG_32, compiled(log_all, LOG_32, 32, simd=True), single_ulp) <= 2


@needs_host
@pytest.mark.parametrize(("bits", "simd"), [(64, True), (64, False), (32, True), (32, False)])
def test_exp_and_log_at_their_limits(bits: int, simd: bool) -> None:
    inf, nan = math.inf, math.nan
    found = compiled(exp_all, [inf, -inf, nan, 1e4, -1e4, 0.0], bits, simd)
    assert (found[:2], found[3:]) == ([inf, 0.0], [inf, 0.0, 1.0])
    assert math.isnan(found[2])
    found = compiled(log_all, [inf, nan, 0.0, 1.0], bits, simd)
    assert (found[0], found[2:]) == (inf, [-inf, 0.0])
    assert math.isnan(found[1])


@settings(deadline=None)
@given(st.floats(-800, 800))
def test_exp_as_python_runs_it(x: float) -> None:
    expected = math.exp(x) if x < 709.7 else math.inf
    assert math.isclose(exp_log.exp(x), expected, rel_tol=5e-16, abs_tol=1e-323) or x > 709.7


@settings(deadline=None)
@given(st.floats(min_value=5e-324, allow_infinity=False))
def test_log_as_python_runs_it(x: float) -> None:
    assert math.isclose(exp_log.log(x), math.log(x), rel_tol=5e-16, abs_tol=1e-323)
