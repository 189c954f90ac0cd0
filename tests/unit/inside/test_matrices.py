"""All weight matrices: their numbers, sizes and how far they have moved."""

from __future__ import annotations

import re

import numpy as np
import pytest

from microgpt import Session
from microgpt.errors import SamplingError
from microgpt.gpt.model import weight_shapes
from microgpt.inside import Inside, Subject
from microgpt.inside import weight_names as module
from runs import SMALL, trained

NEWEST = 10**9


@pytest.fixture(scope="module")
def session() -> Session:
    return trained({**SMALL, "n_layer": 2})


def test_names_shapes_and_numbers_are_the_model_s(session: Session) -> None:
    inside = session.inside(NEWEST)
    subject = inside.subject
    shapes = weight_shapes(subject.model.hyperparameters, subject.model.vocabulary.size)
    briefs = inside.matrices()["matrices"]
    assert [(b["name"], (b["rows"], b["columns"])) for b in briefs] == list(shapes.items())
    numbers = [weight for brief in briefs for weight in inside.matrix(brief["name"])["weights"]]
    assert numbers == list(subject.weights)


def test_change_is_counted_from_the_first_step_that_is_kept(session: Session) -> None:
    first, last = session.inside(0), session.inside(NEWEST)
    told = last.matrices()
    assert (told["start"], told["step"]) == (0, 40)
    for brief in told["matrices"]:
        matrix, before = (inside.matrix(brief["name"]) for inside in (last, first))
        assert matrix["change"] is not None
        now, then = np.array(matrix["weights"]), np.array(before["weights"])
        assert np.array(matrix["change"]) == pytest.approx(now - then)
        assert brief["size"] == pytest.approx(np.sqrt((now**2).mean()))
        assert brief["moved"] == pytest.approx(np.sqrt(((now - then) ** 2).mean()))
        assert brief["moved"] != 0
    assert {brief["moved"] for brief in first.matrices()["matrices"]} == {0.0}


def test_rows_of_characters_have_names(session: Session) -> None:
    inside = session.inside(NEWEST)
    names = [*inside.subject.model.vocabulary.characters, ""]
    assert inside.matrix("wte")["row_names"] == inside.matrix("lm_head")["row_names"] == names
    assert inside.matrix("wpe")["row_names"] == inside.matrix("layer1.mlp_fc1")["row_names"] == []


def test_of_an_opened_model_no_change_is_known(session: Session) -> None:
    opened = Session()
    opened.open_file(session.save_model(), "model.safetensors")
    inside = opened.inside(NEWEST)
    told = inside.matrices()
    assert (told["start"], told["step"]) == (None, 0)
    assert {brief["moved"] for brief in told["matrices"]} == {None}
    assert inside.matrix("wte")["change"] is None


@pytest.mark.parametrize("name", ["attn_wq", "layer2.attn_wq", "", "wte "])
def test_no_such_matrix(session: Session, name: str) -> None:
    with pytest.raises(SamplingError, match=re.escape(f"{name!r}: take one of wte, wpe,")) as no:
        session.inside(NEWEST).matrix(name)
    assert no.value.field == "name"


def test_a_huge_matrix_is_not_handed_out(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST", 255)
    inside = session.inside(NEWEST)
    assert inside.matrix("layer0.attn_wq")["rows"] == 8
    with pytest.raises(SamplingError, match="has 256 numbers, and at most 255"):
        inside.matrix("layer0.mlp_fc1")


def test_of_a_spoilt_model_the_pictures_are_there(session: Session) -> None:
    subject = session.inside(NEWEST).subject
    weights = subject.weights[:]
    weights[0] = float("nan")
    spoilt = Subject(subject.model, 1, weights, None, "", (0, subject.weights), "own", [])
    wte, wpe = Inside(spoilt).matrices()["matrices"][:2]
    assert np.isnan(wte["size"])
    assert wpe["size"] > 0
