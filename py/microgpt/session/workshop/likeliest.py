"""The most probable documents of a model that fit a wish, in that order.

Best-first search: of all beginnings that could still become something wished for, the most
probable are looked at first. No document is more probable than its beginning, so what is
finished and more probable than every open beginning is the next, and that is a proof.

A document that fills block_size ends there, without an end to be predicted: its probability
is that of its letters alone, as it is in sampling. All at the temperature 1.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator

from microgpt.engines.engine import NO_PROBABILITIES, Engine
from microgpt.errors import DivergedError
from microgpt.session.workshop.constraints import Constraints

_AT_A_TIME = 256  # beginnings in one call
MOST_OPEN = 400_000  # beginnings and documents that are remembered, about 100 MB

# Nats, the tokens from BOS on, the automaton's state, or -1 for a finished document. Tokens
# make an order of those that are equally likely.
_Entry = tuple[float, tuple[int, ...], int]


class Search:
    """A search on its way.

    Attributes:
        looked_at: beginnings whose continuations were computed.
        full: whether something was forgotten, because there was no more room.
        exhausted: whether nothing is left to be found.

    Args:
        beginning: BOS and the prefix.
        fits: whether a finished document is wished for, of its tokens without BOS: what the
            automaton can't know. Asked early, if that is cheap, so that less is looked at.
        cheap: whether it is.
        count: how many documents are wanted.
        most: beginnings to look at.
    """

    def __init__(
        self,
        engine: Engine,
        constraints: Constraints,
        beginning: list[int],
        fits: Callable[[list[int]], bool],
        cheap: bool,
        count: int,
        most: int,
    ) -> None:
        self._engine = engine
        self._constraints = constraints
        self._bos = beginning[0]
        self._fits, self._cheap = fits, cheap
        self._wanted = count
        self._most = most
        self._heap: list[_Entry] = []
        self._best: list[float] = []  # of the finished ones that fit, as negative nats: a heap
        self._limit = math.inf  # nats: what is less likely than this can't be among the wanted
        self._forgotten = math.inf  # nats of the likeliest that was
        self.looked_at = 0
        self._begin(tuple(beginning))

    @property
    def full(self) -> bool:
        """Whether it ended because there was no more room."""
        return not self.exhausted and self._top() > self._forgotten

    @property
    def exhausted(self) -> bool:
        """Whether nothing is left to be found."""
        return not self._heap and self._forgotten == math.inf

    def _top(self) -> float:
        return self._heap[0][0] if self._heap else math.inf

    def _begin(self, beginning: tuple[int, ...]) -> None:
        """The likelihood of the prefix, which each document has to be worth."""
        nats = 0.0
        rows = self._predict([beginning[:end] for end in range(1, len(beginning))])
        for row, token in zip(rows, beginning[1:], strict=True):
            nats -= math.log(row[token]) if row[token] > 0 else -math.inf
        if nats < math.inf:
            self._heap.append((nats, beginning, self._constraints.start))

    def run(self) -> Iterator[list[int] | None]:
        """The tokens of each document without BOS, the likeliest first; None now and then.

        Ends when there are as many as wanted, or no more can be found or looked for.
        """
        heap, given = self._heap, 0
        while given < self._wanted and heap and heap[0][0] <= self._forgotten:
            if heap[0][2] < 0:
                tokens = list(heapq.heappop(heap)[1][1:])
                if self._cheap or self._fits(tokens):
                    given += 1
                    yield tokens
                else:
                    yield None  # to ask may take long
                continue
            if self.looked_at >= self._most:
                return
            self._look(self._likeliest_open())
            self._forget()
            yield None

    def _likeliest_open(self) -> list[_Entry]:
        """Some beginnings, none less likely than a finished document: all must be looked at."""
        heap = self._heap
        entries: list[_Entry] = []
        while heap and heap[0][2] >= 0 and len(entries) < _AT_A_TIME:
            entries.append(heapq.heappop(heap))
        return entries

    def _look(self, entries: list[_Entry]) -> None:
        """Continue beginnings by one token each."""
        rows = self._predict([tokens for _, tokens, _ in entries])
        self.looked_at += len(entries)
        for (nats, tokens, state), row in zip(entries, rows, strict=True):
            self._continue(nats, tokens, state, row)

    def _continue(self, nats: float, tokens: tuple[int, ...], state: int, row: list[float]) -> None:
        constraints, heap, length = self._constraints, self._heap, len(tokens)
        after, ends_here = constraints.after[state], length == constraints.block_size
        if constraints.accepts(length - 1, state):
            self._finish(nats, row[self._bos], tokens)
        # Of what could be among the wanted: a probability.
        least = math.exp(min(0.0, nats - self._limit))
        for token, following in enumerate(after):
            probability = row[token]
            if following < 0 or probability <= least or not constraints.alive(length, following):
                continue
            if ends_here:  # this character fills block_size
                self._finish(nats, probability, (*tokens, token))
            else:
                entry = (nats - math.log(probability), (*tokens, token), following)
                heapq.heappush(heap, entry)

    def _finish(self, nats: float, probability: float, tokens: tuple[int, ...]) -> None:
        """Remember a document, unless it can't be among the wanted."""
        if probability <= 0 or (nats := nats - math.log(probability)) > self._limit:
            return
        if self._cheap:
            if not self._fits(list(tokens[1:])):
                return
            heapq.heappush(self._best, -nats)
            if len(self._best) > self._wanted:
                heapq.heappop(self._best)
            if len(self._best) == self._wanted:
                self._limit = -self._best[0]
        heapq.heappush(self._heap, (nats, tokens, -1))

    def _forget(self) -> None:
        """Drop what is least likely, if there is no more room; and what can't be wanted."""
        if len(self._heap) <= MOST_OPEN:
            return
        kept = sorted(entry for entry in self._heap if entry[0] <= self._limit)
        if len(kept) > MOST_OPEN // 2:
            self._forgotten = min(self._forgotten, kept[MOST_OPEN // 2][0])
            del kept[MOST_OPEN // 2 :]
        self._heap[:] = kept  # in order, so a heap

    def _predict(self, beginnings: list[tuple[int, ...]]) -> list[list[float]]:
        if not beginnings:
            return []
        rows = self._engine.predict([list(tokens) for tokens in beginnings], 1.0)
        if not all(math.isfinite(math.fsum(row)) for row in rows):
            raise DivergedError(NO_PROBABILITIES)
        return [row.tolist() for row in rows]
