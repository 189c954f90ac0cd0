"""The loss on what was kept out of training, for the provenance of a model that is saved.

Of all those documents, at the present step alone: see `learning` for what is shown of a run.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable

from microgpt.means import mean
from microgpt.run import Run
from microgpt.session.pace import Pace, measure


class Holdout:
    """The held-out loss of a run at its present step.

    Args:
        run: whose holdout_documents are measured.
        clock: seconds.
    """

    def __init__(self, run: Run, clock: Callable[[], float]) -> None:
        self._run = run
        self._clock = clock
        self._losses = array("d")  # of the first documents
        self._step = -1  # at which they were measured

    def measure(self, milliseconds: float) -> None:
        """Go on for about so long, at least one document."""
        documents = self._run.holdout_documents
        if self._step != self._run.step:
            self._losses, self._step = array("d"), self._run.step
        clock, end = self._clock, self._clock() + milliseconds / 1000
        measure(self._run.engine, documents, self._losses, Pace(), clock, end, at_least_one=True)

    def known(self) -> float | None:
        """What was measured at the present step, if anything was; in nats."""
        if self._step != self._run.step or not self._losses:
            return None
        return mean(self._losses)
