"""The kernels as Python runs them and as they are compiled: functions of one number, and a step."""

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
from microgpt.engines.scalar import ScalarEngine
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.random_streams import PythonStream
from microgpt.gpt.training import document_loss
from microgpt.kernels import kernels
from microgpt.kernels.layout import Shape

needs_host = pytest.mark.skipif(not host.available(), reason="wasmtime is not installed")


def exp_all(out: Floats, x: Floats, count: int) -> None:
    for i in lanes(0, count):
        out[i] = kernel_exp(x[i])


def log_all(out: Floats, x: Floats, count: int) -> None:
    for i in range(count):
        out[i] = kernel_log(x[i])


kernel_exp, kernel_log = kernels.exp, kernels.log


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
    assert math.isclose(kernels.exp(x), expected, rel_tol=5e-16, abs_tol=1e-323) or x > 709.7


@settings(deadline=None)
@given(st.floats(min_value=5e-324, allow_infinity=False))
def test_log_as_python_runs_it(x: float) -> None:
    assert math.isclose(kernels.log(x), math.log(x), rel_tol=5e-16, abs_tol=1e-323)


@settings(max_examples=15, deadline=None)
@given(
    layers=st.integers(1, 2),
    heads=st.integers(1, 3),
    head=st.integers(1, 3),
    vocabulary=st.integers(2, 6),
    length=st.integers(1, 5),
    seed=st.integers(0, 1000),
)
def test_python_runs_a_step_like_the_scalar_engine(
    layers: int, heads: int, head: int, vocabulary: int, length: int, seed: int
) -> None:
    """The kernels are tested without the compiler: loss, gradients and one update."""
    h = Hyperparameters(
        n_layer=layers, n_embd=heads * head, n_head=heads, block_size=5, init_std=0.3
    )
    scalar = ScalarEngine(h, vocabulary, PythonStream(seed))
    stream = PythonStream(seed + 1)
    tokens = [stream.choose([1.0] * vocabulary) for _ in range(length + 1)]
    shape = Shape(h, vocabulary)
    memory: Any = memoryview(array("d", bytes(8 * shape.size)))
    weights = [p.data for p in scalar.model.parameters]
    memory[shape.wte : shape.wte + shape.parameters] = array("d", weights)
    kernels.transpose_weights(memory, shape)
    ids: Any = memoryview(array("i", tokens))
    loss = kernels.learn(ids, length, 1.0, memory, shape)
    expected = document_loss(scalar.model, tokens)
    expected.backward()
    gradients = memory[shape.gradients_0 : shape.gradients_0 + shape.parameters]
    assert loss == pytest.approx(expected.data, rel=1e-13)
    assert list(gradients) == pytest.approx(
        [p.grad for p in scalar.model.parameters], rel=1e-10, abs=1e-13
    )
