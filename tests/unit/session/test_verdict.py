"""What is said of a run: of figures that are so, and not of figures that aren't."""

from __future__ import annotations

import math
import random
from array import array
from typing import Any

import pytest

from microgpt import Session
from microgpt.gpt.corpus import Corpus
from microgpt.gpt.random_streams import PythonStream
from microgpt.session.reports import Remark
from microgpt.session.verdict import change, has_grown
from runs import NAMES, trained


def remarks(session: Session) -> list[Remark]:
    while not session.learning(1e9)["complete"]:
        pass
    return session.verdict()


def said(session: Session, action: str) -> list[Remark]:
    return [remark for remark in remarks(session) if remark["action"] == action]


@pytest.fixture(scope="module")
def two_hundred(first_names: Corpus) -> bytes:
    documents = list(first_names.documents)
    PythonStream(1).shuffle(documents)
    return "\n".join(documents[:200]).encode()


def test_the_loss_is_told_as_a_number_of_letters(first_names: Corpus) -> None:
    data = "\n".join(first_names.documents).encode()
    session = trained({"steps": 300}, data)
    first = remarks(session)[0]
    learning = session.learning(0)
    loss, pairs = learning["holdout"][-1], learning["pairs"]
    assert pairs is not None
    assert first["text"] == (
        f"{loss:.2f}: torn between {math.exp(loss):.0f} letters on average (blind guess: "
        f"{len(first_names.characters) + 1}; letter pairs: {math.exp(pairs):.0f})."
    )
    assert (first["action"], first["label"]) == ("", "")


def test_a_run_that_is_still_falling_is_told_to_go_on(first_names: Corpus) -> None:
    session = trained({"steps": 1000}, "\n".join(first_names.documents).encode())
    (falling,) = said(session, "train_more")
    assert "Still falling" in falling["text"]
    assert falling["value"] == 5000
    assert not said(session, "keep_best")


def test_a_run_that_learned_by_heart_is_told_its_best_step(two_hundred: bytes) -> None:
    session = trained({"steps": 4000, "holdout": 0.25}, two_hundred)
    (risen,) = said(session, "keep_best")
    learning = session.learning(0)
    best = min(learning["holdout"])
    assert risen["value"] == learning["steps"][learning["holdout"].index(best)] < 1000
    assert f"from {best:.2f} to {learning['holdout'][-1]:.2f}" in risen["text"]
    assert not said(session, "train_more")


def test_a_run_that_ends_before_it_turns_is_told_neither(two_hundred: bytes) -> None:
    """At the best step it neither has risen, nor is it falling by more than chance explains."""
    long = trained({"steps": 4000, "holdout": 0.25}, two_hundred)
    (risen,) = said(long, "keep_best")
    long.keep_best()
    assert not said(long, "keep_best")
    assert risen["value"] == long.facts()["step"]


def test_chance_alone_is_hardly_ever_taken_for_a_rise() -> None:
    """Lines' losses with differences of mean 0, again and again, the best of sixty each time."""
    source = random.Random(1)
    wrong = 0
    for _ in range(100):
        newest = [source.gauss(2.5, 0.6) for _ in range(50)]
        kept = [[loss + source.gauss(0.0, 0.3) for loss in newest] for _ in range(60)]
        best = min(kept, key=sum)
        wrong += has_grown(best, newest)
    assert wrong <= 2


def test_a_small_rise_of_many_lines_is_seen_in_pairs() -> None:
    source = random.Random(1)
    before = array("d", [source.gauss(2.5, 0.6) for _ in range(1000)])
    after = array("d", [loss + source.gauss(0.05, 0.2) for loss in before])
    growth, error = change(before, after)
    assert growth == pytest.approx(0.05, abs=3 * error)
    assert error == pytest.approx(0.2 / math.sqrt(1000), rel=0.1)
    assert has_grown(before, after)
    assert not has_grown(after, before)
    assert not has_grown(before[:1], after[:1]), "one line says nothing"
    shuffled = sorted(after)
    assert not has_grown(sorted(before, reverse=True), shuffled), "not the same lines"
    assert not has_grown(before, [loss + 0.001 for loss in before]), "certain, but nothing"


@pytest.mark.parametrize(
    ("settings", "text", "action", "value", "words"),
    [
        ({"steps": 30}, NAMES, "hold_out", 0.1, "went round the text 3.0 times"),
        ({"steps": 5}, NAMES, "", 0, "10 lines are few"),
        ({"block_size": 4}, NAMES * 10, "whole_lines", 6, "70 of 100 lines are too long"),
        ({"block_size": 2}, NAMES, "whole_lines", 6, "All 10 lines are too long"),
        (
            {"steps": 300, "learning_rate": 1.0, "init_std": 1.0},
            NAMES,
            "lower_rate",
            0.01,
            "learning rate of 1 is too large",
        ),
    ],
)
def test_what_else_is_wrong_is_said_with_what_to_do(
    settings: dict[str, Any], text: bytes, action: str, value: float, words: str
) -> None:
    session = trained({"n_embd": 8, "steps": 20, **settings}, text)
    found = [each for each in remarks(session) if words in each["text"]]
    assert [(each["action"], each["value"]) for each in found] == [(action, value)]
    assert bool(found[0]["label"]) == bool(action)
    assert len(remarks(session)) <= 4


def test_of_enough_lines_that_fit_nothing_of_the_kind_is_said(first_names: Corpus) -> None:
    session = trained({"steps": 50}, "\n".join(first_names.documents).encode())
    actions = {each["action"] for each in remarks(session)}
    assert actions <= {"", "train_more"}


def test_nothing_is_said_before_the_first_step() -> None:
    session = Session()
    session.load(NAMES, "names.txt")
    session.start({}, "compiled")
    assert session.verdict() == []
