"""The loss on documents that a run has not learned from, measured piece by piece."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypedDict

from microgpt.run import Run


class HoldoutLoss(TypedDict):
    """The mean loss over documents that were kept out of training."""

    loss: float  # nats
    documents: int  # measured so far
    of: int


class Holdout:
    """The held-out loss of a run at its present step.

    Args:
        run: whose holdout_documents are measured.
        clock: seconds.
    """

    def __init__(self, run: Run, clock: Callable[[], float]) -> None:
        self._run = run
        self._clock = clock
        self._losses: list[float] = []  # of the first documents
        self._step = -1  # at which they were measured

    def measure(self, milliseconds: float) -> HoldoutLoss | None:
        """Go on for about so long, at least one document; None where nothing was kept out."""
        documents = self._run.holdout_documents
        if not documents:
            return None
        if self._step != self._run.step:
            self._losses, self._step = [], self._run.step
        begin = self._clock()
        for document in documents[len(self._losses) :]:
            self._losses.append(self._run.engine.loss(document))
            if (self._clock() - begin) * 1000 >= milliseconds:
                break
        return HoldoutLoss(
            loss=math.fsum(self._losses) / len(self._losses),
            documents=len(self._losses),
            of=len(documents),
        )

    def known(self) -> float | None:
        """What was measured at the present step, if anything was; in nats."""
        if self._step != self._run.step or not self._losses:
            return None
        return math.fsum(self._losses) / len(self._losses)
