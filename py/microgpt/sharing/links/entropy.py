"""Arithmetic coding: yes-or-no decisions and whole numbers → as few bytes as possible.

A binary coder in 32-bit integers whose probabilities are learned from the decisions
coded so far, so that none need be sent. Reader and writer do the same integer
operations, so they agree on every platform; old links are read with them, so they are
frozen (see `formats`). Not about what the numbers mean, nor about damage: any bytes
decode to something.

Witten, Neal and Cleary, "Arithmetic Coding for Data Compression", 1987; Krichevsky and
Trofimov, "The Performance of Universal Encoding", 1981.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

from microgpt.errors import LinkError

MAX_BITS = 64  # of a number

_ALL = 0xFFFFFFFF  # the interval at the beginning: 32 bits
_TOP = 0xFF000000
_WINDOW = 4  # bytes of the interval: so many are looked at behind the last one

Choice = list[int]  # 2 n + 1 for n noes so far, and the same for yeses


def choice() -> Choice:
    """A decision about which nothing is known yet.

    The ratio of its two numbers is Krichevsky and Trofimov's estimate,
    (noes + 1/2) to (yeses + 1/2).
    """
    return [1, 1]


class NumberModel(defaultdict[int, Choice]):
    """What is known about one kind of whole numbers: `Choice`s by the nodes of `path`."""

    def __init__(self) -> None:
        super().__init__(choice)


@lru_cache(maxsize=1 << 12)
def path(value: int) -> tuple[tuple[tuple[int, int], ...], int]:
    """How a number from 0 to 2^MAX_BITS - 1 is written.

    First its count of bits, one decision for each: does it go on? Then the two
    bits below the highest, which are learned for each count; then the others as
    they are. So a distribution is learned as a histogram of four steps an octave,
    and zeros alone cost next to nothing.

    Returns:
        The decisions, each with the node of a NumberModel, and how many bits follow.
    """
    size = value.bit_length()
    decisions = [(4 * i, 1) for i in range(size)]
    if size < MAX_BITS:
        decisions.append((4 * size, 0))
    if size > 1:
        second = value >> (size - 2) & 1
        decisions.append((4 * size + 1, second))
        if size > 2:
            decisions.append((4 * size + 2 + second, value >> (size - 3) & 1))
    return tuple(decisions), max(0, size - 3)


def folded(value: int) -> int:
    """Integers as numbers: 0, -1, 1, -2, 2 … → 0, 1, 2, 3, 4 and so on."""
    return 2 * value if value >= 0 else -2 * value - 1


class Encoder:
    """Decisions → bytes."""

    def __init__(self) -> None:
        self._low, self._high = 0, _ALL
        self._out = bytearray()

    def decide(self, known: Choice, yes: int) -> None:
        """Write a decision, 0 or 1, and learn from it."""
        noes, yeses = known
        middle = self._low + (self._high - self._low) * noes // (noes + yeses)
        if yes:
            self._low = middle + 1
            known[1] += 2
        else:
            self._high = middle
            known[0] += 2
        while not (self._low ^ self._high) & _TOP:
            self._out.append(self._high >> 24)
            self._low = self._low << 8 & _ALL
            self._high = self._high << 8 & _ALL | 0xFF

    def bits(self, value: int, count: int) -> None:
        """Write an integer of so many bits, all values alike, highest bit first."""
        for i in reversed(range(count)):
            self.decide([1, 1], value >> i & 1)

    def number(self, model: NumberModel, value: int) -> None:
        """Write an integer from 0 to 2^MAX_BITS - 1."""
        decisions, rest = path(value)
        for node, yes in decisions:
            self.decide(model[node], yes)
        self.bits(value, rest)

    def signed(self, model: NumberModel, value: int) -> None:
        """Write an integer from -2^(MAX_BITS - 1) to 2^(MAX_BITS - 1) - 1."""
        self.number(model, folded(value))

    def finish(self) -> bytes:
        """All that was written, in the fewest bytes that lie in the interval if zeros follow."""
        for size in range(_WINDOW):
            end = self._high >> (32 - 8 * size) << (32 - 8 * size)
            if end >= self._low:
                break
        else:
            size, end = _WINDOW, self._high
        return bytes(self._out) + end.to_bytes(_WINDOW, "big")[:size]


class Decoder:
    """Bytes → decisions, by the calls that wrote them.

    Every method raises LinkError when more is read than was written, so that
    reading ends soon whatever the bytes are.
    """

    def __init__(self, data: bytes) -> None:
        self._low, self._high = 0, _ALL
        self._bytes = iter(data + bytes(_WINDOW))
        self._code = 0
        for _ in range(_WINDOW):
            self._code = self._code << 8 | next(self._bytes)

    def decide(self, known: Choice) -> int:
        """Read a decision, 0 or 1, and learn from it."""
        noes, yeses = known
        middle = self._low + (self._high - self._low) * noes // (noes + yeses)
        yes = self._code > middle
        if yes:
            self._low = middle + 1
            known[1] += 2
        else:
            self._high = middle
            known[0] += 2
        while not (self._low ^ self._high) & _TOP:
            self._shift()
        return int(yes)

    def _shift(self) -> None:
        byte = next(self._bytes, None)
        if byte is None:
            raise LinkError(
                "This link ends too soon: it announces more than it has. Ask for a new one."
            )
        self._low = self._low << 8 & _ALL
        self._high = self._high << 8 & _ALL | 0xFF
        self._code = self._code << 8 & _ALL | byte

    def bits(self, count: int) -> int:
        """Read an integer of so many bits."""
        value = 0
        for _ in range(count):
            value = value << 1 | self.decide([1, 1])
        return value

    def number(self, model: NumberModel) -> int:
        """Read an integer from 0 to 2^MAX_BITS - 1."""
        size = 0
        while size < MAX_BITS and self.decide(model[4 * size]):
            size += 1
        if size < 2:
            return size
        second = self.decide(model[4 * size + 1])
        if size == 2:
            return 2 | second
        third = self.decide(model[4 * size + 2 + second])
        return (4 | second << 1 | third) << (size - 3) | self.bits(size - 3)

    def signed(self, model: NumberModel) -> int:
        """Read an integer that `Encoder.signed` wrote."""
        value = self.number(model)
        return -(value + 1 >> 1) if value & 1 else value >> 1


class Tally:
    """Numbers of one kind, counted: what they will take, without coding them.

    Attributes:
        counts: how often each number occurs.
    """

    def __init__(self) -> None:
        self.counts: defaultdict[int, int] = defaultdict(int)

    def _nodes(self) -> dict[int, list[int]]:
        nodes: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        for value, count in self.counts.items():
            for node, yes in path(value)[0]:
                nodes[node][yes] += count
        return nodes

    def bits(self) -> float:
        """Bits that an Encoder takes for all of them, in any order."""
        rest = sum(path(value)[1] * count for value, count in self.counts.items())
        return rest + sum(_ideal_bits(noes, yeses) for noes, yeses in self._nodes().values())

    def costs(self) -> CostTable:
        """Bits of each number when all of them are known."""
        return CostTable(self._nodes())


class CostTable(dict[int, float]):
    """Bits by number, worked out when first asked for.

    Args:
        nodes: how many noes and yeses there were, by the nodes of `path`.
    """

    def __init__(self, nodes: Mapping[int, list[int]]) -> None:
        super().__init__()
        self._nodes = nodes

    def __missing__(self, value: int) -> float:
        decisions, rest = path(value)
        bits = float(rest)
        for node, yes in decisions:
            counts = self._nodes.get(node, (0, 0))
            bits -= math.log2((counts[yes] + 0.5) / (counts[0] + counts[1] + 1))
        self[value] = bits
        return bits


def _ideal_bits(noes: int, yeses: int) -> float:
    """-log2 of Γ(noes + ½) Γ(yeses + ½) / (π Γ(noes + yeses + 1)): the estimates' product."""
    nats = math.lgamma(noes + yeses + 1) + math.log(math.pi)
    return (nats - math.lgamma(noes + 0.5) - math.lgamma(yeses + 0.5)) / math.log(2)
