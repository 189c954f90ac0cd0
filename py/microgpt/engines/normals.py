"""Many random numbers of the normal distribution, as a stream draws them one by one.

A large model has millions of weights, and to draw them with a call for each takes longer
than anything else at its start.
"""

from __future__ import annotations

import random
from array import array
from math import cos, log, pi, sin, sqrt

from microgpt.gpt.random_streams import PythonStream, RandomStream

_PAIRS = 1 << 15  # at a time


def normals(stream: RandomStream, deviation: float, count: int) -> array[float]:
    """What so many calls of stream.gauss(0.0, deviation) give, and leave in the stream."""
    if not isinstance(stream, PythonStream):
        return array("d", [stream.gauss(0.0, deviation) for _ in range(count)])
    # As `random.Random.gauss` does it: numbers come in pairs, and one may be waiting.
    source = random.Random()
    source.setstate(stream.get_state())
    version, words, waiting = source.getstate()
    numbers = array("d", [] if waiting is None else [waiting])
    while len(numbers) < count:
        numbers += _pairs(source, min(_PAIRS, (count - len(numbers) + 1) // 2))
    version, words, _ = source.getstate()
    waiting = numbers.pop() if len(numbers) > count else None
    stream.set_state((version, words, waiting))
    return array("d", [0.0 + number * deviation for number in numbers])


def _pairs(source: random.Random, count: int) -> array[float]:
    """So many pairs, with a mean of 0 and a deviation of 1."""
    draw = source.random
    drawn = [draw() for _ in range(2 * count)]
    turns = [number * (2.0 * pi) for number in drawn[::2]]
    radii = [sqrt(-2.0 * log(1.0 - number)) for number in drawn[1::2]]
    numbers = array("d", bytes(16 * count))
    numbers[::2] = array("d", [cos(t) * r for t, r in zip(turns, radii, strict=True)])
    numbers[1::2] = array("d", [sin(t) * r for t, r in zip(turns, radii, strict=True)])
    return numbers
