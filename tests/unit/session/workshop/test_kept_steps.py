"""The workshop at an earlier step of a run."""

from __future__ import annotations

import pytest

from microgpt import Session
from microgpt.session.reports import Novelty
from runs import NAMES, SMALL, trained


def whole(session: Session) -> Novelty:
    while not (found := session.novelty(1.0, 1000.0))["complete"]:
        pass
    return found


def test_a_kept_step_is_looked_at_as_the_model_was_then() -> None:
    session, then = trained(), Session()
    then.load(NAMES, "names.txt")
    then.start(SMALL, "scalar")
    while then.advance(0)["step"] < 5:
        pass
    end = whole(session)
    assert session.look_at(5) == 5
    found, expected = session.explain("anna"), then.explain("anna")
    assert list(found["surprises"]) == pytest.approx(list(expected["surprises"]), rel=1e-4)
    assert (found["nearest"], found["edits"]) == (expected["nearest"], expected["edits"])
    assert whole(session)["probability"] == pytest.approx(whole(then)["probability"], rel=1e-3)
    assert [m for report in session.make({"count": 3}) for m in report["made"]]
    session.look_at(40)
    assert whole(session) == end
