"""A run trained again is the run itself; without some lines it is what brute force gives."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Collection
from typing import Any

import pytest

from microgpt.engines import host
from microgpt.engines.engine import State
from microgpt.engines.kinds import ENGINES, SCALAR, EngineKind
from microgpt.gpt.corpus import Corpus
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.inside.rerun import Rerun, Training, beginning, kind_for
from microgpt.run import Run
from runs import new_run

NAMES = ("anna", "bob", "carla", "dave", "emma", "fred", "hanna", "ida", "job", "karl")
CORPUS = Corpus("names.txt", NAMES, 0)
PLANS: dict[str, dict[str, Any]] = {
    "plain": {},
    "batches": {"batch_size": 3},
    "hold-out": {"holdout": 0.2},
    "the other stream": {"random_stream": "xorshift", "n_layer": 2},
}
needs_host = pytest.mark.skipif(not host.available(), reason="wasmtime is not installed")
KINDS = [
    "scalar",
    pytest.param("compiled", marks=needs_host),
    pytest.param("compiled-float32", marks=needs_host),
]
LATER = math.inf


def settings(**changes: Any) -> Hyperparameters:
    return Hyperparameters(**{"steps": 24, "n_embd": 4, "n_head": 2, "seed": 5, **changes})


def trained(steps: int, kind: str = "scalar", **changes: Any) -> Run:
    run = new_run(CORPUS, settings(**changes), kind)
    while run.step < steps:
        run.train(steps - run.step)
    return run


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_run_itself_bit_by_bit(plan: str, kind: str) -> None:
    run = trained(20, kind, **PLANS[plan])
    rerun = Rerun(run, time.perf_counter, ENGINES[kind])
    assert rerun.go(20, LATER)
    assert rerun.training.engine.get_state() == run.engine.get_state()
    assert rerun.differs == 0


@needs_host
def test_a_slow_run_is_trained_again_by_a_fast_engine() -> None:
    run = trained(20)
    assert kind_for(run) is not run.kind
    rerun = Rerun(run, time.perf_counter)
    rerun.go(20, LATER)
    here, there = rerun.training.engine.get_state(), run.engine.get_state()
    assert here.weights.tolist() == pytest.approx(there.weights.tolist(), rel=1e-9, abs=1e-12)
    assert rerun.differs == 0


def test_it_goes_back_and_forth() -> None:
    run = trained(24)
    rerun = Rerun(run, time.perf_counter, SCALAR)
    for step in (24, 7, 0, 15, 16, 2, 24):
        assert rerun.go(step, LATER)
        assert rerun.step == step
        assert rerun.training.engine.get_state() == trained(step).engine.get_state()
    assert rerun.differs == 0


def test_going_back_to_what_is_kept_takes_no_step() -> None:
    run = trained(24)
    rerun = Rerun(run, time.perf_counter, SCALAR)
    rerun.go(24, LATER)
    calls: list[int] = []
    rerun.training.engine.train = calls.append  # type: ignore[method-assign, assignment]
    rerun.go(8, LATER)
    assert calls == []


def test_it_stops_when_its_time_is_over_and_goes_on_from_there() -> None:
    run = trained(24)
    seconds = itertools.count()  # each look at the clock is a second later
    rerun = Rerun(run, lambda: float(next(seconds)), SCALAR)
    steps = []
    while not rerun.go(24, 0.0):
        steps.append(rerun.step)
    assert steps == list(range(1, 24)), "a step at a time, where there is no time"
    assert rerun.training.engine.get_state() == run.engine.get_state()


def test_a_run_that_was_given_another_plan_is_found_out() -> None:
    first = trained(24)
    run = Run(CORPUS, settings(steps=40), SCALAR, first.vocabulary, first.get_state())
    rerun = Rerun(run, time.perf_counter, SCALAR)
    rerun.go(2, LATER)
    assert rerun.differs == 0, "the first step doesn't depend on how many there will be"
    rerun.go(24, LATER)
    assert 3 <= rerun.differs <= 24
    found = rerun.differs
    rerun.go(1, LATER)
    assert rerun.differs == found


def by_hand(out: Collection[int], steps: int, **changes: Any) -> State:
    """As the scalar engine trains without some of the run's lines."""
    run = new_run(CORPUS, settings(**changes))
    engine, documents = run.engine, run.training_documents
    size = run.hyperparameters.batch_size
    if size == 1:
        for step in range(steps):
            index = step % len(documents)
            if index in out:
                state = engine.get_state()
                later = state.steps_done + 1
                engine.set_state(State(state.weights, state.means, state.squares, later))
            else:
                engine.train([documents[index]])
        return engine.get_state()
    endless = itertools.cycle([each for i, each in enumerate(documents) if i not in out])
    for _ in range(steps):
        engine.train(list(itertools.islice(endless, size)))
    return engine.get_state()


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("out", [{0}, {7}, {2, 3, 6}, {0, 1, 2, 3, 4, 5, 6}], ids=str)
def test_without_some_lines_it_is_what_brute_force_gives(plan: str, out: set[int]) -> None:
    run = trained(0, **PLANS[plan])
    training = Training(run, SCALAR, time.perf_counter)
    training.begin(beginning(run, SCALAR), out)
    assert training.advance(22, LATER)
    assert training.engine.get_state() == by_hand(out, 22, **PLANS[plan])


@needs_host
@pytest.mark.parametrize("plan", PLANS)
def test_both_engines_leave_out_the_same(plan: str) -> None:
    run = trained(0, **PLANS[plan])
    weights = []
    for kind in (SCALAR, ENGINES["compiled"]):
        training = Training(run, kind, time.perf_counter)
        training.begin(beginning(run, kind), {1, 4, 5})
        while not training.advance(22, 0.0):
            pass
        weights.append(training.engine.get_state().weights.tolist())
    assert weights[0] == pytest.approx(weights[1], rel=1e-9, abs=1e-12)


def test_few_states_are_kept_of_a_long_run() -> None:
    run = new_run(CORPUS, settings(steps=1000, n_embd=1, n_head=1, block_size=2))
    rerun = Rerun(run, time.perf_counter)
    rerun.go(1000, LATER)
    assert len(rerun._states) <= 34


def test_the_kind_of_a_run_on_a_fast_engine_is_its_own() -> None:
    def kind_of(kind: EngineKind) -> EngineKind:
        return kind_for(new_run(CORPUS, settings(), kind.name))

    for kind in ENGINES.values():
        if kind.available and kind.needs_host:
            assert kind_of(kind) is kind
