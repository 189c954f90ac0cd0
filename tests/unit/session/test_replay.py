"""The steps that are kept of a run: which, what they hold, and what is drawn from them."""

from __future__ import annotations

from array import array
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgpt import Session
from microgpt.errors import DivergedError
from microgpt.gpt.corpus import Corpus
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.run import Run
from microgpt.session.replay import Replay, spaced, thinned
from runs import IN_PAGE, NAMES, SMALL, losses, new_run, trained


@given(begin=st.integers(0, 2000), end=st.integers(0, 1_000_000))
def test_steps_are_spaced_by_the_logarithm(begin: int, end: int) -> None:
    end = max(begin, end)
    steps = spaced(begin, end)
    assert (steps[0], steps[-1]) == (begin, end)
    assert steps == sorted(set(steps))
    assert len(steps) < 150
    assert all(b - a == 1 or (b + 1) / max(a, 1) < 1.4 for a, b in pairwise(steps) if a)


def test_the_first_steps_are_all_kept_and_some_sixty_of_a_thousand() -> None:
    steps = spaced(0, 1000)
    assert steps[:5] == [0, 1, 2, 3, 4]
    assert 50 <= len(steps) <= 60
    assert spaced(0, 6000)[: len(steps) - 1] == steps[:-1], "a longer plan goes on alike"


@given(end=st.integers(20, 1_000_000), most=st.integers(8, 40))
def test_where_there_is_little_room_steps_are_still_spaced(end: int, most: int) -> None:
    steps = thinned(spaced(0, end), most)
    assert len(steps) <= most
    assert (steps[0], steps[-1]) == (0, end)
    assert set(steps) <= set(spaced(0, end))
    gaps = [(b + 1) / (a + 1) for a, b in pairwise(steps)]
    assert max(gaps) <= max(4.0, 2 * min(gaps) ** 2, (end + 1) ** (4 / (most - 1)))


@pytest.mark.parametrize("engine", IN_PAGE)
def test_the_weights_kept_are_those_at_that_step(engine: str) -> None:
    corpus = Corpus("x", tuple(NAMES.decode().split()), 0)
    h = Hyperparameters(n_embd=8, steps=40, batch_size=3)
    run, other = (new_run(corpus, h, engine) for _ in range(2))
    replay = Replay(run)
    for steps in (1, 6):
        replay.train(steps)
    to_the_end(replay, run)
    while other.step < 40:
        if other.step in replay.steps:
            expected = array("f", other.engine.get_state().weights)
            assert replay.weights(other.step) == expected, other.step
        other.train(1)
    assert replay.steps == spaced(0, 40)[:-1]
    assert list(run.losses) == list(other.losses)
    replay.keep_newest()
    assert replay.weights(40) == array("f", run.engine.get_state().weights)
    assert replay.steps == spaced(0, 40)


@pytest.mark.parametrize("engine", ["compiled", "compiled-float32"])
def test_a_large_model_keeps_eight_steps_and_gives_the_same_losses(engine: str) -> None:
    """One whose copies have no place in the module's memory, and more than the budget."""
    corpus = Corpus("x", tuple(NAMES.decode().split()), 0)
    h = Hyperparameters(n_embd=256, steps=12, block_size=4, learning_rate=1e-3)
    run, other = (new_run(corpus, h, engine) for _ in range(2))
    replay = Replay(run)
    assert replay.planned == 8
    for _ in range(3):
        replay.train(4)
    other.train(12)
    assert list(run.losses) == list(other.losses)
    assert run.engine.get_state() == other.engine.get_state()
    again = new_run(corpus, h, engine)
    for step in replay.steps:
        while again.step < step:
            again.train(1)
        assert replay.weights(step) == array("f", again.engine.get_state().weights)


def to_the_end(replay: Replay, run: Run) -> None:
    while run.step < run.hyperparameters.steps:
        replay.train(100)


def test_a_step_that_fails_is_not_kept_twice() -> None:
    corpus = Corpus("x", ("anna", "bella", "anna", "carla", "ella"), 0)
    h = Hyperparameters(n_embd=4, n_head=2, steps=1000, learning_rate=1.0, init_std=1.0)
    for engine in ("scalar", "compiled"):
        run = new_run(corpus, h, engine)
        replay = Replay(run)
        with pytest.raises(DivergedError):
            to_the_end(replay, run)
        replay.keep_newest()
        assert replay.steps == sorted(set(replay.steps))
        assert replay.steps[-1] == run.step
        assert len(replay.weights(replay.steps[-2])) == run.engine.parameter_count


def test_the_default_plan_takes_less_than_two_megabytes(first_names: Corpus) -> None:
    run = new_run(first_names, Hyperparameters(), "compiled")
    replay = Replay(run)
    to_the_end(replay, run)
    sizes = [4 * len(replay.weights(step)) for step in replay.steps]
    assert {replay.weights(step).itemsize for step in replay.steps} == {4}
    assert sum(sizes) < 2_000_000
    assert len(sizes) > 50


@pytest.mark.parametrize("engine", IN_PAGE)
def test_samples_come_from_the_step_that_is_looked_at(engine: str) -> None:
    run = trained({**SMALL, "steps": 60}, engine=engine)
    at_the_end = list(run.sample(4, original=True))
    half = Session()
    half.load(NAMES, "names.txt")
    half.start({**SMALL, "steps": 60}, engine)
    for step in (0, 7, 33):
        if step:
            half.advance(1e9, until_step=step)
        assert run.look_at(step) == step
        assert list(run.sample(4, original=True)) == list(half.sample(4, original=True))
    assert run.look_at(1_000) == 60
    assert list(run.sample(4, original=True)) == at_the_end


def test_the_nearest_kept_step_is_looked_at_and_training_goes_back_to_the_run() -> None:
    run = Session()
    run.load(NAMES, "names.txt")
    run.start(SMALL, "compiled")
    run.advance(1e9, until_step=30)
    newest = list(run.sample(3, original=True))
    assert run.look_at(-5) == 0
    assert run.look_at(29) == 30, "the run itself is the newest"
    assert list(run.sample(3, original=True)) == newest
    assert run.look_at(12) == 12
    run.advance(1e9)
    assert list(run.sample(3, original=True)) == list(trained().sample(3, original=True))
    assert losses(run) == losses(trained())


def test_what_is_being_drawn_at_a_step_is_not_disturbed() -> None:
    run = trained()
    run.look_at(5)
    alone = list(run.sample(3, 1.0, original=True))
    pieces = run.sample_piecewise(3, 1.0, "", True)
    drawn = []
    for piece in pieces:
        drawn += [piece] if piece else []
        run.look_at(30)
        next(run.sample(1, 1.0, original=True))
        run.learning(0)
    assert drawn == alone


def test_another_engine_goes_on_keeping() -> None:
    run = Session()
    run.load(NAMES, "names.txt")
    run.start(SMALL, "compiled")
    run.advance(1e9, until_step=20)
    run.use_engine("scalar")
    run.advance(1e9)
    assert run.learning(0)["steps"] == spaced(0, 40)
    assert run.look_at(3) == 3
    assert list(run.sample(2))
