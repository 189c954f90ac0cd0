"""The memory that is predicted, against the memory that is used."""

import tracemalloc

import pytest

from microgpt.engines.scalar import ScalarEngine, scalar_memory
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.random_streams import PythonStream
from microgpt.settings import from_mapping


@pytest.mark.parametrize(
    ("settings", "vocabulary_size"),
    [
        ({}, 27),
        ({"n_embd": 32, "n_head": 32}, 27),
        ({"n_layer": 2, "batch_size": 3, "block_size": 8}, 60),
        ({"n_embd": 8, "n_head": 8, "block_size": 32}, 20),
        ({"n_embd": 8, "block_size": 8}, 400),
    ],
)
def test_the_estimate_is_never_below_and_at_most_twice_the_truth(
    settings: dict[str, int], vocabulary_size: int
) -> None:
    hyperparameters = from_mapping(settings)
    vocabulary = Vocabulary("".join(map(chr, range(0x4E00, 0x4E00 + vocabulary_size - 1))))
    length = hyperparameters.block_size + 1
    line = (vocabulary.characters * length)[:length]
    tracemalloc.start()
    engine = ScalarEngine(hyperparameters, vocabulary, PythonStream(1))
    assert len(engine.train([line] * hyperparameters.batch_size)) == 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    estimate = scalar_memory(hyperparameters, vocabulary_size, longest=length)
    assert 1 <= estimate / peak <= 2
