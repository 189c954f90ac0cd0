"""What engines do for many documents in one call: drawing, predicting, surprises."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgpt.engines import host
from microgpt.engines.engine import Engine
from microgpt.engines.kinds import ENGINES
from microgpt.errors import DivergedError
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.random_streams import RANDOM_STREAMS, PythonStream

pytestmark = pytest.mark.skipif(not host.available(), reason="wasmtime is not installed")

LETTERS = Vocabulary("abcde")


def engine(kind: str, block_size: int = 6, init_std: float = 0.5) -> Engine:
    h = Hyperparameters(n_embd=4, n_head=2, block_size=block_size, init_std=init_std)
    return ENGINES[kind].make(h, LETTERS, PythonStream(3))


@settings(max_examples=40, deadline=None)
@given(
    stream=st.sampled_from(sorted(RANDOM_STREAMS)),
    seed=st.integers(0, 10_000),
    temperature=st.sampled_from([0.3, 1.0, 2.5]),
    prefix=st.lists(st.integers(0, 4), max_size=5),
    count=st.integers(1, 40),
    kind=st.sampled_from(["compiled", "scalar"]),
)
def test_drawing_many_is_drawing_one_after_another(
    stream: str, seed: int, temperature: float, prefix: list[int], count: int, kind: str
) -> None:
    """Token for token, and the stream is where it would be."""
    model, one, many = engine(kind), RANDOM_STREAMS[stream](seed), RANDOM_STREAMS[stream](seed)
    tokens = [LETTERS.bos, *prefix]
    count = count if kind == "compiled" else 1 + count // 10
    expected = [list(model.sample(one, temperature, tokens)) for _ in range(count)]
    assert model.draw(many, temperature, tokens, count) == expected
    assert many.get_state() == one.get_state()


def test_more_documents_than_a_call_has_room_for() -> None:
    model, one, many = engine("compiled", 300), PythonStream(1), PythonStream(1)
    expected = [list(model.sample(one, 1.0, [LETTERS.bos])) for _ in range(900)]
    assert model.draw(many, 1.0, [LETTERS.bos], 900) == expected
    assert many.get_state() == one.get_state()


def test_there_is_nothing_to_draw_from() -> None:
    model, stream = engine("compiled"), PythonStream(1)
    state = model.get_state()
    state.weights[:] = type(state.weights)("d", [math.nan] * len(state.weights))
    model.set_state(state)
    with pytest.raises(DivergedError):
        model.draw(stream, 1.0, [LETTERS.bos], 3)
    assert stream.get_state() == PythonStream(1).get_state()


@settings(max_examples=25, deadline=None)
@given(
    beginnings=st.lists(st.lists(st.integers(0, 4), max_size=5), min_size=1, max_size=30),
    temperature=st.sampled_from([0.4, 1.0, 3.0]),
)
def test_predictions_are_the_scalar_engines(
    beginnings: list[list[int]], temperature: float
) -> None:
    tokens = [[LETTERS.bos, *beginning] for beginning in beginnings]
    found = engine("compiled").predict(tokens, temperature)
    expected = engine("scalar").predict(tokens, temperature)
    for one, other in zip(found, expected, strict=True):
        assert list(one) == pytest.approx(list(other), rel=1e-10)
        assert math.fsum(one) == pytest.approx(1)


@settings(max_examples=25, deadline=None)
@given(
    documents=st.lists(st.text("abcde", max_size=9), min_size=1, max_size=30),
    temperature=st.sampled_from([0.4, 1.0, 3.0]),
)
def test_surprises_are_the_scalar_engines_and_make_up_the_loss(
    documents: list[str], temperature: float
) -> None:
    found = engine("compiled").surprises(documents, temperature)
    expected = engine("scalar").surprises(documents, temperature)
    for one, other, document in zip(found, expected, documents, strict=True):
        assert list(one) == pytest.approx(list(other), rel=1e-10)
        assert len(one) == min(len(document) + 1, 6)  # and the end, where there is room for it
    if temperature == 1.0:
        losses = engine("scalar").losses(documents)
        means = [math.fsum(one) / len(one) for one in found]
        assert means == pytest.approx(list(losses), rel=1e-10)


def test_singles_are_close() -> None:
    found = engine("compiled-float32").surprises(["abc", "edcba"])
    for one, other in zip(found, engine("scalar").surprises(["abc", "edcba"]), strict=True):
        assert list(one) == pytest.approx(list(other), rel=1e-4)
