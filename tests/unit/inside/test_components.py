"""Principal components against numpy's singular value decomposition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from microgpt.inside.components import Plane, plane

Matrix = NDArray[np.float64]


def oracle(points: Matrix) -> tuple[Matrix, Matrix]:
    """Places on the first two axes (points, 2), and shares of the variance of all axes."""
    u, s, _ = np.linalg.svd(points - points.mean(0), full_matrices=False)
    places = np.zeros((len(points), 2))
    places[:, : min(2, len(s))] = (u * s)[:, :2]
    shares = np.zeros(max(2, len(s)))
    if s[0] > 1e-12 * np.abs(points).max():
        shares[: len(s)] = s**2 / (s**2).sum()
    else:
        places[:] = 0
    return places, shares


def places(found: Plane) -> Matrix:
    return np.array([found.x, found.y]).T


def check(points: Matrix, tolerance: float = 1e-5) -> None:
    found = plane(points.tolist())
    expected, shares = oracle(points)
    assert found.shares == pytest.approx(shares[:2], abs=1e-9)
    size = np.abs(expected).max()
    gaps = (shares[0] - shares[1], shares[1] - (shares[2] if len(shares) > 2 else 0))
    for axis in range(2):
        if min(gaps[: axis + 1]) < 1e-3 * shares[0]:
            continue  # of two axes alike each mixture is one
        one, other = places(found)[:, axis], expected[:, axis]
        assert min(np.abs(one - other).max(), np.abs(one + other).max()) <= tolerance * size


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(0, 10**6),
    st.sampled_from([0.0, 1.0, 1e-9, 1e150, 1e-150]),
)
def test_places_and_shares_are_those_of_the_decomposition(
    points: int, width: int, seed: int, scale: float
) -> None:
    stream = np.random.default_rng(seed)
    spread = stream.uniform(0.1, 3, size=width)
    numbers = (stream.normal(size=(points, width)) + stream.normal(size=width)) * spread
    if scale in (1.0, 0.0):
        check(numbers * scale)
    else:  # whose squares would be too large or too small for the oracle
        found, same = plane((numbers * scale).tolist()), plane(numbers.tolist())
        assert found.shares == pytest.approx(same.shares)
        assert list(found.x) == pytest.approx([x * scale for x in same.x], abs=1e-6 * scale)


@pytest.mark.parametrize(
    ("points", "width"), [(27, 16), (16, 16), (5, 256), (30, 256), (120, 100), (256, 64), (1, 256)]
)
def test_also_of_wide_models(points: int, width: int) -> None:
    check(np.random.default_rng(points).normal(size=(points, width)))


@pytest.mark.parametrize("rank", [1, 2, 3, 20])
def test_also_where_few_dimensions_are_used(rank: int) -> None:
    stream = np.random.default_rng(rank)
    check(stream.normal(size=(60, rank)) @ stream.normal(size=(rank, 50)))


@pytest.mark.parametrize(
    "points",
    [
        np.eye(12),
        np.eye(40),  # in all directions alike
        np.repeat(np.eye(60)[:3], 20, axis=0),
        np.repeat(np.eye(60)[:4] * [[1], [1], [-2], [0]], 10, axis=0),
    ],
    ids=["corners", "many corners", "three heaps", "four heaps"],
)
def test_where_axes_are_alike_the_shares_and_some_axes_are_found(points: Matrix) -> None:
    found = plane(points.tolist())
    _, shares = oracle(points)
    assert found.shares == pytest.approx(shares[:2], abs=1e-9)
    centred = points - points.mean(0)
    # They are axes: at right angles, and the points' places on a direction of length 1.
    on = places(found)
    assert on[:, 0] @ on[:, 1] == pytest.approx(0, abs=1e-9)
    for axis in range(2):
        direction = centred.T @ on[:, axis] / (on[:, axis] @ on[:, axis])
        assert np.linalg.norm(direction) == pytest.approx(1)
        assert centred @ direction == pytest.approx(on[:, axis], abs=1e-5)


@pytest.mark.parametrize("points", [[[2.0, 3.0]], [[0.1, 0.3]] * 7, [[0.0] * 5] * 3, [[4.0]]])
def test_where_nothing_lies_apart_there_is_no_variance(points: list[list[float]]) -> None:
    found = plane(points)
    assert found.shares == (0.0, 0.0)
    assert list(found.x) == list(found.y) == [0.0] * len(points)


def test_the_largest_number_of_an_axis_is_above_0() -> None:
    for seed in range(20):
        found = plane(np.random.default_rng(seed).normal(size=(9, 5)).tolist())
        assert max(found.x, key=abs) > 0
        assert max(found.y, key=abs) > 0
