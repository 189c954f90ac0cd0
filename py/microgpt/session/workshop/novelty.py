"""How likely it is that a model writes a line of its text: exactly, not by trying.

The sum of the probabilities of all lines, each once. Of a line that is longer than block_size
the model can write the beginning alone, and that counts.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from microgpt.errors import SamplingError
from microgpt.session.drawing import check_sampling
from microgpt.session.reports import Novelty
from microgpt.session.workshop.workbench import Workbench


class NoveltySum:
    """The sum on its way.

    Args:
        clock: seconds.

    Raises:
        SamplingError: there is no text, or no such temperature.
    """

    def __init__(
        self, bench: Workbench, temperature: float, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        check_sampling(1, temperature)
        if bench.lines is None:
            raise SamplingError(
                "How new what it makes up is can't be told: the model came without its text. Open "
                "a saved run, or train a model."
            )
        self.bench = bench
        self.temperature = temperature
        self._clock = clock
        self._lines = bench.lines.seen
        self._terms: list[float] = []
        self._size = 16

    def measure(self, milliseconds: float) -> Novelty:
        """Go on for about so long, at least some lines."""
        end = self._clock() + milliseconds / 1000
        while len(self._terms) < len(self._lines):
            begin = self._clock()
            some = self._lines[len(self._terms) : len(self._terms) + self._size]
            found = self.bench.engine.surprises(some, self.temperature)
            self._terms += [math.exp(-math.fsum(surprises)) for surprises in found]
            took = max(self._clock() - begin, 1e-6)
            # Some ten pieces a slice, so that the last one doesn't take too long.
            self._size = max(1, min(2048, int(self._size * milliseconds / 1000 / 10 / took)))
            if self._clock() >= end:
                break
        return Novelty(
            probability=min(1.0, math.fsum(self._terms)),
            documents=len(self._terms),
            complete=len(self._terms) == len(self._lines),
        )
