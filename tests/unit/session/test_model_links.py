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
from microgpt.session.links import LENGTHS
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
    report = receiver.link(SITE, 1000)
    assert report["measured_on"] == "", "on what it made up itself, as there is no text"
    assert report["documents"] > 100
    receiver.load(b"anna\nzoe\n", "mine.txt")
    assert receiver.link(SITE, 2000)["documents"] == 1, "of zoe it knows no z"


def test_what_was_opened_is_passed_on_as_it_came() -> None:
    receiver = Session()
    address = trained().link(SITE, 2000)["address"]
    receiver.open_link(address)
    assert receiver.link(SITE, 2000)["address"] == address
    shorter = receiver.link(SITE, len(address) - 100)
    assert shorter["address"] != address


# --- faithful links ---


@pytest.fixture(scope="module")
def wide(first_names_file: Path) -> Session:
    """Too large for 1,200 characters."""
    settings = {"n_embd": 32, "steps": 2000, "batch_size": 4, "holdout": 0.1}
    return trained(settings, first_names_file.read_bytes())


def test_the_best_link_is_the_shortest_that_is_faithful(wide: Session) -> None:
    best = wide.best_link(SITE)
    assert best["faithful"]
    assert best["loss"] is not None
    assert best["loss_in_link"] is not None
    assert best["loss_in_link"] - best["loss"] <= max(0.03, 0.02 * best["loss"])
    assert best["n_embd"] == 32, "the model itself, and no smaller one"
    before = max(length for length in LENGTHS if length < best["characters"])
    shorter = wide.link(SITE, before)
    assert not shorter["faithful"] or shorter["n_embd"] < 32


def test_a_link_that_costs_too_much_says_so(wide: Session) -> None:
    report = wide.link(SITE, 850)
    assert not report["faithful"]
    assert report["loss_in_link"] is not None
    opened = Session().open_link(report["address"])
    if report["n_embd"] == 32:
        assert opened["provenance"].startswith("names.txt (a coarser copy): ")
    else:
        assert f"{report['n_embd']} wide" in opened["provenance"]
    assert f"held-out loss {report['loss_in_link']:.3f}" in opened["provenance"]


def test_the_samples_shown_are_those_that_a_reader_draws_first(wide: Session) -> None:
    report = wide.link(SITE, 2000)
    reader = Session()
    reader.open_link(report["address"])
    assert report["samples"] == [each["text"] for each in reader.sample(6, original=True)]
    assert len(report["own_samples"]) == 6


def test_making_a_link_can_be_left_at_any_time(wide: Session) -> None:
    pieces = wide.link_piecewise(SITE, 1200)
    assert isinstance(next(pieces), str)
    assert isinstance(next(pieces), str)
    del pieces
    assert wide.link(SITE, 4000)["faithful"]
