"""The mean squared gradient, against gradients summed by hand."""

from __future__ import annotations

import statistics
from array import array

import pytest

from microgpt.engines import host
from microgpt.engines.compiled import CompiledEngine
from microgpt.engines.scalar import ScalarEngine
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.random_streams import PythonStream
from microgpt.gpt.training import document_loss
from microgpt.sharing.links.sensitivity import sensitivity

DOCUMENTS = ["ab", "bca", "c"] * 4
VOCABULARY = Vocabulary("abc")
SMALL = Hyperparameters(n_embd=4, n_head=2, block_size=3, batch_size=2, beta1=0.9, epsilon=1e-9)


def by_hand(engine: ScalarEngine) -> list[float]:
    """Of every parameter, from the scalar engine's own gradients."""
    squares: list[list[float]] = []
    for document in DOCUMENTS:
        document_loss(engine.model, VOCABULARY.encode(document, SMALL.block_size)).backward()
        squares.append([parameter.grad**2 for parameter in engine.model.parameters])
        for parameter in engine.model.parameters:
            parameter.grad = 0.0
    return list(map(statistics.fmean, zip(*squares, strict=True)))


@pytest.mark.parametrize("kind", [ScalarEngine, CompiledEngine])
def test_it_is_the_mean_squared_gradient(kind: type[ScalarEngine] | type[CompiledEngine]) -> None:
    if kind is CompiledEngine and not host.available():
        pytest.skip("wasmtime is not installed")
    engine = ScalarEngine(SMALL, VOCABULARY, PythonStream(1))
    weights = engine.get_state().weights
    found = sensitivity(SMALL, VOCABULARY, kind, weights, DOCUMENTS)
    assert list(found) == pytest.approx(
        by_hand(engine), rel=1e-2, abs=1e-9
    )  # weights move a little
    assert weights == engine.get_state().weights


def test_weights_that_no_loss_can_be_computed_with() -> None:
    count = len(ScalarEngine(SMALL, VOCABULARY, PythonStream(1)).model.parameters)
    for weights, documents in (([1e200] * count, DOCUMENTS), ([0.1] * count, [])):
        found = sensitivity(SMALL, VOCABULARY, ScalarEngine, array("d", weights), documents)
        assert not any(found)
