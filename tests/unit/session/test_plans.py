"""What is told of a run before it begins."""

from __future__ import annotations

from typing import Any

import pytest

from microgpt import Session
from microgpt.engines.kinds import ENGINES, EngineKind
from microgpt.errors import EngineError, HyperparameterError, SessionError
from microgpt.gpt.corpus import Corpus
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.run import Run
from microgpt.settings import from_mapping
from runs import IN_PAGE, NAMES


class Clock:
    """Each look at it takes a hundredth of a millisecond."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 1e-5
        return self.seconds


@pytest.fixture
def loaded() -> Session:
    session = Session(Clock())
    session.load(NAMES, "names.txt")
    return session


@pytest.mark.parametrize("engine", IN_PAGE)
def test_the_sizes_are_those_of_the_run(loaded: Session, engine: str) -> None:
    settings = {"n_embd": 8, "steps": 20, "batch_size": 3, "holdout": 0.25}
    plan = loaded.prepare(settings, engine)
    run = loaded.start(settings, engine)
    assert plan["parameters"] == run["parameters"]
    assert plan["goes_round"] == pytest.approx(20 * 3 / run["training_documents"])
    assert plan["memory"] == ENGINES[engine].memory(
        from_mapping(settings), run["vocabulary_size"], 5
    )
    assert (plan["problem"], plan["field"]) == ("", "")
    assert plan["seconds"] is not None
    assert plan["seconds"] > 0
    assert (run["step"], run["began_at"], run["engine"]) == (0, 0, engine)
    assert run["hyperparameters"]["n_embd"] == 8


@pytest.mark.parametrize("settings", [{"n_embd": 8}, {"n_head": 3}])
def test_the_sizes_are_told_before_anything_is_prepared(
    loaded: Session, settings: dict[str, float]
) -> None:
    at_once = loaded.plan(settings, "compiled")
    assert at_once["seconds"] is None
    assert loaded.prepare(settings, "compiled") | {"seconds": None} == at_once


def test_what_is_prepared_is_not_made_again(
    loaded: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Hyperparameters] = []

    def new_run(text: Corpus, hyperparameters: Hyperparameters, kind: EngineKind) -> Run:
        made.append(hyperparameters)
        return Run(text, hyperparameters, kind)

    monkeypatch.setattr("microgpt.session.session.Run", new_run)
    for width in (8, 8, 4, 4):  # the page asks twice, to measure what browsers make quicker
        loaded.prepare({"n_embd": width}, "compiled")
    loaded.start({"n_embd": 4}, "compiled")
    assert [each.n_embd for each in made] == [8, 4]


def test_the_time_is_of_many_steps_at_once(loaded: Session) -> None:
    plan = loaded.prepare({"n_embd": 4, "steps": 1000}, "compiled")
    # The clock is read twice for 100 steps.
    assert plan["seconds"] == pytest.approx(1000 * 1e-5 / 100)


def test_what_would_take_too_long_to_measure_is_not_known(loaded: Session) -> None:
    plan = loaded.prepare({"n_embd": 128, "n_layer": 4}, "scalar")
    assert plan["seconds"] is None
    assert plan["problem"] == ""


@pytest.mark.parametrize(
    ("settings", "engine", "field", "words"),
    [
        ({"n_head": 3}, "compiled", "n_head", "can't be split evenly"),
        ({"steps": 0}, "compiled", "steps", "steps must be a whole number"),
        ({"seed": -1, "n_layer": 99}, "compiled", "n_layer", "seed must be"),
        ({"random_stream": "dice"}, "compiled", "random_stream", "python or xorshift"),
        ({"warp": 9}, "compiled", "", "no hyperparameter warp"),
        ({"n_embd": 256, "n_layer": 8}, "scalar", "n_embd", "GB of memory"),
        ({"block_size": 1024, "n_layer": 8, "n_head": 16}, "compiled", "block_size", "GB of"),
    ],
)
def test_a_problem_is_told_with_its_field_and_start_says_the_same(
    loaded: Session, settings: dict[str, Any], engine: str, field: str, words: str
) -> None:
    loaded.load(NAMES + b"x" * 1100, "long.txt")
    plan = loaded.prepare(settings, engine)
    assert words in plan["problem"]
    assert plan["field"] == field
    with pytest.raises(HyperparameterError) as caught:
        loaded.start(settings, engine)
    assert (str(caught.value), caught.value.field) == (plan["problem"], field)


def test_what_is_no_hyperparameters_fault_is_raised_as_by_start(loaded: Session) -> None:
    with pytest.raises(EngineError):
        loaded.prepare({}, "warp")
    with pytest.raises(SessionError):
        Session().prepare({}, "scalar")


def test_the_recommended_rate_is_told_and_taken_where_none_is_given(loaded: Session) -> None:
    assert loaded.prepare({}, "compiled")["learning_rate"] == 0.01
    plan = loaded.prepare({"n_embd": 64, "learning_rate": 0.01}, "compiled")
    assert plan["learning_rate"] == 0.0033
    taken = loaded.start({"n_embd": 64}, "compiled")["hyperparameters"]["learning_rate"]
    given = loaded.start({"n_embd": 64, "learning_rate": 0.01}, "compiled")["hyperparameters"]
    assert (taken, given["learning_rate"]) == (0.0033, 0.01)
