"""What engines tell of the inside of a model: activations, gradients, steps that are skipped."""

from __future__ import annotations

import math
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgpt.engines import host
from microgpt.engines.engine import Engine
from microgpt.engines.kinds import ENGINES
from microgpt.errors import DivergedError
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.random_streams import PythonStream

pytestmark = pytest.mark.skipif(not host.available(), reason="wasmtime is not installed")

LETTERS = Vocabulary("abcde")
LINES = st.text("abcde", max_size=9)


@st.composite
def shapes(draw: st.DrawFn) -> Hyperparameters:
    heads = draw(st.integers(1, 3))
    return Hyperparameters(
        n_layer=draw(st.integers(1, 3)),
        n_embd=heads * draw(st.sampled_from([1, 2, 3, 4])),
        n_head=heads,
        block_size=draw(st.integers(1, 12)),
        init_std=0.4,
    )


def engine(kind: str, h: Hyperparameters) -> Engine:
    return ENGINES[kind].make(h, LETTERS, PythonStream(3))


@settings(max_examples=40, deadline=None)
@given(h=shapes(), line=LINES)
def test_activations_are_the_scalar_engines(h: Hyperparameters, line: str) -> None:
    tokens = LETTERS.encode(line, h.block_size)[: h.block_size]
    found, expected = (engine(k, h).activations(tokens) for k in ("compiled", "scalar"))
    count, stages = len(tokens), 1 + 2 * h.n_layer
    assert len(expected.streams) == stages * count * h.n_embd
    assert len(expected.logits) == stages * count * LETTERS.size
    assert len(expected.attention) == h.n_layer * h.n_head * count * count
    assert len(expected.hidden) == h.n_layer * count * 4 * h.n_embd
    for name in ("streams", "logits", "attention", "hidden"):
        one, other = getattr(found, name), getattr(expected, name)
        assert list(one) == pytest.approx(list(other), rel=1e-9, abs=1e-9), name


@settings(max_examples=20, deadline=None)
@given(h=shapes(), line=LINES, kind=st.sampled_from(["compiled", "scalar"]))
def test_activations_are_those_that_the_answer_comes_from(
    h: Hyperparameters, line: str, kind: str
) -> None:
    """The last logits give the probabilities; what a head looks at adds up to 1."""
    model = engine(kind, h)
    tokens = LETTERS.encode(line, h.block_size)[: h.block_size]
    found, size, count = model.activations(tokens), LETTERS.size, len(tokens)
    exps = [math.exp(logit) for logit in found.logits[-size:]]
    (expected,) = model.predict([tokens], 1.0)
    assert [e / sum(exps) for e in exps] == pytest.approx(list(expected), rel=1e-9)
    for row in range(0, len(found.attention), count):
        weights = found.attention[row : row + count]
        position = row // count % count
        assert math.fsum(weights) == pytest.approx(1)
        assert not any(weights[position + 1 :])


@settings(max_examples=15, deadline=None)
@given(h=shapes(), lines=st.lists(LINES, min_size=1, max_size=5))
def test_gradients_are_the_scalar_engines(h: Hyperparameters, lines: list[str]) -> None:
    found, expected = (engine(k, h).gradients(lines) for k in ("compiled", "scalar"))
    assert list(found) == pytest.approx(list(expected), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("kind", ["compiled", "scalar"])
def test_gradients_are_slopes_of_the_mean_loss(kind: str) -> None:
    h, lines, nudge = Hyperparameters(n_embd=4, n_head=2, block_size=6), ["ab", "cade", "e"], 1e-6
    model = engine(kind, h)
    weights, gradients = model.get_state().weights, model.gradients(lines)
    for i in range(0, len(weights), 7):
        losses = []
        for change in (nudge, -nudge):
            changed = array("d", weights)
            changed[i] += change
            model.set_weights(changed)
            losses.append(math.fsum(model.losses(lines)) / len(lines))
        slope = (losses[0] - losses[1]) / (2 * nudge)
        assert gradients[i] == pytest.approx(slope, rel=1e-4, abs=1e-8)


@pytest.mark.parametrize("kind", ["compiled", "scalar"])
def test_looking_inside_changes_nothing(kind: str) -> None:
    """Not one bit of what is learned next."""
    h, lines = Hyperparameters(n_embd=4, n_head=2, block_size=6), ["ab", "cade", "e"]
    looked_at, other = engine(kind, h), engine(kind, h)
    looked_at.activations([LETTERS.bos, 0, 1])
    looked_at.gradients(lines)
    assert looked_at.train(lines) == other.train(lines)
    looked_at.gradients(lines[:1])
    assert looked_at.train(lines) == other.train(lines)
    assert looked_at.get_state() == other.get_state()


def test_a_skipped_step_learns_nothing_and_is_counted() -> None:
    h = Hyperparameters(n_embd=4, n_head=2, block_size=6, steps=20)
    scalar, compiled = engine("scalar", h), engine("compiled", h)
    for model in (scalar, compiled):
        model.train(["ab", "cade"])
        before = model.get_state()
        model.skip(3)
        after = model.get_state()
        assert (after.weights, after.steps_done) == (before.weights, 5)
        model.train(["e", "dab"])
    one, other = scalar.get_state(), compiled.get_state()
    assert one.steps_done == other.steps_done == 7
    assert list(one.weights) == pytest.approx(list(other.weights), rel=1e-9)


@pytest.mark.parametrize("kind", ["compiled", "scalar"])
def test_a_spoilt_model_says_so(kind: str) -> None:
    model = engine(kind, Hyperparameters(n_embd=4, n_head=2, block_size=6))
    model.set_weights(array("d", [math.nan] * model.parameter_count))
    with pytest.raises(DivergedError):
        model.activations([LETTERS.bos, 1])
    with pytest.raises(DivergedError):
        model.gradients(["ab"])
    model.set_weights(array("d", [0.1] * model.parameter_count))
    assert all(map(math.isfinite, model.gradients(["ab"]))), "nothing is left of it"
