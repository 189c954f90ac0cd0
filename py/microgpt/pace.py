"""How many steps to take at a time, so that whoever waits gets an answer soon."""

from __future__ import annotations

_GROWTH = 4  # times as many steps in a call as in the one before, at most


class Pace:
    """How many steps to ask an engine for at a time, from how long the last ones took.

    A call costs far more than a step of a small model, and nothing else happens
    until it returns.
    """

    def __init__(self) -> None:
        self._steps = 0
        self._seconds_per_step = 0.0

    def steps(self, seconds: float, at_least_one: bool) -> int:
        """As many as are done in that time, or 0 if none is."""
        least = 1 if at_least_one else 0
        if not self._steps:
            return max(least, 1)
        if seconds <= 0:
            return least
        if not self._seconds_per_step:  # too quick for the clock
            return self._steps * _GROWTH
        return max(least, min(int(seconds / self._seconds_per_step), self._steps * _GROWTH))

    def measured(self, steps: int, seconds: float) -> None:
        """What a call took."""
        self._steps = steps
        self._seconds_per_step = seconds / steps
