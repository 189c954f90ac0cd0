"""From recordings of the first positions to loops that are the same at every position.

Successive operations of the same kind whose operands all move on by constants are a loop. The
loops of two positions tell what grows with the position; all others that were recorded are held
to that. Then every number has a place: those that a loop makes lie side by side. Not about the
code of a loop: see `writing`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from microgpt.tracing.recording import (
    CONSTANT,
    POSITION,
    VALUE,
    Operation,
    Recording,
    TraceError,
)

_LONGEST = 8  # operations in one round of a loop

_IRREGULAR = "what the model computes isn't alike from position to position"


@dataclass(frozen=True)
class Growing:
    """A whole number that grows with the position: first + position · growth."""

    first: int
    growth: int

    def at(self, position: int) -> int:
        """At a position."""
        return self.first + position * self.growth


@dataclass(frozen=True)
class Operand:
    """Addresses: first at position 0, and how they move on.

    Attributes:
        by_position, by_round, by_term: added for each position, round of the loop, and term of
            a dot, sum or max.
    """

    first: int
    by_position: int
    by_round: int
    by_term: int


@dataclass(frozen=True)
class Loop:
    """Rounds of one operation.

    Attributes:
        kind, number: of the operation; see `Operation`.
        rounds: how many.
        terms: of a dot, sum or max; else 1.
        out: where the results lie, side by side.
        left, right: operands; right is None where there is none.
    """

    kind: str
    number: float
    rounds: Growing
    terms: Growing
    out: Operand
    left: Operand
    right: Operand | None


@dataclass(frozen=True)
class Pattern:
    """All that is computed at a position.

    Attributes:
        loops: in their order.
        values: how many numbers a position makes, at most.
        results: the addresses of what comes out, by term.
    """

    loops: list[Loop]
    values: int
    results: Operand


@dataclass(frozen=True)
class _Rolled:
    """A run of operations: so many rounds of so many."""

    period: int
    rounds: int


def roll(recordings: Sequence[Recording], results: Sequence[Sequence[int]], block: int) -> Pattern:
    """What the recordings have in common.

    Args:
        recordings: of positions 0, 1, … at least 4 of them.
        results: of each, the addresses of what comes out.
        block: how many positions there can be.

    Raises:
        TraceError: they are not alike.
    """
    groups = _groups(recordings)
    offsets, values = _offsets(groups, _chains(groups, recordings[-1], results[-1]), block)
    places = [_places(groups, offsets, t) for t in range(len(recordings))]
    begins = [0] * len(recordings)  # of the group, among the operations of each position
    loops: list[Loop] = []
    for group, (period, rounds) in enumerate(groups):
        for phase in range(period):
            table = [
                [recording.operations[begins[t] + i * period + phase] for i in range(rounds.at(t))]
                for t, recording in enumerate(recordings)
            ]
            loops.append(_loop(table, places, rounds, offsets[group][phase]))
        begins = [begin + period * rounds.at(t) for t, begin in enumerate(begins)]
    outcome = _operand([[_moved(addresses, places)] for addresses in results])
    return Pattern(loops, values, outcome)


# --- which operations are rounds of a loop -----------------------------------------------------


def _groups(recordings: Sequence[Recording]) -> list[tuple[int, Growing]]:
    """Of each loop: operations in a round, and rounds."""
    last, before = (_rolled(each.operations, each.position) for each in recordings[-1:-3:-1])
    if [each.period for each in last] != [each.period for each in before]:
        raise TraceError(_IRREGULAR)
    position = len(recordings) - 1
    groups = []
    for one, other in zip(last, before, strict=True):
        growth = one.rounds - other.rounds
        groups.append((one.period, Growing(one.rounds - position * growth, growth)))
    for t, recording in enumerate(recordings):
        count = sum(period * rounds.at(t) for period, rounds in groups)
        if count != len(recording.operations) or any(r.at(t) < 0 for _, r in groups):
            raise TraceError(f"{_IRREGULAR}: position {t} has {len(recording.operations)} values.")
    return groups


def _rolled(operations: Sequence[Operation], position: int) -> list[_Rolled]:
    """The operations as loops, each as long as it can be."""
    shapes: dict[object, int] = {}
    keys = [_Key(operation, shapes, position) for operation in operations]
    found, at = [], 0
    while at < len(keys):
        best = _Rolled(1, 1)
        for period in range(1, _LONGEST + 1):
            rounds = _repetitions(keys, at, period)
            if rounds > 1 and rounds * period > best.rounds * best.period:
                best = _Rolled(period, rounds)
        found.append(best)
        at += best.period * best.rounds
    return found


class _Key:
    """What decides whether operations are rounds of a loop.

    Attributes:
        shape: what an operation is, but for where its operands begin.
        left, right: where they do.
        own: which values of the same position it uses, by their index.
    """

    __slots__ = ("left", "own", "right", "shape")

    def __init__(self, operation: Operation, shapes: dict[object, int], position: int) -> None:
        left, right = operation.left, operation.right
        self.left, self.right = first, second = left[0], right[0] if right else 0
        shape = (
            operation.kind,
            operation.number,
            tuple([address - first for address in left]),
            tuple([address - second for address in right]),
        )
        self.shape = shapes.setdefault(shape, len(shapes))
        begin = VALUE + position * POSITION
        own = {a - begin for a in (*left, *right) if begin <= a < begin + POSITION}
        self.own = sorted(own)

    def uses(self, first: int, end: int) -> bool:
        """Whether it uses one of the values from first on, before end."""
        place = bisect_left(self.own, first)
        return place < len(self.own) and self.own[place] < end


def _repetitions(keys: Sequence[_Key], at: int, period: int) -> int:
    """How many times the next so many operations come again, moved on by the same each time.

    And none of them uses what a round before has made.
    """
    if at + 2 * period > len(keys):
        return 1
    for i in range(at, at + period - 1):  # a round that has a loop in it is none
        if keys[i].shape == keys[i + 1].shape and not keys[i + 1].uses(i, i + 1):
            return 1
    steps = []
    for i in range(at, at + period):
        one, other = keys[i], keys[i + period]
        steps.append((one.shape, other.left - one.left, other.right - one.right))
    rounds = 1
    while at + (rounds + 1) * period <= len(keys):
        begin = at + rounds * period
        for i, (shape, by_left, by_right) in enumerate(steps, begin):
            one, other = keys[i - period], keys[i]
            moved = other.left - one.left == by_left and other.right - one.right == by_right
            if not (shape == other.shape and moved) or other.uses(at, begin):
                return rounds
        rounds += 1
    return rounds


# --- where numbers lie -------------------------------------------------------------------------


_Unit: TypeAlias = tuple[int, int]  # a group, and an operation of its round


def _chains(
    groups: list[tuple[int, Growing]], recording: Recording, results: Sequence[int]
) -> list[list[_Unit]]:
    """What lies side by side, because it is used as one list: the results of several loops."""
    owner: list[tuple[_Unit, int]] = []  # of each value, and which of its it is
    sizes: dict[_Unit, int] = {}
    for group, (period, rounds) in enumerate(groups):
        count = rounds.at(recording.position)
        for phase in range(period):
            sizes[group, phase] = count
        owner += [((group, phase), i) for i in range(count) for phase in range(period)]
    chains: list[list[_Unit]] = []
    chained: set[_Unit] = set()
    first = VALUE + recording.position * POSITION
    used = [results, *(side for each in recording.operations for side in (each.left, each.right))]
    for addresses in dict.fromkeys(tuple(each) for each in used if len(each) > 1):
        if not all(first <= address < first + len(owner) for address in addresses):
            continue
        units = [owner[address - first] for address in addresses]
        chain = list(dict.fromkeys(unit for unit, _ in units))
        whole = [(unit, i) for unit in chain for i in range(sizes[unit])]
        if len(chain) > 1 and units == whole and not chained.intersection(chain):
            chains.append(chain)
            chained.update(chain)
    return chains


def _offsets(
    groups: list[tuple[int, Growing]], chains: list[list[_Unit]], block: int
) -> tuple[list[list[int]], int]:
    """Of each operation of a group's round, where its results begin; and how many numbers."""
    offsets = [[-1] * period for period, _ in groups]
    of = {chain[0]: chain for chain in chains}
    later = {unit for chain in chains for unit in chain[1:]}
    used = 0
    for group, (period, _) in enumerate(groups):
        for phase in range(period):
            if (group, phase) in later:
                continue
            for unit in of.get((group, phase), [(group, phase)]):
                rounds = groups[unit[0]][1]
                offsets[unit[0]][unit[1]] = used
                used += max(rounds.at(0), rounds.at(block - 1))
    return offsets, used


def _places(
    groups: list[tuple[int, Growing]], offsets: list[list[int]], position: int
) -> list[int]:
    """Where the values of a position lie, in the order of their creation."""
    places: list[int] = []
    for (_, rounds), begins in zip(groups, offsets, strict=True):
        for i in range(rounds.at(position)):
            places += [begin + i for begin in begins]
    return places


def _moved(addresses: Sequence[int], places: Sequence[list[int]]) -> list[int]:
    """The addresses, those of values where they lie."""
    moved = []
    for address in addresses:
        if VALUE <= address < CONSTANT:
            position, index = divmod(address - VALUE, POSITION)
            address = VALUE + position * POSITION + places[position][index]
        moved.append(address)
    return moved


# --- what a loop is ----------------------------------------------------------------------------


def _loop(
    table: list[list[Operation]],
    places: Sequence[list[int]],
    rounds: Growing,
    begin: int,
) -> Loop:
    """A loop, from its operations at each position.

    Args:
        begin: where its results lie.
    """
    sample = table[-1][0]
    for row in table:
        if any((each.kind, each.number) != (sample.kind, sample.number) for each in row):
            raise TraceError(_IRREGULAR)
    left = _operand([[_moved(each.left, places) for each in row] for row in table])
    right = None
    if sample.right:
        right = _operand([[_moved(each.right, places) for each in row] for row in table])
    return Loop(
        kind=sample.kind,
        number=sample.number,
        rounds=rounds,
        terms=_growing([len(row[0].left) if row else None for row in table]),
        out=Operand(VALUE + begin, POSITION, 1, 0),
        left=left,
        right=right,
    )


def _growing(counts: list[int | None]) -> Growing:
    """How a number grows with the position; None where it isn't known."""
    known = [(t, count) for t, count in enumerate(counts) if count is not None]
    if len(known) == 1:
        return Growing(known[0][1], 0)
    (before, fewer), (last, count) = known[-2:]
    growth = (count - fewer) // (last - before)
    found = Growing(count - last * growth, growth)
    if any(found.at(t) != count for t, count in known):
        raise TraceError(_IRREGULAR)
    return found


def _operand(table: list[list[list[int]]]) -> Operand:
    """The addresses of an operand at each position, in each round, term by term."""
    last = len(table) - 1
    rows = table[last]
    by_term = rows[0][1] - rows[0][0] if len(rows[0]) > 1 else 0
    by_round = rows[1][0] - rows[0][0] if len(rows) > 1 else 0
    by_position = rows[0][0] - table[last - 1][0][0]
    first = rows[0][0] - last * by_position
    for t, rows in enumerate(table):
        for i, row in enumerate(rows):
            begin = first + t * by_position + i * by_round
            if row != [begin + k * by_term for k in range(len(row))]:
                raise TraceError(_IRREGULAR)
    return Operand(first, by_position, by_round, by_term)
