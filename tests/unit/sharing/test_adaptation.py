"""Training on as a link has a model: what comes of it is what a reader finds."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgpt.engines import host
from microgpt.engines.kinds import COMPILED
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.random_streams import PythonStream
from microgpt.sharing import links
from microgpt.sharing.links import Draft, adaptation
from microgpt.sharing.saved import Provenance, SavedModel

DOCUMENTS = ["ab", "bca", "c", "aab", "cba"]
SHAPE = Hyperparameters(n_embd=4, n_head=2, block_size=4, learning_rate=0.02, steps=400)
LEAST, MOST = 120, 400  # characters: from less than a bit a weight to several

pytestmark = pytest.mark.skipif(not host.available(), reason="wasmtime is not installed")


def trained(seed: int) -> SavedModel:
    engine = COMPILED.make(SHAPE, Vocabulary("abc"), PythonStream(seed))
    for _ in range(8):
        losses = engine.train(DOCUMENTS * 10)
    weights = engine.get_state().weights
    return SavedModel(SHAPE, "abc", weights, Provenance("abc", 5, 400, losses[-1]))


def rounds(model: SavedModel, characters: int) -> list[Draft | None]:
    """What each round of training on gives; all weights matter the same."""
    even = [1.0] * len(model.weights)
    return list(
        adaptation.adapted(model, characters, lambda _: even, COMPILED.make, DOCUMENTS * 20)
    )


def mean_loss(weights: array[float]) -> float:
    engine = COMPILED.make(SHAPE, Vocabulary("abc"), PythonStream(0))
    state = engine.get_state()
    state.weights[:] = weights
    engine.set_state(state)
    return sum(engine.losses(DOCUMENTS)) / len(DOCUMENTS)


@given(st.integers(0, 1000), st.integers(LEAST, MOST))
@settings(max_examples=10, deadline=None)
def test_it_ends_with_weights_that_are_exactly_those_of_the_link(
    seed: int, characters: int
) -> None:
    model = trained(seed)
    before = model.weights[:]
    *found, last = rounds(model, characters)
    assert last is not None
    assert model.weights == before, "the model itself stays as it is"
    for draft in (each for each in (*found, last) if each):
        link = links.sealed(draft, characters)
        assert len(link) <= characters
        read = links.read_link(link)
        assert isinstance(read, SavedModel)
        assert read.weights == draft.weights
        assert read.hyperparameters == model.hyperparameters


def test_less_is_lost() -> None:
    model = trained(1)
    as_it_is = mean_loss(next(links.drafts(model, LEAST, [1.0] * len(model.weights))).weights)
    found = [mean_loss(draft.weights) for draft in rounds(model, LEAST) if draft]
    assert min(found) < as_it_is - 0.02
