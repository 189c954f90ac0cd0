"""A session's links to models: what they cost, and what comes of one that is opened."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from microgpt import Session
from microgpt.engines.engine import State
from microgpt.errors import LinkError, SessionError
from microgpt.gpt.corpus import Corpus
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.sharing.links import read_link
from microgpt.sharing.saved import SavedModel
from runs import SITE, SMALL, losses, new_run, trained


@pytest.fixture(scope="module")
def original(first_names_file: Path) -> Session:
    """The original's settings, on a list of first names."""
    return trained({}, first_names_file.read_bytes())


@pytest.mark.parametrize(("limit", "cost"), [(1200, 0.06), (2000, 0.03), (4000, 0.01)])
def test_a_link_is_short_and_costs_little(original: Session, limit: int, cost: float) -> None:
    assert len(SITE) == 40
    report = original.link(SITE, limit)
    assert report["characters"] == len(report["address"]) <= limit
    assert report["address"].startswith(SITE + "#m=")
    assert report["unseen"]
    assert report["documents"] > 100, "2,000, where the machine has time for them"
    assert report["loss"] is not None
    assert report["loss_in_link"] is not None
    assert report["loss_in_link"] - report["loss"] <= cost


def test_the_measured_losses_are_those_of_both_models(
    original: Session, first_names: Corpus
) -> None:
    report = original.link(SITE, 1200)
    again = new_run(first_names, Hyperparameters(), "compiled")
    while again.step < 1000:
        again.train(1000)
    unseen = again.unseen_documents
    documents = [unseen[i * len(unseen) // 2000] for i in range(2000)][: report["documents"]]
    found = list(again.engine.losses(documents))
    assert report["loss"] == pytest.approx(math.fsum(found) / len(found), abs=1e-12)
    in_link = read_link(report["address"])
    assert isinstance(in_link, SavedModel)
    again.engine.set_state(State.untrained(in_link.weights))
    found = list(again.engine.losses(documents))
    assert report["loss_in_link"] == pytest.approx(math.fsum(found) / len(found), abs=1e-12)


def test_a_link_leaves_the_run_as_it_was() -> None:
    disturbed, alone = (trained({**SMALL, "steps": 20}) for _ in range(2))
    for session in (disturbed, alone):
        session.start({**SMALL, "steps": 60}, "compiled")
        session.advance(1e9, 30)
        if session is disturbed:
            session.link(SITE, 2000)
            session.recipe(SITE, 4000, {})
            session.save_model()
            session.save_run()
        session.advance(1e9)
    assert losses(disturbed) == losses(alone)


def test_a_model_without_its_text() -> None:
    receiver = Session()
    opened = receiver.open_link(trained().link(SITE, 2000)["address"])
    assert opened["kind"] == "model"
    assert opened["run"] is None
    assert opened["provenance"].startswith("names.txt: 10 lines, 40 steps, loss ")
    assert len(list(receiver.sample(5))) == 5
    for call in (receiver.save_run, receiver.text, lambda: receiver.recipe(SITE, 4000, {})):
        with pytest.raises((LinkError, SessionError), match="came without its run"):
            call()
    assert receiver.link(SITE, 2000)["loss"] is None, "no text to measure it on"
    receiver.load(b"anna\nzoe\n", "mine.txt")
    assert receiver.link(SITE, 2000)["documents"] == 1, "of zoe it knows no z"


def test_what_was_opened_is_passed_on_as_it_came() -> None:
    receiver = Session()
    address = trained().link(SITE, 2000)["address"]
    receiver.open_link(address)
    assert receiver.link(SITE, 2000)["address"] == address
    shorter = receiver.link(SITE, len(address) - 100)
    assert shorter["address"] != address
