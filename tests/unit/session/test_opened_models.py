"""Opened models, from which a run can begin."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from microgpt import Session
from microgpt.errors import HyperparameterError, SessionError
from runs import NAMES, SITE, SMALL, trained


def test_a_run_begins_with_an_opened_model(first_names_file: Path) -> None:
    text = first_names_file.read_bytes()
    original = trained({}, text)
    losses = {}
    for from_opened in (True, False):
        receiver = Session()
        receiver.open_link(original.link(SITE, 4000)["address"])
        receiver.load(text + "zoë\n".encode(), "mine.txt")
        assert receiver.opened_notes() == [
            "New to the model: ë. Their weights begin at random; it learns them from this text "
            "alone."
        ]
        receiver.start({"steps": 200, "seed": 7}, "compiled", from_opened)
        losses[from_opened] = math.fsum(receiver.advance(1e9)["losses"][:100]) / 100
    assert losses[True] < losses[False] - 0.2


def test_opened_models_keep_their_shape() -> None:
    receiver = Session()
    receiver.load(NAMES, "names.txt")
    with pytest.raises(SessionError, match="no opened model"):
        receiver.start(SMALL, "compiled", from_opened=True)
    receiver.open_link(trained().link(SITE, 2000)["address"])
    with pytest.raises(HyperparameterError, match="has n_embd = 8"):
        receiver.start({"n_embd": 16}, "compiled", from_opened=True)
    many = "".join(chr(0x4E00 + i) + "\n" for i in range(4995)).encode()
    receiver.load(many, "many.txt")
    with pytest.raises(SessionError, match=r"together have 5,0\d\d distinct characters"):
        receiver.start(SMALL, "compiled", from_opened=True)
    assert len(list(receiver.sample(3))) == 3, "the opened model is still there"
