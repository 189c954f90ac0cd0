"""Documents of a kind that a model seldom writes, from its own distribution of that kind.

Sampling, importance, resampling (Rubin, 1987). At each letter the model's probabilities are
multiplied by an estimate of the probability that what follows will be as wished, so nearly
every proposal is. Where the estimate is wrong, the weight of the proposal makes it good: the
model's probability of it over that of having proposed it. A choice among many proposals
by their weights is then a choice by the model's probabilities among all that fit; how many
independent draws the proposals are worth is their effective number.

The estimate counts which letter follows which in what the model made up, and goes through
the automaton of the wish from its end. Not about what depends on the text: see `making`.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Any

from microgpt.engines.engine import Engine
from microgpt.gpt.random_streams import RandomStream
from microgpt.session.workshop.constraints import Constraints

MOST_WORK = 4_000_000  # sums of the estimate: some seconds


class Chain:
    """Which token follows which in some documents, with a share of all tokens' frequencies.

    Args:
        documents: their tokens, without BOS.
        bos: the token of the end, and of the beginning; there are as many others.
    """

    def __init__(self, documents: Iterable[list[int]], bos: int, block_size: int) -> None:
        pairs: Counter[tuple[int, int]] = Counter()
        for tokens in documents:
            pairs.update(pairwise([bos, *tokens, bos][: block_size + 1]))
        counts, firsts = Counter(range(bos + 1)), Counter[int]()  # each once more (Laplace)
        for (first, second), count in pairs.items():
            counts[second] += count
            firsts[first] += count
        total = counts.total()
        self.frequencies = [counts[token] / total for token in range(bos + 1)]
        followers: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for (first, second), count in pairs.items():
            followers[first].append((second, count))
        # Mixed as in `baselines.Baselines.pair`.
        self.shares = [1.0] * (bos + 1)  # of the frequencies
        self.following: list[list[tuple[int, float]]] = [[] for _ in range(bos + 1)]
        for first, seen in followers.items():
            whole = firsts[first] + len(seen)
            self.shares[first] = len(seen) / whole
            self.following[first] = [(second, count / whole) for second, count in seen]
        self.pairs = len(pairs)


class Completion:
    """The probability, estimated, that a beginning becomes something that fits.

    Args:
        bos: the token of the end.
    """

    def __init__(self, constraints: Constraints, chain: Chain, bos: int) -> None:
        self._constraints = constraints
        self._bos = bos
        most = constraints.most
        # By length, state and last token; what is longer than it may be never fits.
        self._table: list[list[list[float]]] = [[] for _ in range(most + 1)]
        for length in range(most, constraints.length - 1, -1):
            self._table[length] = [
                self._of_state(chain, length, state) for state in range(constraints.states)
            ]

    @staticmethod
    def work(constraints: Constraints, chain: Chain) -> int:
        """How many sums it takes to find out."""
        lengths = constraints.most - constraints.length + 1
        return lengths * constraints.states * (chain.pairs + 2 * len(chain.frequencies))

    def _of_state(self, chain: Chain, length: int, state: int) -> list[float]:
        """By the last token."""
        constraints, bos = self._constraints, self._bos
        ends = 1.0 if constraints.accepts(length, state) else 0.0
        if length >= constraints.block_size:  # where it ends anyway
            return [ends] * (bos + 1)
        if not constraints.alive(length, state):
            return [0.0] * (bos + 1)
        after = [
            self._table[length + 1][following][token]
            if following >= 0 and length < constraints.most
            else 0.0
            for token, following in enumerate(constraints.after[state])
        ]
        after.append(ends)
        anything = sum(map(float.__mul__, chain.frequencies, after))
        return [
            share * anything + sum([probability * after[token] for token, probability in seen])
            for share, seen in zip(chain.shares, chain.following, strict=True)
        ]

    def of(self, length: int, state: int, last: int) -> float:
        """Of a beginning of that length, whose last token is that one."""
        if state < 0 or length > self._constraints.most:
            return 0.0
        return self._table[length][state][last]


class _Tilted:
    """A stream whose choices are drawn towards what can be completed; it notes the weight."""

    def __init__(self, stream: RandomStream, constraints: Constraints, completion: Completion):
        self._stream = stream
        self._constraints = constraints
        self._completion = completion
        self.subtracts = stream.subtracts
        self.begin()

    def begin(self) -> None:
        """A new document."""
        self._length, self._state = self._constraints.length, self._constraints.start
        self.logarithm = 0.0  # of the weight

    def choose(self, weights: Sequence[float]) -> int:
        """As `RandomStream.choose`, with other weights than the model's."""
        end, length, after = len(weights) - 1, self._length + 1, self._constraints.after
        estimate, row = self._completion.of, after[self._state]
        likely = [estimate(length, row[token], token) for token in range(end)]
        likely.append(1.0 if self._constraints.accepts(self._length, self._state) else 0.0)
        tilted = list(map(float.__mul__, likely, weights))
        total = math.fsum(tilted)
        if not total > 0:  # too unlikely for a float; or the model rules it out
            self.logarithm = -math.inf
            return end
        token = self._stream.choose(tilted)
        self.logarithm += math.log(total / (likely[token] or 1.0)) - math.log(math.fsum(weights))
        if token != end:
            self._length, self._state = length, row[token]
        return token

    def uniform(self) -> float:
        return self._stream.uniform()

    def gauss(self, mean: float, standard_deviation: float) -> float:
        return self._stream.gauss(mean, standard_deviation)

    def shuffle(self, items: list[Any]) -> None:
        self._stream.shuffle(items)

    def get_state(self) -> Any:
        return self._stream.get_state()

    def set_state(self, state: Any) -> None:
        self._stream.set_state(state)


class Proposals:
    """Documents that fit, each with its weight.

    Args:
        beginning: BOS and the prefix.
    """

    def __init__(
        self,
        engine: Engine,
        stream: RandomStream,
        temperature: float,
        beginning: list[int],
        constraints: Constraints,
        completion: Completion,
    ) -> None:
        self._engine = engine
        self._stream = stream
        self._tilted = _Tilted(stream, constraints, completion)
        self._temperature = temperature
        self._beginning = beginning
        self._constraints = constraints
        self._weights: list[tuple[tuple[int, ...], float]] = []  # logarithms

    def propose(self) -> tuple[list[int], float]:
        """The tokens of one without BOS, and the logarithm of its weight."""
        self._tilted.begin()
        drawn = self._engine.sample(self._tilted, self._temperature, self._beginning)
        tokens = [*self._beginning[1:], *drawn]
        # Given up in the middle, it fits no wish, and its weight is 0.
        return tokens, self._tilted.logarithm

    def add(self, tokens: list[int], logarithm: float) -> None:
        """Let one be chosen from."""
        self._weights.append((tuple(tokens), logarithm))

    @property
    def effective(self) -> float:
        """How many independent draws the proposals are worth (Kong, 1992)."""
        if not self._weights:
            return 0.0
        scaled = self._scaled()
        return math.fsum(scaled) ** 2 / math.fsum(weight * weight for weight in scaled)

    def _scaled(self) -> list[float]:
        largest = max(logarithm for _, logarithm in self._weights)
        return [math.exp(logarithm - largest) for _, logarithm in self._weights]

    def _together(self) -> dict[tuple[int, ...], float]:
        """Of each document, the weight of all its proposals."""
        found: dict[tuple[int, ...], float] = defaultdict(float)
        for (tokens, _), weight in zip(self._weights, self._scaled(), strict=True):
            found[tokens] += weight
        return found

    def chosen(self, count: int) -> list[list[int]]:
        """So many by their weights, each independently of the others."""
        documents = self._together()
        if not documents:
            return []
        choices, sums = list(documents), list(accumulate(documents.values()))
        last = len(choices) - 1
        places = [bisect_right(sums, self._stream.uniform() * sums[-1]) for _ in range(count)]
        return [list(choices[min(place, last)]) for place in places]

    def in_turn(self) -> list[list[int]]:
        """Each once, in the order in which they would first come by choosing again and again.

        The first of exponential waiting times, one for each (Efraimidis and Spirakis, 2006).
        """
        waits = [
            (-math.log(1 - self._stream.uniform()) / weight if weight > 0 else math.inf, tokens)
            for tokens, weight in self._together().items()
        ]
        return [list(tokens) for _, tokens in sorted(waits)]
