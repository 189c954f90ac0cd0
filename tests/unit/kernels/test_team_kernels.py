"""Several workers' kernels as Python runs them, without the compiler: a worker that is alone."""

from array import array
from typing import Any

import pytest

from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.gpt.model import Model
from microgpt.gpt.random_streams import PythonStream
from microgpt.kernels import adam, sizes, team
from microgpt.kernels.layout import Layout
from microgpt.kernels.training import train

STEPS = 3


@pytest.fixture
def layout(monkeypatch: pytest.MonkeyPatch) -> Layout:
    """A tiny model, in groups as a large one."""
    monkeypatch.setattr(sizes, "_WORTH_SHARING", 0)
    monkeypatch.setattr(sizes, "_GROUP", 1)
    found = Layout(sizes.Sizes(1, 4, 2, 4, batch_size=10, vocabulary_size=4))
    assert found.groups == 8
    return found


def new_memory(layout: Layout) -> Any:
    model = Model(Hyperparameters(n_embd=4, n_head=2, block_size=4), 4, PythonStream(1))
    memory: Any = memoryview(array("d", bytes(8 * layout.size)))
    weights = array("d", [p.data for p in model.parameters])
    memory[layout.weights : layout.weights + layout.parameters] = weights
    settings = {
        adam.LEARNING_RATE: 0.01,
        adam.STEPS: 100.0,
        adam.EPSILON: 1e-8,
        adam.BETA1: 0.85,
        adam.BETA1_REST: 0.15,
        adam.BETA1_SHARE: 0.15,
        adam.BETA2: 0.99,
        adam.BETA2_REST: 0.01,
        adam.BETA2_SHARE: 0.01,
    }
    for place, number in settings.items():
        memory[layout.settings + place] = number
    return memory


def ints(numbers: list[int]) -> Any:
    return memoryview(array("i", numbers))


def floats(count: int) -> Any:
    return memoryview(array("d", bytes(8 * count)))


@pytest.mark.parametrize(("places", "rounds"), [(8, 1), (3, 3), (1, 8)])
def test_alone_a_worker_of_a_team_does_what_one_without_a_team_does(
    places: int, rounds: int, layout: Layout
) -> None:
    stream = PythonStream(2)
    lengths = [2 + i % 4 for i in range(STEPS * layout.batch)]
    tokens = ints([stream.choose([1.0] * 4) for _ in range(sum(lengths))])
    keep = [1, -1]
    memory, losses, kept = new_memory(layout), floats(STEPS), floats(layout.parameters)
    assert train(STEPS, tokens, ints(lengths), losses, ints(keep), kept, memory, layout) == STEPS

    mine, my_losses, my_kept = new_memory(layout), floats(STEPS), floats(layout.parameters)
    shared = ints([0] * (team.MINE + team.MINE_SIZE))
    done = team.train_together(
        STEPS,
        0,
        tokens,
        ints([*lengths, *keep]),
        my_losses,
        floats(layout.batch),
        my_kept,
        shared,
        floats(places * layout.parameters),
        places,
        mine,
        layout,
    )
    assert done == STEPS
    assert shared[team.FINISHED] == shared[team.BEGUN] == STEPS * (8 + rounds * team.PARTS)
    for one, other in ((losses, my_losses), (kept, my_kept), (memory, mine)):
        assert list(one) == list(other)
    assert len(set(losses)) == STEPS
