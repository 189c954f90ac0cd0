"""The kernels as Python runs them, without the compiler: a step of learning."""

from array import array
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.model import Model
from microgpt.gpt.random_streams import PythonStream
from microgpt.gpt.training import document_loss
from microgpt.kernels.layout import Layout
from microgpt.kernels.model import transpose_weights
from microgpt.kernels.sizes import Sizes
from microgpt.kernels.training import learn


@settings(max_examples=15, deadline=None)
@given(
    layers=st.integers(1, 2),
    heads=st.integers(1, 3),
    head=st.integers(1, 3),
    vocabulary=st.integers(2, 6),
    length=st.integers(1, 5),
    seed=st.integers(0, 1000),
)
def test_loss_and_gradients_are_the_algorithms(
    layers: int, heads: int, head: int, vocabulary: int, length: int, seed: int
) -> None:
    h = Hyperparameters(
        n_layer=layers, n_embd=heads * head, n_head=heads, block_size=5, init_std=0.3
    )
    model = Model(h, vocabulary, PythonStream(seed))
    stream = PythonStream(seed + 1)
    tokens = [stream.choose([1.0] * vocabulary) for _ in range(length + 1)]
    expected = document_loss(model, tokens)
    expected.backward()

    layout = Layout(Sizes.of(h, vocabulary))
    memory: Any = memoryview(array("d", bytes(8 * layout.size)))
    weights = array("d", [p.data for p in model.parameters])
    memory[layout.weights : layout.weights + layout.parameters] = weights
    transpose_weights(memory, layout)
    ids: Any = memoryview(array("i", tokens))
    loss = learn(ids, length, 1.0, memory, layout)
    gradients = memory[layout.gradients : layout.gradients + layout.parameters]
    assert loss == pytest.approx(expected.data, rel=1e-13)
    assert list(gradients) == pytest.approx(
        [p.grad for p in model.parameters], rel=1e-10, abs=1e-13
    )
