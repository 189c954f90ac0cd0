"""Where the randomness of a run comes from, as streams that all have one interface.

`python` draws from Python's own `random` exactly as the Python original does;
`xorshift` repeats the Rust port's generator bit by bit. Both can `get_state` and
`set_state`, so that a run can be continued. Not for cryptography.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any, Protocol


class RandomStream(Protocol):
    """What training and sampling draw.

    Attributes:
        subtracts: how it chooses: by subtracting weights from a share, or by adding them
            up to it.
    """

    subtracts: bool

    def gauss(self, mean: float, standard_deviation: float) -> float:
        """One number from the normal distribution."""

    def shuffle(self, items: list[Any]) -> None:
        """Put the items into a random order, in place."""

    def choose(self, weights: Sequence[float]) -> int:
        """An index, with a probability proportional to its weight, by one `uniform`."""

    def uniform(self) -> float:
        """One number from 0 to 1, without 1."""

    def get_state(self) -> Any:
        """All that decides the following draws."""

    def set_state(self, state: Any) -> None:
        """Go on from where another stream of the same kind was."""


class PythonStream:
    """Python's Mersenne Twister, called as the Python original calls it."""

    subtracts = False

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)

    def gauss(self, mean: float, standard_deviation: float) -> float:
        return self._random.gauss(mean, standard_deviation)

    def shuffle(self, items: list[Any]) -> None:
        self._random.shuffle(items)

    def choose(self, weights: Sequence[float]) -> int:
        return self._random.choices(range(len(weights)), weights=weights)[0]

    def uniform(self) -> float:
        return self._random.random()

    def get_state(self) -> Any:
        return self._random.getstate()

    def set_state(self, state: Any) -> None:
        self._random.setstate(state)


class XorshiftStream:
    """Marsaglia's 64-bit xorshift (shifts 13, 7, 17) with Box-Muller normals."""

    _MASK = (1 << 64) - 1
    subtracts = True
    _SEED_MASK = 0x123456789ABCDEF  # no 32-bit seed gives the state 0, which xorshift can't leave

    def __init__(self, seed: int) -> None:
        self._state = seed ^ self._SEED_MASK

    def _next(self) -> int:
        x = self._state
        x ^= (x << 13) & self._MASK
        x ^= x >> 7
        x ^= (x << 17) & self._MASK
        self._state = x
        return x

    def uniform(self) -> float:
        return (self._next() >> 11) / (1 << 53)

    def gauss(self, mean: float, standard_deviation: float) -> float:
        radius = math.sqrt(-2.0 * math.log(max(self.uniform(), 1e-300)))
        return mean + standard_deviation * radius * math.cos(2.0 * math.pi * self.uniform())

    def shuffle(self, items: list[Any]) -> None:
        for i in range(len(items) - 1, 0, -1):
            j = self._next() % (i + 1)
            items[i], items[j] = items[j], items[i]

    def choose(self, weights: Sequence[float]) -> int:
        total = 0.0
        for weight in weights:
            total += weight
        rest = self.uniform() * total
        for index, weight in enumerate(weights):
            rest -= weight
            if rest <= 0.0:
                return index
        return len(weights) - 1

    def get_state(self) -> Any:
        return self._state

    def set_state(self, state: Any) -> None:
        self._state = state


RANDOM_STREAMS: dict[str, Callable[[int], RandomStream]] = {
    "python": PythonStream,
    "xorshift": XorshiftStream,
}
