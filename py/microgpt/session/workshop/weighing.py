"""Documents of a kind that a model seldom writes, from its own distribution of that kind.

Sampling, importance, resampling (Rubin, 1987). At each letter the model's probabilities are
multiplied by an estimate of the probability that what follows will be as wished, so nearly
every proposal is. Where the estimate is wrong, the weight of the proposal makes it good: the
model's probability of it over that of having proposed it. A choice among many proposals
by their weights is then a choice by the model's probabilities among all that fit; how many
independent draws the proposals are worth is their effective number.

The estimate begins with which letter follows which in what the model made up. It goes through
the automaton of the wish from its end, and is then made again from the probabilities
that the model had, letter by letter, in proposals that went that way: what is asked
for here seldom comes in what it made up. Not about what depends on the text: see `making`.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from operator import add

from microgpt.engines.engine import NO_PROBABILITIES, Engine
from microgpt.errors import DivergedError
from microgpt.gpt.random_streams import RandomStream
from microgpt.session.workshop.constraints import Constraints

AT_A_TIME = 64  # proposals
_DOUBT = 2.0  # what is counted weighs as much as what was met so often
_LEARN = (128, 256)  # proposals after which the estimate is made again
_MOST_MET = 2_000_000  # numbers: 16 MB
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


class Met:
    """The model's own probabilities where proposals went: their sums by length and last token.

    Of a vocabulary of thousands not all of them: what there is no room for is as estimated before.
    """

    def __init__(self) -> None:
        self.sums: dict[tuple[int, int], tuple[float, array[float]]] = {}

    def add(self, length: int, last: int, probabilities: Sequence[float]) -> None:
        """What could have followed."""
        known = self.sums.get((length, last))
        if known:
            number, sums = known
            self.sums[length, last] = number + 1, array("d", map(add, sums, probabilities))
        elif (len(self.sums) + 1) * len(probabilities) <= _MOST_MET:
            self.sums[length, last] = 1.0, array("d", probabilities)


class Completion:
    """The probability, estimated, that a beginning becomes something that fits.

    Attributes:
        after: by length and state, of each token the probability once it is written; last of
            all, of the end.

    Args:
        bos: the token of the end.
        met: what the model did in proposals.
    """

    def __init__(self, constraints: Constraints, chain: Chain, bos: int, met: Met) -> None:
        self._constraints = constraints
        self._bos = bos
        most = constraints.most
        self._met: dict[int, list[tuple[int, float, array[float]]]] = defaultdict(list)
        for (length, last), (number, sums) in met.sums.items():
            self._met[length].append((last, number, sums))
        self.after: list[list[list[float]]] = [[] for _ in range(most + 1)]
        # By state and last token, of one character more.
        longer = [[0.0] * (bos + 1)] * constraints.states
        for length in range(most, constraints.length - 1, -1):
            after = [self._after(longer, length, state) for state in range(constraints.states)]
            self.after[length] = after
            longer = [self._of(chain, length, state) for state in range(constraints.states)]

    @staticmethod
    def work(constraints: Constraints, chain: Chain) -> int:
        """How many sums it takes to find out."""
        lengths = constraints.most - constraints.length + 1
        return lengths * constraints.states * (chain.pairs + 2 * len(chain.frequencies))

    def _after(self, longer: list[list[float]], length: int, state: int) -> list[float]:
        """Once each token is written, and of the end."""
        constraints = self._constraints
        found = [
            longer[following][token] if following >= 0 else 0.0
            for token, following in enumerate(constraints.after[state])
        ]
        found.append(1.0 if constraints.accepts(length, state) else 0.0)
        return found

    def _of(self, chain: Chain, length: int, state: int) -> list[float]:
        """Of a beginning of that length, by its last token."""
        constraints, after = self._constraints, self.after[length][state]
        if length >= constraints.block_size:  # where it ends anyway
            return [after[-1]] * (self._bos + 1)
        if not constraints.alive(length, state):
            return [0.0] * (self._bos + 1)
        anything = sum(map(float.__mul__, chain.frequencies, after))
        found = [
            share * anything + sum([probability * after[token] for token, probability in seen])
            for share, seen in zip(chain.shares, chain.following, strict=True)
        ]
        for last, number, sums in self._met[length]:
            met = sum(map(float.__mul__, sums, after))
            found[last] = (met + _DOUBT * found[last]) / (number + _DOUBT)
        return found


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
        chain: Chain,
    ) -> None:
        self._engine = engine
        self._stream = stream
        self._temperature = temperature
        self._beginning = beginning
        self._constraints = constraints
        self._chain = chain
        self._met: Met | None = Met()
        self._completion = Completion(constraints, chain, beginning[0], Met())
        self._weights: list[tuple[tuple[int, ...], float]] = []  # logarithms

    def learn(self) -> Iterator[int]:
        """Make the estimate better, by proposals that don't count; how many there were.

        Raises:
            DivergedError: there are no probabilities to draw from.
        """
        assert self._met is not None
        for count in _LEARN:
            for _ in range(0, count, AT_A_TIME):
                self.propose(AT_A_TIME)
                yield AT_A_TIME
            self._completion = Completion(
                self._constraints, self._chain, self._beginning[0], self._met
            )
        self._met = None

    def propose(self, count: int) -> list[tuple[list[int], float]]:
        """The tokens of so many without BOS, and the logarithms of their weights.

        All are written at the same time, a letter of each in turn.

        Raises:
            DivergedError: there are no probabilities to draw from.
        """
        constraints, length = self._constraints, self._constraints.length
        going = [(tuple(self._beginning), constraints.start, 0.0)] * count
        done: list[tuple[list[int], float]] = []
        while going and length < constraints.block_size:
            rows = self._predict({tokens for tokens, _, _ in going}, length)
            likely, still = self._completion.after[length], []
            for tokens, state, logarithm in going:
                tilted = list(map(float.__mul__, likely[state], rows[tokens]))
                total = math.fsum(tilted)
                if not total > 0:  # too unlikely for a float, or the model rules it out
                    continue
                token = self._stream.choose(tilted)
                logarithm += math.log(total / likely[state][token])
                if token == self._beginning[0]:
                    done.append((list(tokens[1:]), logarithm))
                else:
                    following = constraints.after[state][token]
                    still.append(((*tokens, token), following, logarithm))
            going, length = still, length + 1
        # What has filled block_size ends there.
        return done + [(list(tokens[1:]), logarithm) for tokens, _, logarithm in going]

    def _predict(
        self, beginnings: set[tuple[int, ...]], length: int
    ) -> dict[tuple[int, ...], list[float]]:
        """What follows each."""
        order = sorted(beginnings)
        found = self._engine.predict([list(tokens) for tokens in order], self._temperature)
        rows = {tokens: row.tolist() for tokens, row in zip(order, found, strict=True)}
        for tokens, row in rows.items():
            if not math.isfinite(math.fsum(row)):
                raise DivergedError(NO_PROBABILITIES)
            if self._met:
                self._met.add(length, tokens[-1], row)
        return rows

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
        largest = max((logarithm for _, logarithm in self._weights), default=0.0)
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
