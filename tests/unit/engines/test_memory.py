"""The memory that is predicted, against the memory that is used."""

import tracemalloc

import pytest
from microgpt.engines.memory import scalar_memory

from microgpt.engines.scalar import ScalarEngine
from microgpt.gpt.random_streams import PythonStream
from microgpt.settings import from_mapping


@pytest.mark.parametrize(
    ("settings", "vocabulary_size"),
    [
        ({}, 27),
        ({"n_embd": 64, "n_head": 64}, 27),
        ({"n_embd": 32, "n_layer": 2, "batch_size": 3}, 60),
        ({"n_head": 16, "block_size": 64}, 60),
        ({"n_embd": 8, "block_size": 32}, 1000),
    ],
)
def test_the_estimate_is_never_below_and_at_most_twice_the_truth(
    settings: dict[str, int], vocabulary_size: int
) -> None:
    hyperparameters = from_mapping(settings)
    length = hyperparameters.block_size + 1
    tokens = [i % vocabulary_size for i in range(length)]
    tracemalloc.start()
    engine = ScalarEngine(hyperparameters, vocabulary_size, PythonStream(1))
    engine.train_step([tokens] * hyperparameters.batch_size)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    estimate = scalar_memory(hyperparameters, vocabulary_size, longest=length)
    assert 1 <= estimate / peak <= 2
