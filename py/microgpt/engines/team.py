"""Several cores for one run: how many there may be, who helps, and whether that is worth it.

What they do, and why a run's numbers don't depend on them, is in `kernels.team`. Helpers may come
late, or never: the one who asks computes whatever nobody else has claimed.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Sequence

from microgpt.engines import host
from microgpt.kernels import team as places
from microgpt.kernels.sizes import MOST_GROUPS

MOST = MOST_GROUPS  # cores
INTS = places.MINE + MOST * places.MINE_SIZE  # that a team shares
_CLEARLY = 0.95  # of the time that one needs: less is worth the other cores
# Seconds, after which it is tried again: others may use the cores by then. One that computes alone
# was perhaps held up when it tried, and has more to gain.
_AGAIN = {True: 10.0, False: 3.0}
_TRIES = 2  # of each way, of which the quicker counts: one alone is often held up by something else

_allowed: int | None = None


def allow(count: int | None) -> None:
    """Let runs that begin from now on have so many cores, or as many as is good for this machine.

    It changes no number of a run. That there is only one holds at once.
    """
    global _allowed
    _allowed = count


def allowed() -> int:
    """How many cores a run may have; unless it is said, all but one, as others want one, too.

    Of two, both: who watches a run needs little.
    """
    there = min(MOST, host.cores())
    usual = there if there <= 2 else there - 1
    return min(usual if _allowed is None else max(1, _allowed), MOST)


def helpers(groups: int, room: int, size: int) -> int:
    """How many there can be besides the one who asks them.

    Args:
        groups: of a batch's lines, of which each is one's.
        room: bytes that there are for them.
        size: bytes that each needs.
    """
    if groups == 1 or not host.can_share():
        return 0
    return max(0, min(allowed(), groups, 1 + room // size) - 1)


class Team:
    """Who helps with a run, and whether they are asked.

    Attributes:
        instance: whose memory they share.

    Args:
        address: of the ints of `kernels.team`.
        arguments: what each helper calls `help_train` with.
    """

    def __init__(
        self, instance: host.SharedInstance, address: int, arguments: Sequence[tuple[int, ...]]
    ) -> None:
        self.instance = instance
        self._address = address
        self._waiting = list(arguments)  # of those who haven't been called yet
        self._choice = Choice()
        weakref.finalize(self, instance.call, "dismiss", address)

    def train(self, alone: Callable[[], int], together: Callable[[], int]) -> int:
        """Take steps, in the way that is quicker; how many were taken.

        Args:
            alone: takes them.
            together: takes them with whoever is there.
        """
        if allowed() == 1:
            return alone()
        while self._waiting:
            self.instance.help("help_train", *self._waiting.pop())
        way = self._choice.next(self._arrived(), time.perf_counter())
        begin = time.perf_counter()
        done = together() if way else alone()
        self._choice.measured(way, (time.perf_counter() - begin) / max(1, done))
        return done

    def _arrived(self) -> int:
        """How many are there: those who have claimed a ticket that is for no step yet."""
        ints = self.instance.read(self._address, "i", INTS)
        mine = ints[places.MINE + places.HAS_TICKET]
        return int(ints[places.CLAIMED] - ints[places.BEGUN] - mine)


class Choice:
    """Which of two ways is quicker, from what both took: alone (False) or together (True)."""

    def __init__(self) -> None:
        self._arrived = 0
        # Of this trial, seconds a step; and when it began.
        self._times: dict[bool, list[float]] = {True: [], False: []}
        self._began = 0.0
        self._best = False

    def next(self, arrived: int, now: float) -> bool:
        """The way to go.

        Args:
            arrived: how many others there are.
            now: seconds, on any clock.
        """
        over = self._decided and now >= self._began + _AGAIN[self._best]
        if arrived != self._arrived or over:
            self._arrived, self._began = arrived, now
            self._times = {True: [], False: []}
        if not arrived:
            return False
        for way, times in self._times.items():
            if len(times) < _TRIES:
                return way
        return self._best

    def measured(self, way: bool, seconds: float) -> None:
        """What a step took."""
        if len(self._times[way]) < _TRIES:
            self._times[way].append(seconds)
            if self._decided:
                together, alone = min(self._times[True]), min(self._times[False])
                self._best = together < _CLEARLY * alone

    @property
    def _decided(self) -> bool:
        return all(len(times) == _TRIES for times in self._times.values())
