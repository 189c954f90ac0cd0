"""A model's link, made with what can be measured here, and what it costs.

Not about how a link is written (`links`), nor about who asks for one (`session`).
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from microgpt import links
from microgpt.corpus import Vocabulary
from microgpt.engine import State
from microgpt.engines import ENGINES, fastest
from microgpt.links.sensitivity import DOCUMENTS, sensitivity
from microgpt.saved import SavedModel
from microgpt.training import LanguageModel, new_stream

MEASURED = 2000  # documents at most, spread evenly: the cost is then known to some 0.003 nats
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


class Scale:
    """A model's losses, with any weights in place of its own.

    Args:
        model: whose shape and vocabulary it has.
        clock: seconds.
    """

    def __init__(self, model: SavedModel, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._engine = fastest()
        h, vocabulary = model.hyperparameters, Vocabulary(model.characters)
        # An engine of its own: nothing that goes on is disturbed.
        self._model = LanguageModel(h, vocabulary, "", ENGINES[self._engine].make, new_stream(h))

    def losses(self, weights: array[float], documents: Sequence[str]) -> list[float]:
        """Of one document after the other, as many as there is time for, but at least one."""
        zeros = array("d", bytes(8 * len(weights)))
        self._model.engine.set_state(State(weights, zeros, zeros, 0))
        end = self._clock() + _SECONDS
        losses = []
        for document in documents:
            losses.append(self._model.document_loss(document))
            if self._clock() >= end:
                break
        return losses

    def cost(self, model: SavedModel, in_link: SavedModel, documents: Sequence[str]) -> Cost | None:
        """Both models on the same documents; None where there are none."""
        if not documents:
            return None
        chosen = _spread(documents, MEASURED)
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
            squares: Adam's mean squared gradients, if they are known: what is gone by
                where nothing better can be measured.

        Raises:
            LinkError: it doesn't fit.
        """
        if not documents or self._engine == "scalar":  # which would take minutes
            return links.model_link(model, max_characters, squares)
        few = _spread(documents, DOCUMENTS)
        h, vocabulary = model.hyperparameters, Vocabulary(model.characters)

        def measure(weights: array[float]) -> array[float]:
            return sensitivity(h, vocabulary, ENGINES[self._engine].make, weights, few)

        def loss(weights: array[float]) -> float:
            losses = self.losses(weights, few)
            return math.fsum(losses) / len(losses)

        return links.model_link(model, max_characters, None, measure, loss)


def _spread(documents: Sequence[str], most: int) -> Sequence[str]:
    """So many of the documents at most, evenly over all of them."""
    count = len(documents)
    return documents if count <= most else [documents[i * count // most] for i in range(most)]
