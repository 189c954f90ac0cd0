"""Training on as a link has the model: what it promises is what a reader finds."""

from __future__ import annotations

from array import array

import pytest

from microgpt.engines import kinds
from microgpt.errors import LinkError
from microgpt.gpt.corpus import Vocabulary
from microgpt.sharing import links
from microgpt.sharing.links.adaptation import ROUNDS, adapted
from microgpt.sharing.links.sensitivity import sensitivity
from microgpt.sharing.saved import SavedModel
from runs import NAMES, SMALL, trained

DOCUMENTS = NAMES.decode().split()
ROOM = 500


def model() -> SavedModel:
    found = links.read_link(trained(SMALL).link("", 4000)["address"])
    assert isinstance(found, SavedModel)
    return found


def test_every_draft_is_what_a_reader_finds() -> None:
    before, make = model(), kinds.COMPILED.make
    vocabulary = Vocabulary(before.characters)

    def measure(weights: array[float]) -> array[float]:
        return sensitivity(before.hyperparameters, vocabulary, make, weights, DOCUMENTS)

    pieces = list(adapted(before, ROOM, measure, make, DOCUMENTS))
    assert len(pieces) == ROUNDS + 1, "there is a moment for other things after each round"
    drafts = [draft for draft in pieces if draft]
    assert drafts
    assert pieces[-1] is drafts[-1]
    for draft in drafts:
        found = links.read_link(links.sealed(draft, ROOM))
        assert isinstance(found, SavedModel)
        assert found.weights == draft.weights
        assert found.weights != before.weights


def test_what_can_not_fit_is_refused() -> None:
    before = model()
    pieces = adapted(before, 60, lambda weights: weights, kinds.COMPILED.make, DOCUMENTS)
    with pytest.raises(LinkError, match="don't fit"):
        list(pieces)
