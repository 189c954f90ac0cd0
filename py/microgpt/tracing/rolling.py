"""From recordings of the first positions to loops that are the same at every position.

Successive operations of the same kind whose operands all move on by constants are a loop. The
loops of two positions tell what grows with the position; all others that were recorded are held
to that. Then every number has a place: those that a loop makes lie side by side. Not about the
code of a loop: see `writing`.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
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
_FEWEST = 3  # rounds: two operations always move on by something

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
class Number:
    """A number that grows with the position: first + position · growth, or 1 over that."""

    first: float
    growth: float = 0.0
    inverse: bool = False


@dataclass(frozen=True)
class Operand:
    """Addresses: first at position 0, and how they move on.

    Attributes:
        by_position, by_round, by_term: added for each position, round of the loop, and term of
            a dot, sum or max.
        by_target: added for each token that the one to be predicted is further on.
    """

    first: int
    by_position: int
    by_round: int
    by_term: int
    by_target: int


@dataclass(frozen=True)
class Loop:
    """Rounds of one operation.

    Attributes:
        kind, number, plain: of the operation; see `Operation`.
        rounds: how many.
        terms: of a dot, sum or max; else 1.
        out: where the results lie, side by side.
        left, right: operands; right is None where there is none.
    """

    kind: str
    number: Number
    plain: bool
    rounds: Growing
    terms: Growing
    out: Operand
    left: Operand
    right: Operand | None


@dataclass(frozen=True)
class Pattern:
    """All that is computed at a position.

    Attributes:
        parts: loops in their order, of each part of the recordings.
        values: how many numbers a position makes, at most.
        results: of each result, its addresses by term.
    """

    parts: list[list[Loop]]
    values: int
    results: list[Operand]


@dataclass(frozen=True)
class _Group:
    """A loop of several operations.

    Attributes:
        period: operations in a round.
        rounds: how many.
        part: of the recording.
    """

    period: int
    rounds: Growing
    part: int


def roll(
    recordings: Sequence[Recording],
    results: Sequence[Sequence[tuple[int, ...]]],
    targets: Sequence[int],
    block: int,
) -> Pattern:
    """What the recordings have in common.

    Args:
        recordings: of positions 0, 1, … at least 4 of them.
        results: whatever comes out, of each the addresses at every position.
        targets: the token to be predicted at each position. The last two are the same, and
            the one before is one more.
        block: how many positions there can be.

    Raises:
        TraceError: they are not alike.
    """
    groups = _groups(recordings)
    chains = _chains(groups, recordings[-1], [of[-1] for of in results])
    offsets, values = _offsets(groups, chains, block)
    moves = [_Moves(_places(groups, offsets, t)) for t in range(len(recordings))]
    fit = _Fit(moves, targets)
    begins = [0] * len(recordings)  # of the group, among the operations of each position
    parts: list[list[Loop]] = [[] for _ in recordings[0].ends]
    for group, begin_of in zip(groups, offsets, strict=True):
        period, rounds = group.period, group.rounds
        for phase in range(period):
            table = [
                [recording.operations[begins[t] + i * period + phase] for i in range(rounds.at(t))]
                for t, recording in enumerate(recordings)
            ]
            parts[group.part].append(_loop(table, fit, rounds, begin_of[phase]))
        begins = [begin + period * rounds.at(t) for t, begin in enumerate(begins)]
    return Pattern(parts, values, [fit.operand([[each] for each in of]) for of in results])


# --- which operations are rounds of a loop -----------------------------------------------------


def _groups(recordings: Sequence[Recording]) -> list[_Group]:
    """The loops of all parts."""
    last, before = (_rolled(each) for each in recordings[-1:-3:-1])
    if [each[:2] for each in last] != [each[:2] for each in before]:
        raise TraceError(_IRREGULAR)
    position = len(recordings) - 1
    groups = []
    for (part, period, rounds), (_, _, fewer) in zip(last, before, strict=True):
        growth = rounds - fewer
        groups.append(_Group(period, Growing(rounds - position * growth, growth), part))
    for t, recording in enumerate(recordings):
        if any(group.rounds.at(t) < 0 for group in groups):
            raise TraceError(_IRREGULAR)
        counts = [0] * len(recording.ends)
        for group in groups:
            counts[group.part] += group.period * group.rounds.at(t)
        if list(accumulate(counts)) != recording.ends:
            raise TraceError(f"{_IRREGULAR}: position {t} has {len(recording.operations)} values")
    return groups


def _rolled(recording: Recording) -> list[tuple[int, int, int]]:
    """The operations as loops, each as long as it can be: its part, period and rounds."""
    shapes: dict[object, int] = {}
    interned: dict[tuple[int, ...], tuple[int, ...]] = {}
    keys = [_Key(each, shapes, interned, recording.position) for each in recording.operations]
    found = []
    for part, (at, end) in enumerate(pairwise([0, *recording.ends])):
        while at < end:
            best = 1, 1
            for period in range(1, _LONGEST + 1):
                rounds = _repetitions(keys, at, end, period)
                if rounds >= _FEWEST and rounds * period > best[0] * best[1]:
                    best = period, rounds
            found.append((part, *best))
            at += best[0] * best[1]
    return found


class _Key:
    """What decides whether operations are rounds of a loop.

    Attributes:
        shape: what an operation is, but for where its operands begin.
        left, right: where they do.
        own: which values of the same position it uses, by their index.
    """

    __slots__ = ("left", "own", "right", "shape")

    def __init__(
        self,
        operation: Operation,
        shapes: dict[object, int],
        steps: dict[tuple[int, ...], tuple[int, ...]],
        position: int,
    ) -> None:
        left, right = operation.left, operation.right
        self.left, self.right = left[0], right[0] if right else 0
        shape = (
            operation.kind,
            operation.number,
            operation.plain,
            *(_steps(each, steps) for each in (left, right)),
        )
        self.shape = shapes.setdefault(shape, len(shapes))
        begin = VALUE + position * POSITION
        own = {a - begin for a in (*left, *right) if begin <= a < begin + POSITION}
        self.own = sorted(own)

    def uses(self, first: int, end: int) -> bool:
        """Whether it uses one of the values from first on, before end."""
        place = bisect_left(self.own, first)
        return place < len(self.own) and self.own[place] < end


def _steps(
    addresses: tuple[int, ...], known: dict[tuple[int, ...], tuple[int, ...]]
) -> tuple[int, ...]:
    """How far the addresses are from the first; of a list that is known, the same object."""
    if addresses not in known:
        first = addresses[0] if addresses else 0
        known[addresses] = tuple([address - first for address in addresses])
    return known[addresses]


def _repetitions(keys: Sequence[_Key], at: int, end: int, period: int) -> int:
    """How many times the next so many operations come again, moved on by the same each time.

    And none of them uses what a round before has made.
    """
    if at + 2 * period > end:
        return 1
    for i in range(at, at + period - 1):  # a round that has a loop in it is none
        if keys[i].shape == keys[i + 1].shape and not keys[i + 1].uses(i, i + 1):
            return 1
    steps = []
    for i in range(at, at + period):
        one, other = keys[i], keys[i + period]
        steps.append((one.shape, other.left - one.left, other.right - one.right))
    rounds = 1
    while at + (rounds + 1) * period <= end:
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
    groups: list[_Group], recording: Recording, results: Sequence[Sequence[int]]
) -> list[list[_Unit]]:
    """What lies side by side, because it is used as one list: the results of several loops."""
    owner: list[tuple[_Unit, int]] = []  # of each value, and which of its it is
    sizes: dict[_Unit, int] = {}
    for number, group in enumerate(groups):
        count = group.rounds.at(recording.position)
        for phase in range(group.period):
            sizes[number, phase] = count
        owner += [((number, phase), i) for i in range(count) for phase in range(group.period)]
    chains: list[list[_Unit]] = []
    chained: set[_Unit] = set()
    first = VALUE + recording.position * POSITION
    used = [*results, *(side for each in recording.operations for side in (each.left, each.right))]
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
    groups: list[_Group], chains: list[list[_Unit]], block: int
) -> tuple[list[list[int]], int]:
    """Of each operation of a group's round, where its results begin; and how many numbers."""
    offsets = [[-1] * group.period for group in groups]
    of = {chain[0]: chain for chain in chains}
    later = {unit for chain in chains for unit in chain[1:]}
    used = 0
    for number, group in enumerate(groups):
        for phase in range(group.period):
            if (number, phase) in later:
                continue
            for unit in of.get((number, phase), [(number, phase)]):
                rounds = groups[unit[0]].rounds
                offsets[unit[0]][unit[1]] = used
                used += max(rounds.at(0), rounds.at(block - 1))
    return offsets, used


def _places(groups: list[_Group], offsets: list[list[int]], position: int) -> list[int]:
    """Where the values of a position lie, in the order of their creation."""
    places: list[int] = []
    for group, begins in zip(groups, offsets, strict=True):
        for i in range(group.rounds.at(position)):
            places += [begin + i for begin in begins]
    return places


class _Moves:
    """From addresses as they were recorded to where the numbers lie, of a position."""

    def __init__(self, places: list[int]) -> None:
        self.places = places
        self.known: dict[tuple[int, ...], tuple[int, ...]] = {}

    def moved(self, addresses: tuple[int, ...], all_moves: Sequence[_Moves]) -> tuple[int, ...]:
        """The addresses, those of values where they lie."""
        if max(addresses) < VALUE or min(addresses) >= CONSTANT:
            return addresses
        found = self.known.get(addresses)
        if found is None:
            moved = []
            for address in addresses:
                if VALUE <= address < CONSTANT:
                    position, index = divmod(address - VALUE, POSITION)
                    address = VALUE + position * POSITION + all_moves[position].places[index]
                moved.append(address)
            found = self.known[addresses] = tuple(moved)
        return found


# --- what a loop is ----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Fit:
    """Finds how addresses grow.

    Attributes:
        moves: of each position.
        targets: see `roll`.
    """

    moves: Sequence[_Moves]
    targets: Sequence[int]

    def operand(self, table: Sequence[Sequence[tuple[int, ...]]]) -> Operand:
        """The addresses of an operand at each position, in each round, by term."""
        rows = [
            [self.moves[t].moved(each, self.moves) for each in of] for t, of in enumerate(table)
        ]
        last = len(rows) - 1
        row = rows[last][0]
        by_term = row[1] - row[0] if len(row) > 1 else 0
        by_round = rows[last][1][0] - row[0] if len(rows[last]) > 1 else 0
        by_position = row[0] - rows[last - 1][0][0] if rows[last - 1] else 0
        first = row[0] - last * by_position
        by_target = 0
        if rows[last - 2]:
            by_target = rows[last - 2][0][0] - (first + (last - 2) * by_position)
        first -= self.targets[last] * by_target
        found = Operand(first, by_position, by_round, by_term, by_target)
        self._check(found, rows)
        return found

    def _check(self, found: Operand, rows: Sequence[Sequence[tuple[int, ...]]]) -> None:
        """Refuse what doesn't grow so at each position."""
        for t, target in enumerate(self.targets):
            begin = found.first + t * found.by_position + target * found.by_target
            for i, row in enumerate(rows[t]):
                at = begin + i * found.by_round
                if found.by_term:
                    regular = row == tuple(range(at, at + len(row) * found.by_term, found.by_term))
                else:
                    regular = all(address == at for address in row)
                if not regular:
                    raise TraceError(_IRREGULAR)


def _loop(
    table: Sequence[Sequence[Operation]],
    fit: _Fit,
    rounds: Growing,
    begin: int,
) -> Loop:
    """A loop, from its operations at each position.

    Args:
        begin: where its results lie.
    """
    sample = table[-1][0]
    for row in table:
        if any((each.kind, each.plain) != (sample.kind, sample.plain) for each in row):
            raise TraceError(_IRREGULAR)
    return Loop(
        kind=sample.kind,
        number=_number([[each.number for each in row] for row in table]),
        plain=sample.plain,
        rounds=rounds,
        terms=_growing([len(row[0].left) if row else None for row in table]),
        out=Operand(VALUE + begin, POSITION, 1, 0, 0),
        left=fit.operand([[each.left for each in row] for row in table]),
        right=fit.operand([[each.right for each in row] for row in table])
        if sample.right
        else None,
    )


def _number(table: Sequence[Sequence[float]]) -> Number:
    """How a number grows with the position, which is the same in all rounds."""
    if any(len(set(row)) > 1 for row in table):
        raise TraceError(_IRREGULAR)
    known = [(t, row[0]) for t, row in enumerate(table) if row]
    number = known[-1][1]
    if all(each == number for _, each in known):
        return Number(number)
    for inverse in (False, True):
        if inverse and any(each == 0.0 for _, each in known):
            break
        numbers = [(t, 1 / each if inverse else each) for t, each in known]
        (before, fewer), (last, more) = numbers[-2:]
        growth = (more - fewer) / (last - before)
        if inverse:  # mostly a count, which rounding has blurred
            growth = float(round(growth)) if abs(growth - round(growth)) < 1e-9 else growth
        first = more - last * growth
        if inverse:
            first = float(round(first)) if abs(first - round(first)) < 1e-9 else first
        grown = [first + t * growth for t, _ in numbers]
        pairs = zip(grown, numbers, strict=True)
        if all(math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-12) for one, (_, other) in pairs):
            return Number(first, growth, inverse)
    raise TraceError("a number depends on how many positions there are, in a way that isn't known")


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
