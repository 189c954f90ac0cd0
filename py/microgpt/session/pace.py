"""Time: how many steps to take at a time, and how fast a run goes.

Whoever waits gets an answer soon, because no call lasts longer than it may.
"""

from __future__ import annotations

import math
from array import array
from collections import deque
from collections.abc import Callable, Sequence

from microgpt.engines.engine import Engine

_GROWTH = 4  # times as many steps in a call as in the one before, at most
_WINDOW = 3.0  # seconds of training over which the speed is averaged


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


def measure(
    engine: Engine,
    documents: Sequence[str],
    losses: array[float],
    pace: Pace,
    clock: Callable[[], float],
    end: float,
    at_least_one: bool,
) -> None:
    """Add the losses of those documents that have none yet, as many as there is time for.

    Args:
        engine: whose losses they are.
        documents: all of them.
        losses: nats, of the first documents; more are added.
        pace: of this engine.
        clock: seconds.
        end: when to stop, on the clock.
        at_least_one: even if there is no time.
    """
    before, now = len(losses), clock()
    while len(losses) < len(documents):
        count = pace.steps(end - now, at_least_one and len(losses) == before)
        if not count:
            return
        part = documents[len(losses) : len(losses) + count]
        losses += engine.losses(part)
        began, now = now, clock()
        pace.measured(len(part), now - began)


class Stopwatch:
    """How long a run has trained, and how fast it has been lately.

    Args:
        step: of the run, so far.
        seconds: of training, so far.
    """

    def __init__(self, step: int, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self._marks = deque([(seconds, step)])  # (seconds, step)

    def add(self, seconds: float, step: int) -> None:
        """It trained for so long, and came to that step."""
        self.seconds += seconds
        self._marks.append((self.seconds, step))
        while len(self._marks) > 2 and self._marks[1][0] < self.seconds - _WINDOW:
            self._marks.popleft()

    @property
    def steps_per_second(self) -> float:
        """Over the last few seconds of training; 0 where nothing was measured."""
        (seconds_then, step_then), (seconds_now, step_now) = self._marks[0], self._marks[-1]
        seconds = seconds_now - seconds_then
        return (step_now - step_then) / seconds if seconds > 0 else 0.0

    def seconds_for(self, steps: int) -> float:
        """How long so many more steps will take, infinite where nothing was measured."""
        speed = self.steps_per_second
        return steps / speed if speed > 0 else math.inf
