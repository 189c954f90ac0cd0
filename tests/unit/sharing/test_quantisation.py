"""Weights as integers: what a reader finds, how close it is, and where precision goes."""

from __future__ import annotations

import random
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgpt.errors import LinkError
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.model import weight_shapes
from microgpt.sharing.links import weight_code
from microgpt.sharing.links.entropy import Decoder, Encoder
from microgpt.sharing.links.quantisation import Quantiser, effective_importance, usual_importance
from microgpt.weights import weight_layout

SMALL = Hyperparameters(n_embd=8, n_head=2, block_size=4)
VOCABULARY = 6
MATRICES = weight_code.groups(SMALL, VOCABULARY)
COUNT = weight_layout(SMALL, VOCABULARY).size


def normal(seed: int, deviation: float = 0.1) -> array[float]:
    stream = random.Random(seed)
    return array("d", [stream.gauss(0, deviation) for _ in range(COUNT)])


def read(quantised: weight_code.Quantised) -> array[float]:
    encoder = Encoder()
    weight_code.write(encoder, quantised, MATRICES)
    return weight_code.read(Decoder(encoder.finish()), MATRICES)


def error(found: array[float], weights: array[float], importance: array[float]) -> float:
    pairs = zip(found, weights, importance, strict=True)
    return sum(each * (a - b) ** 2 for a, b, each in pairs)


def test_groups_are_every_weight_once_and_what_belongs_together() -> None:
    indices = [i for matrix in MATRICES for group in matrix for i in group]
    assert sorted(indices) == list(range(COUNT))
    shapes = weight_shapes(SMALL, VOCABULARY)
    for (name, (rows, columns)), matrix in zip(shapes.items(), MATRICES, strict=True):
        assert len(matrix) == (columns if "fc2" in name else rows)


@settings(max_examples=settings().max_examples // 8, deadline=None)
@given(st.integers(0, 10**6), st.floats(1e-3, 1e3), st.floats(200, 12_000))
def test_a_reader_finds_the_same_weights(seed: int, deviation: float, bits: float) -> None:
    weights = normal(seed, deviation)
    quantised = Quantiser(weights, usual_importance(SMALL, VOCABULARY), MATRICES).fit(bits)
    found = read(quantised)
    assert found == weight_code.weights_of(quantised, MATRICES)
    exponents = iter(quantised.exponents)
    for matrix in MATRICES:
        for group in matrix:
            step = weight_code.step(quantised.base, next(exponents))
            for i in group:
                assert found[i] == quantised.integers[i] * step  # exactly
                assert abs(found[i] - weights[i]) <= max(1.5 * step, abs(weights[i]))


def test_more_bits_are_more_precise_until_nothing_is_gained() -> None:
    weights, importance = normal(1), usual_importance(SMALL, VOCABULARY)
    quantiser = Quantiser(weights, importance, MATRICES)
    errors = [error(read(quantiser.fit(n * COUNT)), weights, importance) for n in (1, 2, 4, 8)]
    assert errors[0] > 3 * errors[1] > 9 * errors[2] > 27 * errors[3]
    assert quantiser.fit(30 * COUNT) == quantiser.fit(300 * COUNT)


def test_precision_goes_where_it_matters() -> None:
    """Less weighted error than with all weights alike, and the other way round."""
    weights = normal(2)
    stream = random.Random(3)
    importance = array("d", bytes(8 * COUNT))
    for matrix in MATRICES:
        for group in matrix:
            scale = 10.0 ** stream.uniform(-4, 0)
            for i in group:
                importance[i] = scale * stream.random()
    alike = array("d", [1.0] * COUNT)
    measured = read(Quantiser(weights, importance, MATRICES).fit(2.5 * COUNT))
    blind = read(Quantiser(weights, alike, MATRICES).fit(2.5 * COUNT))
    assert error(measured, weights, importance) < 0.3 * error(blind, weights, importance)
    assert error(blind, weights, alike) < error(measured, weights, alike)


def test_what_was_never_needed_keeps_some_precision_but_hidden_units_stay_off() -> None:
    importance = array("d", [1.0] * COUNT)
    names = list(weight_shapes(SMALL, VOCABULARY))
    first, second = (names.index(f"layer0.mlp_fc{n}") for n in (1, 2))
    off = [*MATRICES[first][3], *MATRICES[second][3]]
    rare = MATRICES[0][1]
    for i in (*off, *rare):
        importance[i] = 0.0
    effective = effective_importance(importance, SMALL, VOCABULARY)
    assert all(0 < effective[i] < 0.1 for i in rare)
    weights = normal(4)
    found = read(Quantiser(weights, effective, MATRICES).fit(4 * COUNT))
    assert not any(found[i] for i in off)
    assert all(abs(found[i] - weights[i]) < 0.1 for i in rare)


@pytest.mark.parametrize("weights", [[0.0] * COUNT, [1e-30] * COUNT, [1e30] * COUNT])
def test_weights_of_any_size(weights: list[float]) -> None:
    numbers = array("d", weights)
    found = read(Quantiser(numbers, [1.0] * COUNT, MATRICES).fit(10**6))
    assert list(found) == pytest.approx(weights, rel=1e-2, abs=1e-9)


def test_nonsense_is_refused() -> None:
    quantised = Quantiser(normal(5), [1.0] * COUNT, MATRICES).fit(5000)
    parts = (quantised.base, quantised.spreads, quantised.exponents, quantised.integers)
    for k, wrong in ((2, [99] * 200), (2, [-1] * 200), (3, [2**50] * COUNT)):
        changed = [wrong if i == k else part for i, part in enumerate(parts)]
        with pytest.raises(LinkError, match="no sense"):
            read(weight_code.Quantised(*changed))  # type: ignore[arg-type]
