"""The arithmetic coder: what is written is read, and takes no more than it is worth."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgpt.errors import LinkError
from microgpt.sharing.links.entropy import MAX_BITS, Decoder, Encoder, NumberModel, Tally, choice

numbers = st.one_of(st.integers(0, 9), st.integers(0, 2**MAX_BITS - 1))


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans())))
def test_decisions_come_back(decisions: list[tuple[int, bool]]) -> None:
    encoder, known = Encoder(), [choice() for _ in range(4)]
    for which, yes in decisions:
        encoder.decide(known[which], yes)
    decoder, learned = Decoder(encoder.finish()), [choice() for _ in range(4)]
    assert [decoder.decide(learned[which]) for which, _ in decisions] == [d for _, d in decisions]
    assert learned == known


@given(st.lists(numbers), st.lists(st.integers(-(2**40), 2**40)))
def test_numbers_come_back(naturals: list[int], integers: list[int]) -> None:
    encoder, model = Encoder(), NumberModel()
    for number in naturals:
        encoder.number(model, number)
    for number in integers:
        encoder.signed(model, number)
    decoder, model = Decoder(encoder.finish()), NumberModel()
    assert [decoder.number(model) for _ in naturals] == naturals
    assert [decoder.signed(model) for _ in integers] == integers


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9])
def test_decisions_take_their_entropy(share: float) -> None:
    """Shannon's bound, and what Krichevsky and Trofimov's estimate costs besides."""
    stream = random.Random(1)
    decisions = [stream.random() < share for _ in range(20_000)]
    encoder, known = Encoder(), choice()
    for yes in decisions:
        encoder.decide(known, yes)
    measured = sum(decisions) / len(decisions)
    entropy = -sum(len(decisions) * p * math.log2(p) for p in (measured, 1 - measured))
    learning = math.log2(len(decisions)) / 2 + 1
    assert entropy - 1 <= 8 * len(encoder.finish()) <= 1.0005 * entropy + learning + 16


@given(st.lists(numbers, max_size=200))
def test_a_tally_knows_the_length_of_the_code(naturals: list[int]) -> None:
    encoder, model, tally = Encoder(), NumberModel(), Tally()
    for number in naturals:
        encoder.number(model, number)
        tally.counts[number] += 1
    assert 8 * len(encoder.finish()) == pytest.approx(tally.bits(), abs=17)


def test_costs_are_what_numbers_take_when_all_are_known() -> None:
    tally = Tally()
    tally.counts.update({0: 700, 1: 200, 5: 100})
    costs = tally.costs()
    assert costs[0] == pytest.approx(-math.log2(0.7), abs=0.01)
    assert costs[1] == pytest.approx(-math.log2(0.2), abs=0.02)
    assert costs[5] == pytest.approx(-math.log2(0.1), abs=0.1)  # four decisions, three learned
    assert 700 * costs[0] + 200 * costs[1] + 100 * costs[5] < tally.bits()


@given(st.binary(max_size=40))
def test_any_bytes_are_read_to_their_end_and_not_beyond(data: bytes) -> None:
    decoder, model = Decoder(data), NumberModel()

    def read_on() -> None:
        for _ in range(10**6):
            decoder.bits(7)
            decoder.number(model)

    with pytest.raises(LinkError, match="ends too soon"):
        read_on()
