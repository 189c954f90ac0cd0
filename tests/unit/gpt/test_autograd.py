"""Gradients against finite differences and against the textbook's graph."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgpt.gpt.autograd import Value, dot, total

numbers = st.floats(-3, 3).filter(lambda x: abs(x) > 1e-3)


def expression(a: Value, b: Value) -> Value:
    """Every operation once, defined for all positive and negative a and b."""
    return (
        (a * b + 2 - a) / (b * b + 1)
        + (a * 0.5).exp()
        + (a * a + 1).log()
        - (a - b).relu()
        + 3 * -b
        + 1 / (b**2 + 2)
        + (5 - a) * dot([a, b, a], [b, b, a])
    )


@given(numbers, numbers)
def test_gradients_are_those_of_finite_differences(x: float, y: float) -> None:
    if abs(x - y) < 1e-3:
        return  # the ReLU has a corner there, and no derivative
    a, b = Value(x), Value(y)
    expression(a, b).backward()
    h = 1e-6

    def at(u: float, v: float) -> float:
        return expression(Value(u), Value(v)).data

    assert a.grad == pytest.approx((at(x + h, y) - at(x - h, y)) / (2 * h), rel=1e-4, abs=1e-5)
    assert b.grad == pytest.approx((at(x, y + h) - at(x, y - h)) / (2 * h), rel=1e-4, abs=1e-5)


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=20))
def test_dot_and_total_are_chains_of_products_and_sums_to_the_last_digit(
    pairs: list[tuple[float, float]],
) -> None:
    def graph(fused: bool) -> tuple[list[Value], Value]:
        left = [Value(a) for a, _ in pairs]
        right = [Value(b).exp() for _, b in pairs]
        if fused:
            result = dot(left, right) * total(left)
        else:
            result = sum((a * b for a, b in zip(left, right, strict=True)), Value(0.0))
            result *= sum(left, Value(0.0))
        result.backward()
        return left + right, result

    fused_values, fused = graph(fused=True)
    plain_values, plain = graph(fused=False)
    assert fused.data == plain.data
    assert [v.grad for v in fused_values] == [v.grad for v in plain_values]


def test_a_value_used_twice_collects_both_gradients() -> None:
    a = Value(3.0)
    (a + a * a).backward()
    assert a.grad == 1 + 2 * 3


def test_relu_passes_nothing_at_zero_or_below() -> None:
    for x, gradient in [(-1.0, 0.0), (0.0, 0.0), (2.0, 1.0)]:
        a = Value(x)
        a.relu().backward()
        assert a.grad == gradient


def test_a_graph_far_deeper_than_pythons_stack() -> None:
    a = x = Value(1.0)
    for _ in range(50_000):
        x = x * 1.0
    x.backward()
    assert a.grad == 1.0


def test_the_logarithm_of_zero_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"domain|positive"):
        Value(0.0).log()


def test_repr_shows_data_and_gradient() -> None:
    assert repr(Value(2.0)) == "Value(data=2.0, grad=0.0)"
    assert math.isclose((Value(2.0) ** 0.5).data, math.sqrt(2))
