"""Both random streams, against Python's own and against figures of the Rust generator."""

import random
from collections import Counter

import pytest

from microgpt.gpt.random_streams import RANDOM_STREAMS, PythonStream, XorshiftStream


def test_the_python_stream_draws_as_random_does() -> None:
    stream, oracle = PythonStream(42), random.Random(42)
    ours, theirs = list(range(10)), list(range(10))
    stream.shuffle(ours)
    oracle.shuffle(theirs)
    assert ours == theirs
    assert [stream.gauss(0, 0.08) for _ in range(5)] == [oracle.gauss(0, 0.08) for _ in range(5)]
    weights = [0.1, 0.5, 0.4]
    drawn = [stream.choose(weights) for _ in range(20)]
    assert drawn == [oracle.choices(range(3), weights=weights)[0] for _ in range(20)]


def test_xorshift_is_marsaglias_generator() -> None:
    # x ^= x << 13; x ^= x >> 7; x ^= x << 17 on 64 bits, worked out by hand from the state 1.
    stream = XorshiftStream(0)
    stream.set_state(1)
    first = 1 ^ (1 << 13)
    first ^= first >> 7
    first ^= first << 17
    stream.shuffle([0, 1])  # draws once
    assert stream.get_state() == first == 1082269761


@pytest.mark.parametrize("kind", RANDOM_STREAMS)
def test_a_state_that_is_set_repeats_what_followed(kind: str) -> None:
    stream, other = RANDOM_STREAMS[kind](7), RANDOM_STREAMS[kind](8)
    stream.gauss(0, 1)  # Python's keeps a second number for the next call
    other.set_state(stream.get_state())
    assert [stream.gauss(0, 1) for _ in range(3)] == [other.gauss(0, 1) for _ in range(3)]
    assert stream.choose([1, 2, 3]) == other.choose([1, 2, 3])


@pytest.mark.parametrize("kind", RANDOM_STREAMS)
def test_draws_have_the_asked_for_distribution(kind: str) -> None:
    stream = RANDOM_STREAMS[kind](1)
    normal = [stream.gauss(2.0, 3.0) for _ in range(20_000)]
    mean = sum(normal) / len(normal)
    variance = sum((x - mean) ** 2 for x in normal) / len(normal)
    assert mean == pytest.approx(2.0, abs=0.1)
    assert variance == pytest.approx(9.0, rel=0.05)
    counts = Counter(stream.choose([1.0, 0.0, 3.0]) for _ in range(8000))
    assert counts[0] / 8000 == pytest.approx(0.25, abs=0.03)
    assert counts[1] == 0
    items = list(range(100))
    stream.shuffle(items)
    assert sorted(items) == list(range(100))
    assert items != list(range(100))
