"""A model's link, made with what can be measured here, and what it costs.

Not about how a link is written (`sharing.links`), nor about who asks for one (`session`).
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from microgpt.engines import kinds
from microgpt.engines.engine import State
from microgpt.gpt.corpus import Corpus, Vocabulary
from microgpt.run import LanguageModel, new_stream
from microgpt.session.learning import spread
from microgpt.session.live_run import LiveRun
from microgpt.session.opened_model import OpenedModel
from microgpt.session.pace import Pace
from microgpt.session.reports import LinkReport
from microgpt.sharing import links
from microgpt.sharing.links.sensitivity import DOCUMENTS, sensitivity
from microgpt.sharing.saved import SavedModel

MEASURED = 2000  # documents at most, spread evenly: the cost is then known to about 0.003 nats
_SECONDS = 1.0  # for the loss of a model, where the engine is slow


@dataclass(frozen=True)
class Cost:
    """What is lost in a link.

    Attributes:
        loss: nats, the mean over the documents, of the model as it is.
        loss_in_link: the same of the model that the link has.
        documents: how many were measured.
    """

    loss: float
    loss_in_link: float
    documents: int


@dataclass(frozen=True)
class Yardstick:
    """What a model is measured on.

    Attributes:
        name: of the text.
        documents: all that there are.
        unseen: whether the model has learned from none of them.
    """

    name: str
    documents: Sequence[str]
    unseen: bool


def yardstick(present: LiveRun | OpenedModel, text: Corpus | None) -> Yardstick:
    """Documents that a model can read; for a run, those that it has not learned from."""
    if isinstance(present, LiveRun):
        unseen = present.run.unseen_documents
        documents = unseen or present.run.training_documents
        return Yardstick(present.run.text_name, documents, bool(unseen))
    if text is None:
        return Yardstick("", (), False)
    known = set(present.saved.characters)
    readable = [document for document in text.documents if known.issuperset(document)]
    return Yardstick(text.name, readable, False)


def link_report(
    present: LiveRun | OpenedModel,
    text: Corpus | None,
    site: str,
    max_characters: int,
    clock: Callable[[], float],
) -> LinkReport:
    """A link to a model as it is now.

    Args:
        present: the model.
        text: the loaded one, to measure an opened model on.
        site: the address of the page, before the `#`.
        max_characters: of the whole address.
        clock: seconds.

    Raises:
        LinkError: the model doesn't fit.
        SavedModelError: training has spoilt the model.
    """
    model, room = present.saved_model(), max_characters - len(site)
    measured = yardstick(present, text)
    scale = Scale(model, clock)
    if isinstance(present, LiveRun):
        squares = present.run.engine.get_state().squares
        fragment = scale.link(model, room, present.run.training_documents, squares)
    elif 0 < len(present.fragment) <= room:
        fragment = present.fragment  # as it came: writing it again could only lose precision
    else:
        fragment = scale.link(model, room, measured.documents, None)
    in_link = links.read_link(fragment)
    assert isinstance(in_link, SavedModel)
    cost = scale.cost(model, in_link, measured.documents)
    return LinkReport(
        address=site + fragment,
        characters=len(site + fragment),
        provenance=str(in_link.provenance),
        loss=cost.loss if cost else None,
        loss_in_link=cost.loss_in_link if cost else None,
        documents=cost.documents if cost else 0,
        unseen=measured.unseen,
        measured_on=measured.name,
    )


class Scale:
    """A model's losses, with any weights in place of its own.

    Args:
        model: whose shape and vocabulary it has.
        clock: seconds.
    """

    def __init__(self, model: SavedModel, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kind = kinds.fastest()
        h, vocabulary = model.hyperparameters, Vocabulary(model.characters)
        # An engine of its own, so that a run in progress isn't disturbed.
        self._model = LanguageModel(h, vocabulary, "", self._kind, new_stream(h))

    def losses(self, weights: array[float], documents: Sequence[str]) -> array[float]:
        """Of one document after the other, as many as there is time for, but at least one."""
        self._model.engine.set_state(State.untrained(weights))
        pace, losses = Pace(), array("d")
        end = (now := self._clock()) + _SECONDS
        while len(losses) < len(documents) and (count := pace.steps(end - now, not losses)):
            part = documents[len(losses) : len(losses) + count]
            losses += self._model.engine.losses(part)
            before, now = now, self._clock()
            pace.measured(len(part), now - before)
        return losses

    def cost(self, model: SavedModel, in_link: SavedModel, documents: Sequence[str]) -> Cost | None:
        """Both models on the same documents; None where there are none."""
        if not documents:
            return None
        chosen = spread(documents, MEASURED)
        after = self.losses(in_link.weights, chosen)
        before = self.losses(model.weights, chosen[: len(after)])
        count = len(before)
        return Cost(math.fsum(before) / count, math.fsum(after[:count]) / count, count)

    def link(
        self,
        model: SavedModel,
        max_characters: int,
        documents: Sequence[str],
        squares: Sequence[float] | None,
    ) -> str:
        """The model's link, the best that can be made.

        Args:
            max_characters: of the fragment.
            documents: that it has learned from, or others that it can read.
            squares: Adam's mean squared gradients, if they are known: used where
                nothing better can be measured.

        Raises:
            LinkError: it doesn't fit.
        """
        if not documents or self._kind is kinds.SCALAR:  # which would take minutes
            return links.model_link(model, max_characters, squares)
        few = spread(documents, DOCUMENTS)
        h, vocabulary = model.hyperparameters, Vocabulary(model.characters)

        def measure(weights: array[float]) -> array[float]:
            return sensitivity(h, vocabulary, self._kind.make, weights, few)

        def loss(weights: array[float]) -> float:
            losses = self.losses(weights, few)
            return math.fsum(losses) / len(losses)

        return links.model_link(model, max_characters, None, measure, loss)
