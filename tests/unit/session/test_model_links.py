"""A session's links to models: what they cost, and what comes of one that is opened."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from microgpt import Session
from microgpt.engines.engine import State
from microgpt.errors import LinkError, SessionError
from microgpt.gpt.corpus import Corpus
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.run import spread
from microgpt.session import links
from microgpt.session.reports import LinkReport
from microgpt.session.yardstick import INVENTED, MEASURED
from microgpt.settings import from_mapping
from microgpt.sharing.links import Draft, read_link
from microgpt.sharing.links.adaptation import adapted
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
    whole = receiver.link(SITE, 2000)
    assert whole["measured_on"] == "", "on lines that it made up"
    assert not whole["unseen"]
    assert 0 < whole["documents"] <= INVENTED
    assert whole["loss"] == whole["loss_in_link"], "as it came"
    coarse = receiver.link(SITE, 240)
    assert coarse["loss"] == whole["loss"], "on the same lines"
    assert lost(coarse) > 0.03
    assert not coarse["faithful"]
    assert "(a coarser copy)" in coarse["provenance"]
    assert "loss" not in coarse["provenance"], "on lines of its text, which nobody knows"
    receiver.load(b"anna\nzoe\n", "mine.txt")
    assert receiver.link(SITE, 2000)["measured_on"] == "", "another text says little of this model"
    receiver.load(b"anna\nzoe\n", "names.txt")
    on_its_own = receiver.link(SITE, 2000)
    assert on_its_own["measured_on"] == "names.txt"
    assert on_its_own["documents"] == 1, "of zoe it knows no z"


def test_what_was_opened_is_passed_on_as_it_came() -> None:
    receiver = Session()
    address = trained().link(SITE, 2000)["address"]
    receiver.open_link(address)
    assert receiver.link(SITE, 2000)["address"] == address
    shorter = receiver.link(SITE, len(address) - 100)
    assert shorter["address"] != address
    for report in (receiver.best_link(SITE), receiver.link(SITE, 2000)):
        assert report["faithful"]
        assert report["address"] == address
        assert report["samples"] == report["own_samples"]


# --- eight wide: lengths at which each kind of link is the one that is made ---

COARSE, SMALLER, FAITHFUL = 250, 400, 500  # characters


@pytest.fixture(scope="module")
def narrow(first_names_file: Path) -> Session:
    """A model for which short links are too short."""
    return trained(NARROW, first_names_file.read_bytes())


NARROW = {"n_embd": 8, "steps": 1000, "batch_size": 2}


@pytest.fixture(scope="module")
def made(narrow: Session) -> dict[int, LinkReport]:
    """Its links, by the characters that they were allowed."""
    return {length: narrow.link(SITE, length) for length in (COARSE, SMALLER, FAITHFUL)}


def shared(report: LinkReport) -> SavedModel:
    """What the link has in it."""
    found = read_link(report["address"])
    assert isinstance(found, SavedModel)
    return found


def lost(report: LinkReport) -> float:
    """Nats."""
    assert report["loss"] is not None
    assert report["loss_in_link"] is not None
    return report["loss_in_link"] - report["loss"]


def test_faithful_is_what_costs_little(made: dict[int, LinkReport]) -> None:
    for report in made.values():
        assert report["loss"] is not None
        assert report["faithful"] == (lost(report) <= max(0.03, 0.02 * report["loss"]))
    assert [report["faithful"] for report in made.values()] == [False, False, True]


def test_a_link_tells_its_own_loss(made: dict[int, LinkReport]) -> None:
    for length, report in made.items():
        assert report["characters"] == len(report["address"]) <= length
        said = shared(report).provenance
        assert report["provenance"] == str(said)
        assert said.loss == pytest.approx(report["loss_in_link"], abs=1e-4)
    assert shared(made[COARSE]).provenance.text == "names.txt (a coarser copy)"
    assert shared(made[FAITHFUL]).provenance.text == "names.txt"


def test_a_link_of_a_run_with_held_out_lines_tells_both_losses(first_names_file: Path) -> None:
    session = trained({**NARROW, "holdout": 0.2}, first_names_file.read_bytes())
    report = session.link(SITE, COARSE)
    said = shared(report).provenance
    assert report["unseen"]
    assert said.holdout_loss == pytest.approx(report["loss_in_link"], abs=1e-4)
    assert said.loss > 2.5, "not the loss of the model as it was, which is 2.2"


def test_a_smaller_model_is_told_of(made: dict[int, LinkReport]) -> None:
    report = made[SMALLER]
    assert (report["n_embd"], report["own_n_embd"]) == (4, 8)
    assert shared(report).hyperparameters.n_embd == 4
    assert report["provenance"].startswith("names.txt (4 wide in place of 8): 5,163 lines, ")
    steps = shared(report).provenance.steps
    assert steps == shared(report).hyperparameters.steps, "its own"
    assert lost(report) < lost(made[COARSE])


def test_the_best_link_is_the_shortest_faithful_one(
    narrow: Session, made: dict[int, LinkReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "LENGTHS", (*made, 700))
    assert narrow.best_link(SITE) == made[FAITHFUL]


def test_the_best_link_where_none_is_faithful(
    narrow: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "LENGTHS", (COARSE, COARSE + 50))
    report = narrow.best_link(SITE)
    assert not report["faithful"]
    assert COARSE < report["characters"] <= COARSE + 50, "the most precise"
    assert "(a coarser copy)" in report["provenance"]


@pytest.mark.parametrize("length", [COARSE, SMALLER, FAITHFUL])
def test_the_samples_are_those_that_a_reader_is_shown_first(
    made: dict[int, LinkReport], length: int
) -> None:
    reader = Session()
    reader.open_link(made[length]["address"])
    drawn = [sample["text"] for sample in reader.sample(20, original=True)]
    assert made[length]["samples"] == drawn[: links.SAMPLES]
    assert made[length]["own_samples"] != made[length]["samples"]


def test_no_link_is_trained_on_what_it_is_measured_on(
    narrow: Session, first_names: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a coarser copy could seem better than the model itself on lines new to it."""
    taught: list[str] = []

    def watched(*arguments: Any) -> Iterator[Draft | None]:
        taught.extend(arguments[-1])
        return adapted(*arguments)

    monkeypatch.setattr(links, "adapted", watched)
    assert narrow.link(SITE, COARSE)["unseen"]
    run = new_run(first_names, from_mapping(NARROW), "compiled")
    while run.step < run.hyperparameters.steps:
        run.train(1000)
    measured = spread(run.unseen_documents, MEASURED)
    assert set(taught) == set(first_names.documents) - set(measured)


def test_an_opened_model_is_not_trained_on_another_text(narrow: Session) -> None:
    receiver = Session()
    receiver.load(b"nora\nola\n" * 50, "mine.txt")
    receiver.open_file(narrow.save_model(), "model.safetensors")
    *doing, report = receiver.link_piecewise(SITE, SMALLER)
    assert set(doing) == {"Measuring"}
    assert isinstance(report, dict)
    assert report["measured_on"] == ""
    assert report["n_embd"] == report["own_n_embd"] == 8
