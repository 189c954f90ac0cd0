"""Several cores for one run: the same bits as one, whoever comes, and when it is worth it."""

import threading
from array import array
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from microgpt.engines import compiled, host, team
from microgpt.engines.compiled import CompiledEngine, Memory
from microgpt.gpt.corpus import Vocabulary
from microgpt.gpt.random_streams import PythonStream
from microgpt.kernels import team as places
from microgpt.kernels.layout import Layout
from microgpt.kernels.sizes import Sizes
from microgpt.settings import from_mapping

SIZES = {"n_layer": 1, "n_embd": 32, "n_head": 2, "block_size": 64, "steps": 100}
LETTERS = Vocabulary("abcdefgh")


@pytest.fixture(autouse=True)
def _many_cores() -> Iterator[None]:
    yield
    team.allow(None)


def documents(count: int) -> list[str]:
    random = Random(1)
    return ["".join(random.choices("abcdefgh", k=random.randint(0, 90))) for _ in range(count)]


def new_engine(cores: int, bits: int, **settings: float) -> CompiledEngine:
    team.allow(cores)
    return CompiledEngine(from_mapping({**SIZES, **settings}), LETTERS, PythonStream(1), bits)


def always_together(engine: CompiledEngine, monkeypatch: pytest.MonkeyPatch, helpers: int) -> None:
    """From when all are there: who comes late has no share in a short run."""
    if engine._team:
        monkeypatch.setattr(engine._team._choice, "next", lambda _arrived, _now: True)
        engine.train(documents(12)[: engine.hyperparameters.batch_size])
        until_there(engine._team, helpers)


def until_there(some: team.Team, helpers: int) -> None:
    for _ in range(1000):
        if some._arrived() == helpers:
            return
        threading.Event().wait(0.01)
    raise AssertionError("helpers have not come")


@pytest.mark.parametrize(("bits", "batch"), [(64, 12), (32, 5)])
def test_one_two_and_eight_cores_give_the_same_bits(
    bits: int, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    lines = documents(9 * batch)
    for cores in (1, 2, 8):
        engine = new_engine(cores, bits, batch_size=batch)
        helpers = min(cores, batch, 8) - 1
        assert bool(engine._team) == (cores > 1)
        always_together(engine, monkeypatch, helpers)
        if cores == 1:
            engine.train(documents(12)[:batch])
        losses = [*engine.train(lines, [0, 3, 4]), *engine.train(lines, [1])]
        losses += engine.losses(lines[:3])
        losses += engine.train(lines[:batch])
        state = engine.get_state()
        found.append((losses, *state.__dict__.values(), engine.take_kept()))
    assert found[1] == found[0]
    assert found[2] == found[0]


def test_where_memory_is_short_groups_share_places_and_the_bits_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines, states = documents(8 * 6), []
    for room_for in (8, 3):
        memory = new_engine(1, 32, batch_size=8)._memory
        room = memory.end_with(1, room_for)
        monkeypatch.setattr(compiled, "MAX_MEMORY", room + memory.copy_size - 1)
        engine = new_engine(8, 32, batch_size=8)
        assert engine._shared[2] == room_for
        always_together(engine, monkeypatch, 1)
        states.append((engine.train(lines), *engine.get_state().__dict__.values()))
    assert states[0] == states[1]


def test_helpers_do_their_share_and_end_with_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = new_engine(3, 64, batch_size=8)
    before = set(threading.enumerate())
    always_together(engine, monkeypatch, 2)
    assert engine._team
    helpers = set(threading.enumerate()) - before
    assert len(helpers) == 2
    for _ in range(20):
        engine.train(documents(8 * 4))
    ints = engine._instance.read(engine._memory.team, "i", team.INTS)
    for worker in (0, 1, 2):  # each has had the weights of some step
        assert ints[places.MINE + worker * places.MINE_SIZE + places.WEIGHTS_OF] > 0
    assert ints[places.FINISHED] == ints[places.BEGUN] == 81 * (8 + places.PARTS)
    del engine
    for helper in helpers:
        helper.join(10)
        assert not helper.is_alive()


def test_a_loss_that_is_not_finite_ends_the_call_and_leaves_the_weights(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    states, lines = [], documents(8 * 6)
    for cores in (1, 2):
        engine = new_engine(cores, 64, batch_size=8, learning_rate=1, init_std=0.5)
        weights = engine.get_state()
        weights.weights[5] = 1e200
        always_together(engine, monkeypatch, cores - 1)
        engine.set_state(weights)
        losses = engine.train(lines)
        assert len(losses) < 6
        engine.set_weights(array("d", [0.01] * engine.parameter_count))
        states.append((losses, engine.train(lines)))
    assert states[0] == states[1]


def test_small_models_are_learned_from_in_one_group_and_by_one_core() -> None:
    assert new_engine(8, 64, block_size=16, batch_size=1)._team is None
    assert Sizes(4, 128, 4, 64, 1, 60).groups == 1
    assert Sizes(4, 128, 4, 64, 12, 60).groups == 8
    assert Sizes(4, 128, 4, 64, 3, 60).groups == 3
    assert Sizes(4, 128, 4, 16, 8, 60).groups == 2  # else adding would take long beside learning
    assert Sizes(1, 16, 4, 16, 8, 27).groups == 1


def test_a_batch_in_groups_gives_the_same_gradients() -> None:
    """But for the last digits, as those of one group."""
    layout = Layout(Sizes.of(from_mapping({**SIZES, "batch_size": 12}), LETTERS.size))
    assert layout.groups == 8
    engine = new_engine(1, 64, batch_size=12, learning_rate=1e-3)
    other = new_engine(1, 64, batch_size=12, learning_rate=1e-3)
    lines = documents(12)
    gradients = other.gradients(lines)
    engine.train(lines)
    means = engine.get_state().means
    beta = engine.hyperparameters.beta1
    assert list(means) == pytest.approx([(1 - beta) * g for g in gradients], rel=1e-9, abs=1e-15)


def test_memory_for_helpers_is_bounded() -> None:
    layout = Layout(Sizes.of(from_mapping({**SIZES, "batch_size": 12}), LETTERS.size))
    memory = Memory(layout, 64)
    team.allow(8)
    assert team.helpers(layout.groups, 3 * memory.own_size, memory.own_size) == 3
    assert team.helpers(layout.groups, memory.own_size - 1, memory.own_size) == 0
    assert team.helpers(layout.groups, 99 * memory.own_size, memory.own_size) == 7
    assert team.helpers(1, 99 * memory.own_size, memory.own_size) == 0
    # A helper's own lies behind everything else, and no two in the same place.
    own = layout.own * 8
    assert memory.floats_of(1) + own == memory.end
    assert memory.floats_of(2) - memory.floats_of(1) == memory.own_size
    assert memory.floats_of(2) + layout.size * 8 <= memory.found(2)
    assert memory.found(2) + 3 * layout.parameters * 8 <= memory.end_with(2, 3)


@pytest.mark.parametrize(("there", "usual"), [(1, 1), (2, 2), (3, 2), (8, 7), (64, 7)])
def test_usually_one_core_is_left_to_others(
    there: int, usual: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "cores", lambda: there)
    assert team.allowed() == usual
    team.allow(1)
    assert team.allowed() == 1


def taken(choice: team.Choice, arrived: int, now: float, seconds: dict[bool, float]) -> bool:
    way = choice.next(arrived, now)
    choice.measured(way, seconds[way])
    return way


def test_the_quicker_way_is_found_by_trying() -> None:
    choice = team.Choice()
    quicker, slower = {True: 1.0, False: 2.0}, {True: 2.1, False: 2.0}
    assert not taken(choice, 0, 0.0, quicker)  # nobody is there yet
    ways = [taken(choice, 1, 1.0, quicker) for _ in range(10)]
    assert ways.count(False) == 2
    assert all(ways[4:])
    later: list[Any] = [taken(choice, 1, 11.0, slower) for _ in range(10)]  # others work there now
    assert later.count(True) == 2
    assert not any(later[4:])
    assert not taken(choice, 1, 13.0, quicker)
    assert all([taken(choice, 1, 14.0, quicker) for _ in range(10)][4:])  # sooner than if it helped


def test_a_single_step_that_was_held_up_decides_nothing() -> None:
    choice = team.Choice()
    held_up, quicker = {True: 9.0, False: 2.0}, {True: 1.0, False: 2.0}
    assert taken(choice, 1, 0.0, held_up)
    assert all([taken(choice, 1, 1.0, quicker) for _ in range(9)][3:])
