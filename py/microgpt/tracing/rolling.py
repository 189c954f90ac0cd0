"""From recordings of positions to loops that are the same at every position, or at many.

Successive operations of the same kind whose operands all move on by constants are a loop. The
loops of two positions tell what grows with the position; all others that were recorded are held
to that. Then every number has a place: those that a loop makes lie side by side. Where all
positions are known, they needn't be alike: each stretch of them has loops of its own, and
numbers of which no more is known are a table. Not about the code of a loop: see `writing`.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import TypeAlias

from microgpt.tracing.recording import (
    CONSTANT,
    POSITION,
    STEP,
    VALUE,
    IrregularError,
    Operation,
    Recorder,
    Recording,
)

_LONGEST = 16  # operations in one round of a loop
_MUCH_LONGER = 64  # where others aren't found
_FEWEST = 3  # rounds: two operations always move on by something
_MOST_STRETCHES = 6

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
            a dot, sum, max or pick.
    """

    first: int
    by_position: int
    by_round: int
    by_term: int


@dataclass(frozen=True)
class Loop:
    """Rounds of one operation.

    Attributes:
        kind, number, plain: of the operation; see `Operation`.
        rounds: how many.
        terms: of a dot, sum, max or pick; else 1.
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
    """All that is computed at a position of a stretch of them.

    Attributes:
        end: the first position behind it; of the last pattern it doesn't matter.
        parts: loops in their order, of each part of the recordings.
        values: how many numbers a position makes, at most.
        results: of each result, its addresses by term.
    """

    end: int
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
    block: int,
    tables: Recorder | None,
) -> list[Pattern]:
    """What the recordings have in common: of all positions, or of one stretch after the other.

    Args:
        recordings: of positions 0, 1, …
        results: whatever comes out, of each the addresses at every position.
        block: how many positions there can be.
        tables: where these can be made; if so, every position is recorded.

    Raises:
        IrregularError: they are not alike.
    """
    refused = None
    for longest in (_LONGEST, _MUCH_LONGER):
        try:
            return _Roll(recordings, results, block, tables, longest).patterns()
        except IrregularError as error:
            refused = refused or error
    raise refused or IrregularError(_IRREGULAR)


class _Roll:
    """Finds patterns.

    Args:
        longest: operations in one round of a loop.
    """

    def __init__(
        self,
        recordings: Sequence[Recording],
        results: Sequence[Sequence[tuple[int, ...]]],
        block: int,
        tables: Recorder | None,
        longest: int,
    ) -> None:
        self._recordings = recordings
        self._results = results
        self._block = block
        self._tables = tables
        self._longest = longest
        self._moves: list[_Moves] = []  # of the positions that have a pattern
        # Where all positions are alike anyhow, it makes no difference.
        self._kept: list[list[int]] = _kept(recordings) if tables else [[] for _ in recordings]
        # How many are kept before: the same name where positions are not alike.
        self._names = [{index: i for i, index in enumerate(each)} for each in self._kept]
        self._rolled: dict[int, list[tuple[int, int, int]]] = {}

    def patterns(self) -> list[Pattern]:
        """One after the other, each of as many positions as it can be of."""
        count, found = len(self._recordings), [self._longest_pattern(0)]
        while found[-1].end < count:
            if len(found) == _MOST_STRETCHES:
                raise IrregularError(_IRREGULAR)
            found.append(self._longest_pattern(found[-1].end))
        return found

    def _longest_pattern(self, first: int) -> Pattern:
        refused = None
        for end in range(len(self._recordings), first, -1):
            try:
                return self._pattern(first, end)
            except IrregularError as error:
                refused = refused or error
                if self._tables is None:
                    break
        raise refused or IrregularError(_IRREGULAR)

    def _pattern(self, first: int, end: int) -> Pattern:
        """That of the positions from first on, before end."""
        recordings = self._recordings[first:end]
        groups = self._groups(recordings)
        last = recordings[-1]
        chains = _chains(groups, last, [of[end - 1] for of in self._results])
        kept = _owners(groups, first, self._kept[first:end])
        offsets, values = _offsets(groups, chains, kept, self._block)
        places = [_Moves(_places(groups, offsets, each.position)) for each in recordings]
        moves = [*self._moves[:first], *places]
        fit = _Fit(moves, first, self._tables)
        parts = self._parts(recordings, groups, offsets, fit)
        results = [fit.operand([[each] for each in of[first:end]]) for of in self._results]
        self._moves = moves
        return Pattern(end, parts, values, results)

    def _groups(self, recordings: Sequence[Recording]) -> list[_Group]:
        rolled = []
        for recording in recordings[-2:]:
            known = self._rolled.get(recording.position)
            if known is None:
                names = self._names if self._tables else None
                known = _rolled(recording, self._longest, names)
                self._rolled[recording.position] = known
            rolled.append(known)
        return _groups(recordings, rolled[-1], rolled[0])

    def _parts(
        self,
        recordings: Sequence[Recording],
        groups: list[_Group],
        offsets: list[list[int]],
        fit: _Fit,
    ) -> list[list[Loop]]:
        """The loops."""
        begins = [0] * len(recordings)  # of the group, among the operations of each position
        parts: list[list[Loop]] = [[] for _ in recordings[0].ends]
        for group, begin_of in zip(groups, offsets, strict=True):
            period = group.period
            counts = [group.rounds.at(each.position) for each in recordings]
            for phase in range(period):
                table = [
                    [each.operations[begin + i * period + phase] for i in range(count)]
                    for each, begin, count in zip(recordings, begins, counts, strict=True)
                ]
                if any(table):
                    parts[group.part].append(_loop(table, fit, group.rounds, begin_of[phase]))
            begins = [b + period * count for b, count in zip(begins, counts, strict=True)]
        return parts


def _kept(recordings: Sequence[Recording]) -> list[list[int]]:
    """Of each position, the values that later ones use, or could, by their index.

    Of the last position none is used; but what is used together with others' is like theirs.
    """
    kept = [set(recording.kept) for recording in recordings]
    for recording in recordings:
        t = recording.position
        for side in {side for each in recording.operations for side in (each.left, each.right)}:
            values = [divmod(a - VALUE, POSITION) for a in side if VALUE <= a < CONSTANT]
            if any(position != t for position, _ in values):
                for position, index in values:
                    kept[position].add(index)
    return [sorted(each) for each in kept]


# --- which operations are rounds of a loop -----------------------------------------------------


def _groups(
    recordings: Sequence[Recording],
    last: list[tuple[int, int, int]],
    before: list[tuple[int, int, int]],
) -> list[_Group]:
    """The loops of all parts.

    Args:
        last, before: the loops of the last position and of the one before it, if any.
    """
    if [each[:2] for each in last] != [each[:2] for each in before]:
        raise IrregularError(_IRREGULAR)
    position = recordings[-1].position
    groups = []
    for (part, period, rounds), (_, _, fewer) in zip(last, before, strict=True):
        growth = rounds - fewer
        groups.append(_Group(period, Growing(rounds - position * growth, growth), part))
    for recording in recordings:
        t = recording.position
        if any(group.rounds.at(t) < 0 for group in groups):
            raise IrregularError(_IRREGULAR)
        counts = [0] * len(recording.ends)
        for group in groups:
            counts[group.part] += group.period * group.rounds.at(t)
        if list(accumulate(counts)) != recording.ends:
            raise IrregularError(
                f"{_IRREGULAR}: position {t} has {len(recording.operations)} values"
            )
    return groups


def _rolled(
    recording: Recording, longest: int, names: Sequence[dict[int, int]] | None
) -> list[tuple[int, int, int]]:
    """The operations as loops, each as long as it can be: its part, period and rounds.

    Args:
        longest: operations in one round. If that are many, a round may have loops in it.
        names: of each position's values; None if positions are alike, and numbers as well.
    """
    shapes: dict[object, int] = {}
    interned: dict[tuple[int, ...], tuple[int, ...]] = {}
    position = recording.position
    keys = [_Key(each, shapes, interned, position, names) for each in recording.operations]
    found = []
    for part, (at, end) in enumerate(pairwise([0, *recording.ends])):
        while at < end:
            best = 1, 1
            for period in range(1, min(longest, end - at) + 1):
                if keys[at].shape != keys[min(at + period, end - 1)].shape:
                    continue  # soon told
                rounds = _repetitions(keys, at, end, period, longest > _LONGEST)
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
        names: Sequence[dict[int, int]] | None,
    ) -> None:
        left, right = operation.left, operation.right
        if names is not None:
            left, right = _named(left, names), _named(right, names)
        self.left, self.right = left[0], right[0] if right else 0
        shape = (
            operation.kind,
            operation.number if names is None or operation.kind == "power" else 0.0,
            operation.plain,
            *(_steps(each, steps) for each in (left, right)),
        )
        self.shape = shapes.setdefault(shape, len(shapes))
        begin = VALUE + position * POSITION
        both = (*operation.left, *operation.right)
        own = {a - begin for a in both if begin <= a < begin + POSITION}
        self.own = sorted(own)

    def uses(self, first: int, end: int) -> bool:
        """Whether it uses one of the values from first on, before end."""
        place = bisect_left(self.own, first)
        return place < len(self.own) and self.own[place] < end


def _named(addresses: tuple[int, ...], names: Sequence[dict[int, int]]) -> tuple[int, ...]:
    """Addresses that are alike where positions are not; of constants they are all the same."""
    named = []
    for address in addresses:
        if VALUE <= address < CONSTANT:
            position, index = divmod(address - VALUE, POSITION)
            name = names[position].get(index)
            named.append(address if name is None else address - index + POSITION // 2 + name)
        else:
            named.append(min(address, CONSTANT))
    return tuple(named)


def _steps(
    addresses: tuple[int, ...], known: dict[tuple[int, ...], tuple[int, ...]]
) -> tuple[int, ...]:
    """How far the addresses are from the first; of a list that is known, the same object."""
    if addresses not in known:
        first = addresses[0] if addresses else 0
        known[addresses] = tuple([address - first for address in addresses])
    return known[addresses]


def _repetitions(keys: Sequence[_Key], at: int, end: int, period: int, nested: bool) -> int:
    """How many times the next so many operations come again, moved on by the same each time.

    And none of them uses what a round before has made.

    Args:
        nested: whether there may be a loop in a round.
    """
    if at + 2 * period > end:
        return 1
    for i in range(at, at + period - 1 if not nested else at):
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


def _owners(groups: list[_Group], first: int, all_kept: Sequence[list[int]]) -> set[_Unit]:
    """Which loops' results are kept at any of the positions from the first on."""
    found: set[_Unit] = set()
    for t, kept in enumerate(all_kept, first):
        begin = 0
        for number, group in enumerate(groups):
            end = begin + group.period * group.rounds.at(t)
            of_it = kept[bisect_left(kept, begin) : bisect_left(kept, end)]
            found |= {(number, (i - begin) % group.period) for i in of_it}
            begin = end
    return found


def _offsets(
    groups: list[_Group], chains: list[list[_Unit]], kept: set[_Unit], block: int
) -> tuple[list[list[int]], int]:
    """Of each operation of a group's round, where its results begin; and how many numbers.

    Args:
        kept: what later positions use. It comes first, so that it lies in the same place
            at positions that have other loops.
    """
    offsets = [[-1] * group.period for group in groups]
    units = [(number, phase) for number, each in enumerate(groups) for phase in range(each.period)]
    of = {unit: [unit] for unit in units} | {chain[0]: chain for chain in chains}
    for chain in chains:
        for unit in chain[1:]:
            del of[unit]
    used = 0
    for chain in sorted(of.values(), key=kept.isdisjoint):
        for number, phase in chain:
            rounds = groups[number].rounds
            offsets[number][phase] = used
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


_Rows: TypeAlias = Sequence[Sequence[tuple[int, ...]]]  # of each position, round and term


@dataclass(frozen=True)
class _Fit:
    """Finds how addresses grow.

    Attributes:
        moves: of each position up to the last one of the stretch.
        begin: its first position.
        tables: where these can be made, if they can.
    """

    moves: Sequence[_Moves]
    begin: int
    tables: Recorder | None

    def operand(self, table: _Rows) -> Operand:
        """The addresses of an operand at each position, in each round, by term."""
        rows = [
            [self.moves[t].moved(each, self.moves) for each in of]
            for t, of in enumerate(table, self.begin)
        ]
        found = self._found(rows)
        if self._fits(found, rows):
            return found
        constant = all(CONSTANT <= a < STEP for of in rows for row in of for a in row)
        if self.tables is None or not constant:
            raise IrregularError(_IRREGULAR)
        numbers = self.tables.constants
        return self.table([[[numbers[a - CONSTANT] for a in row] for row in of] for of in rows])

    def table(self, numbers: Sequence[Sequence[Sequence[float]]]) -> Operand:
        """Where numbers lie of which no more is known."""
        if self.tables is None:
            raise IrregularError(
                "a number depends on how many positions there are, in a way that isn't known"
            )
        terms = max(len(row) for of in numbers for row in of)
        width = terms * max(map(len, numbers))
        all_of = []
        for of in numbers:
            filled = [number for row in of for number in (*row, *[0.0] * (terms - len(row)))]
            all_of += [*filled, *[0.0] * (width - len(filled))]
        return Operand(self.tables.table(all_of) - self.begin * width, width, terms, 1)

    def _found(self, rows: _Rows) -> Operand:
        """As the last rows have it, and the last but one."""
        last, (*_, ending) = len(rows) - 1, rows
        if not ending:  # there are fewer and fewer rounds
            raise IrregularError(_IRREGULAR)
        row = ending[0]
        by_term = row[1] - row[0] if len(row) > 1 else 0
        by_round = ending[1][0] - row[0] if len(ending) > 1 else 0
        by_position = row[0] - rows[last - 1][0][0] if last and rows[last - 1] else 0
        return Operand(row[0] - (self.begin + last) * by_position, by_position, by_round, by_term)

    def _fits(self, found: Operand, rows: _Rows) -> bool:
        """Whether it grows so at each position."""
        for t, of in enumerate(rows, self.begin):
            begin = found.first + t * found.by_position
            for i, row in enumerate(of):
                at = begin + i * found.by_round
                if found.by_term:
                    regular = row == tuple(range(at, at + len(row) * found.by_term, found.by_term))
                else:
                    regular = all(address == at for address in row)
                if not regular:
                    return False
        return True


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
    sample = next(row[0] for row in reversed(table) if row)
    for row in table:
        if any((each.kind, each.plain) != (sample.kind, sample.plain) for each in row):
            raise IrregularError(_IRREGULAR)
    right = fit.operand([[each.right for each in row] for row in table]) if sample.right else None
    loop = Loop(
        kind=sample.kind,
        number=Number(0.0),
        plain=sample.plain,
        rounds=rounds,
        terms=_growing([len(row[0].left) if row else None for row in table], fit.begin),
        out=Operand(VALUE + begin, POSITION, 1, 0),
        left=fit.operand([[each.left for each in row] for row in table]),
        right=right,
    )
    numbers = [[each.number for each in row] for row in table]
    if (number := _number(numbers, fit.begin)) is not None:
        return replace(loop, number=number)
    if loop.kind not in _BY_TABLE:
        raise IrregularError(_IRREGULAR)
    many = fit.table([[[number] for number in row] for row in numbers])
    return replace(loop, kind=_BY_TABLE[loop.kind], right=many)


_BY_TABLE = {"scale": "mul", "shift": "add"}  # what they are with a table in place of a number


def _number(table: Sequence[Sequence[float]], begin: int) -> Number | None:
    """How a number grows with the position, which is the same in all rounds; if it is known."""
    if any(len(set(row)) > 1 for row in table):
        return None
    known = [(t, row[0]) for t, row in enumerate(table, begin) if row]
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
    return None


def _growing(counts: list[int | None], begin: int) -> Growing:
    """How a number grows with the position; None where it isn't known."""
    known = [(t, count) for t, count in enumerate(counts, begin) if count is not None]
    if len(known) == 1:
        return Growing(known[0][1], 0)
    (before, fewer), (last, count) = known[-2:]
    growth = (count - fewer) // (last - before)
    found = Growing(count - last * growth, growth)
    if any(found.at(t) != count for t, count in known):
        raise IrregularError(_IRREGULAR)
    return found
