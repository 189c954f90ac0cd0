"""The search, against a list of all that a tiny model can write."""

from __future__ import annotations

import math

import pytest

from microgpt import Session
from microgpt.session.reports import Making
from microgpt.session.workshop import likeliest
from microgpt.session.workshop.workbench import Workbench
from unit.session.workshop.tiny import BLOCK, everything, fits, tiny, wished

WISHES = [
    {},
    {"prefix": "a"},
    {"suffix": "b"},
    {"suffix": "ba", "min_length": 4},
    {"contains": "cc"},
    {"without": "a", "max_length": 3},
    {"prefix": "ab", "suffix": "ba"},
    {"prefix": "abca", "max_length": 4, "min_length": 4, "suffix": "ca"},
    {"new": True},
    {"min_edits": 2},
]


@pytest.fixture(scope="module")
def session() -> Session:
    return tiny()


def found(session: Session, **wish: object) -> tuple[list[str], Making]:
    """What is made, and the last report."""
    reports = list(session.make({"likeliest": True, **wish}))
    assert [report["complete"] for report in reports] == [False] * (len(reports) - 1) + [True]
    return [made["text"] for report in reports for made in report["made"]], reports[-1]


@pytest.mark.parametrize("values", WISHES)
def test_it_finds_the_likeliest_in_order(session: Session, values: dict[str, object]) -> None:
    probabilities, wish = everything(session), wished(**values)
    if len(wish["prefix"]) >= BLOCK:  # refused elsewhere
        values = {**values, "prefix": wish["prefix"][: BLOCK - 1]}
        wish = wished(**values)
    fitting = [text for text in probabilities if fits(text, wish)]
    if wish["new"]:
        fitting = [text for text in fitting if not session._run().run.in_text(text)]
    if wish["min_edits"]:
        edits = {text: session.explain(text)["edits"] for text in fitting}
        fitting = [text for text in fitting if edits[text] >= wish["min_edits"]]
    fitting.sort(key=lambda text: -probabilities[text])
    assert fitting
    for count in {1, min(3, len(fitting)), len(fitting)}:
        texts, last = found(session, count=count, **values)
        assert [probabilities[text] for text in texts] == pytest.approx(
            [probabilities[text] for text in fitting[:count]], rel=1e-9
        )
        assert len(set(texts)) == len(texts)
        assert (last["found"], last["method"], last["reason"]) == (
            min(count, len(fitting)),
            "search",
            "",
        )
    texts, last = found(session, count=len(fitting) + 1, **values)
    assert sorted(texts) == sorted(fitting)
    assert "nothing else like that" in last["reason"]


def test_the_probability_is_that_of_being_drawn_at_temperature_1(session: Session) -> None:
    probabilities = everything(session)
    reports = list(session.make({"likeliest": True, "count": 5, "temperature": 3.0}))
    for made in reports[-1]["made"]:
        assert made["one_in"] == pytest.approx(1 / probabilities[made["text"]])
        assert math.fsum(made["surprises"]) == pytest.approx(-math.log(probabilities[made["text"]]))
        assert len(made["surprises"]) == min(len(made["text"]) + 1, BLOCK)


def test_where_memory_ends_only_what_is_certain_is_given(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(likeliest, "MOST_OPEN", 12)
    probabilities = everything(session)
    order = sorted((t for t in probabilities if t), key=lambda text: -probabilities[text])
    texts, last = found(session, count=100)
    assert 0 < len(texts) < len(order)
    assert texts == order[: len(texts)]
    assert "no room" in last["reason"]


def test_where_it_would_take_too_long_it_ends_with_a_reason(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Workbench, "affordable", lambda *_: 1)
    texts, last = found(session, count=100)
    assert len(texts) < 100
    assert "beginnings" in last["reason"]
