"""How long Python will be busy in one piece, told before it is.

Nobody is answered meanwhile, so what is done unasked (a link's recipe, measuring for a plan) must
be short. Counted from the sizes, and held against how fast this machine is. Not about how long a
run takes altogether once its steps can be measured: see `plans`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from microgpt.engines.kinds import EngineKind
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.weights import weight_layout

_NUMBERS = 20_000  # that are added up to see how fast Python is
_SLOW_SECONDS = 0.0008  # in which the slow machine adds them that `kinds` has its figures of
_TRIES = 3
_MOST = 16.0  # times as slow or as fast: beyond, it is the clock that is wrong


@dataclass(frozen=True)
class Wait:
    """Seconds that Python will be busy, about the most.

    Attributes:
        start: before the first step.
        step: for each.
    """

    start: float
    step: float

    @property
    def longest(self) -> float:
        """In one piece."""
        return max(self.start, self.step)


def wait(
    hyperparameters: Hyperparameters,
    vocabulary_size: int,
    length: float,
    kind: EngineKind,
    slowness: float = 1.0,
) -> Wait:
    """What a run's beginning and its steps will take.

    Args:
        hyperparameters: of the run.
        vocabulary_size: with BOS.
        length: characters in a document.
        kind: of the engine.
        slowness: of this machine, see below; 1 for a slow one.
    """
    weights = weight_layout(hyperparameters, vocabulary_size).size
    work = kind.work(hyperparameters, vocabulary_size, round(length))
    return Wait(start=slowness * weights / kind.weights, step=slowness * work / kind.flops)


def slowness(clock: Callable[[], float]) -> float:
    """How many times as long Python takes here as on the slow machine of `kinds`."""
    numbers = [float(number) for number in range(_NUMBERS)]
    seconds = []
    for _ in range(_TRIES):
        begin = clock()
        total = 0.0
        for number in numbers:
            total += number * 0.5
        seconds.append(clock() - begin)
    return min(_MOST, max(1 / _MOST, min(seconds) / _SLOW_SECONDS))
