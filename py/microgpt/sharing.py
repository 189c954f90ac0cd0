"""What a link costs: the loss of a model as it is, and as a link will carry it.

Not about how a link is written (`links`) or opened (`session`).
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from microgpt.engine import State
from microgpt.saved import SavedModel
from microgpt.training import LanguageModel

MEASURED = 2000  # documents at most, spread evenly: the cost is then known to some 0.003 nats
_SECONDS = 1.0  # for each of both models, where an engine is slow


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


def cost(
    model: LanguageModel,
    weights: array[float],
    in_link: SavedModel,
    documents: Sequence[str],
    clock: Callable[[], float],
) -> Cost | None:
    """Measure both models on the same documents; None where there are none.

    Args:
        model: whose engine computes; it is left with the weights that it is given.
        weights: of the model as it is.
        in_link: what is read from the link.
        documents: with no other characters than the model's.
        clock: seconds.
    """
    if not documents:
        return None
    chosen = [
        documents[i * len(documents) // MEASURED] if len(documents) > MEASURED else documents[i]
        for i in range(min(len(documents), MEASURED))
    ]
    _use(model, in_link.weights)
    after = _losses(model, chosen, clock)
    _use(model, weights)
    before = _losses(model, chosen[: len(after)], clock)
    count = len(before)
    return Cost(math.fsum(before) / count, math.fsum(after[:count]) / count, count)


def _use(model: LanguageModel, weights: array[float]) -> None:
    zeros = array("d", bytes(8 * len(weights)))
    model.engine.set_state(State(weights, zeros, zeros, 0))


def _losses(
    model: LanguageModel, documents: Sequence[str], clock: Callable[[], float]
) -> list[float]:
    """Of one document after the other, as many as there is time for, but at least one."""
    end = clock() + _SECONDS
    losses = []
    for document in documents:
        losses.append(model.document_loss(document))
        if clock() >= end:
            break
    return losses
