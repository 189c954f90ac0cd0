"""A run beside the one that is followed: the same numbers, and the one that is here stays."""

from __future__ import annotations

from typing import Any

import pytest

from changing import changed_code, sources
from microgpt import Session
from microgpt.engines.kinds import SCALAR
from microgpt.session.reports import Unseen
from runs import NAMES, SMALL, losses, trained

PROSE = ("It was a bright cold day in April, and the clocks were striking. " * 60).encode()


def measured(session: Session, most: int = 0) -> Unseen:
    *_, report = session.unseen(most)
    assert report is not None
    return report


def trained_beside(session: Session, **settings: Any) -> Session:
    other = session.beside({**SMALL, **settings})
    other.advance(1e9)
    return other


def test_it_is_another_run_and_the_one_here_stays() -> None:
    session = trained()
    before, drawn = losses(session), list(session.sample(3, original=True))
    other = trained_beside(session, seed=7)
    alone = Session()
    alone.load(NAMES, "names.txt")
    alone.start({**SMALL, "seed": 7}, "compiled")
    alone.advance(1e9)
    assert losses(other) == losses(alone) != before
    assert list(other.so_far()["losses"]) == losses(other)
    assert losses(session) == before
    assert list(session.sample(3, original=True)) == drawn


def test_the_very_same_run_is_taken_as_it_is() -> None:
    session = trained()
    other = session.beside(SMALL)
    assert other.so_far()["ending"] == "finished"
    assert losses(other) == losses(session)
    list(other.sample(3))
    assert list(other.sample(3)) != list(session.sample(3))  # each draws for itself
    session.train_more(5)
    assert other.so_far()["step"] == SMALL["steps"]
    assert session.beside(SMALL, "scalar").so_far()["step"] == 0  # by another engine
    # One that was given another plan on its way isn't.
    session.advance(1e9)
    longer = session.beside({**SMALL, "steps": SMALL["steps"] + 5})
    assert longer.so_far()["step"] == 0


def test_what_was_put_aside_keeps_its_text_and_its_run() -> None:
    session = trained()
    aside = session.aside()
    session.load(b"other\nlines\n", "other.txt")
    session.start(SMALL, "compiled")
    session.advance(1e9)
    assert aside.text_beside({})["name"] == "names.txt"
    assert aside.text_beside({})["of_run"]
    assert losses(aside.beside(SMALL)) == losses(trained())
    again = aside.beside({**SMALL, "seed": 5})
    again.advance(1e9)
    assert losses(again) == losses(trained_beside(trained(), seed=5))


@pytest.mark.parametrize(
    ("data", "reading"),
    [
        (NAMES, {}),
        (b"Emma\n\nEmma\n  Olivia \n", {"lower_case": True, "drop_repeated": True}),
        (b"one two three four five\nsix\n", {"documents": "line", "split_long": True}),
        (PROSE, {"documents": "running"}),
        (b"name,year\nemma,1\nava,2\n", {"documents": "column", "column": "name"}),
        ("Zoe\u0308\n".encode(), {"normalize": False}),
    ],
)
def test_another_session_reads_the_same_text(data: bytes, reading: dict[str, Any]) -> None:
    session, other = Session(), Session()
    session.load(data, "text", 8, reading)
    settings = {**SMALL, "block_size": 8, "steps": 3}
    told = session.text_beside(settings)
    assert not told["of_run"]
    assert told["hyperparameters"] == settings
    other.load(told["data"], told["name"], 8, told["reading"])
    for each in (session, other):
        each.start(settings, "compiled")
        each.advance(1e9)
    assert losses(other) == losses(session)


def test_its_settings_are_those_of_the_run_that_is_here() -> None:
    session = trained()
    told = session.text_beside({"steps": 5})
    assert told["of_run"]
    assert told["hyperparameters"]["steps"] == SMALL["steps"]
    session.load(b"another\ntext\n", "other")
    assert session.text_beside({"steps": 5})["hyperparameters"] == {"steps": 5}


def test_unseen_lines_are_the_same_and_measured_by_probabilities() -> None:
    session = trained({**SMALL, "holdout": 0.3})
    other = trained_beside(session, holdout=0.3)
    report = measured(session, 2)
    assert report["documents"] == 2
    assert measured(other, 2) == report
    assert measured(session)["documents"] == 3
    session.start({**SMALL, "holdout": 0.3}, SCALAR.name)
    session.advance(1e9)
    assert measured(session, 2)["loss"] == pytest.approx(report["loss"], rel=1e-9)
    session.start({**SMALL, "steps": 400}, "compiled")  # round the text, which has fewer lines
    session.advance(1e9)
    assert measured(session)["documents"] == 0


def test_a_changed_loss_is_measured_like_the_others() -> None:
    with changed_code(sources("label-smoothing")) as package:
        session = package["session"].Session()
        session.load(NAMES, "names.txt")
        report = session.start({**SMALL, "holdout": 0.3, "steps": 3}, "")
        session.advance(1e9)
        *_, unseen = session.unseen(3)
        (whole,) = session._run().run.engine.losses([session._run().run.holdout_documents[0]])
        (each,) = session._run().run.engine.surprises([session._run().run.holdout_documents[0]])
    assert report["engine"] in ("scalar", "traced")
    assert unseen["documents"] == 3
    assert whole != pytest.approx(sum(each) / len(each), rel=1e-4)
