"""What counting letters achieves: losses to compare a model's with.

The frequencies of letters, and of letters after each letter, with the end of a line as
one of them. Both are smoothed, so that what was never seen is not impossible. Not about
which lines are counted: see `learning`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

_END = "\n"  # no document has one in it


class Baselines:
    """Letters and pairs of letters, counted.

    Args:
        documents: to count in, as far as a model sees them.
        vocabulary_size: with BOS.
        block_size: of the model.
    """

    def __init__(self, documents: Sequence[str], vocabulary_size: int, block_size: int) -> None:
        self._vocabulary_size = vocabulary_size
        self._block_size = block_size
        self._pairs: Counter[tuple[str, str]] = Counter()
        for document in documents:
            self._pairs.update(pairwise(self._read(document)))
        self._letters: Counter[str] = Counter()  # as what follows
        self._first: Counter[str] = Counter()  # as what is followed by something
        self._followers: Counter[str] = Counter()  # how many different ones each has
        for (first, second), count in self._pairs.items():
            self._letters[second] += count
            self._first[first] += count
            self._followers[first] += 1
        self._total = self._letters.total()

    def _read(self, document: str) -> str:
        """A document as the model reads it; see `Vocabulary.encode`."""
        return f"{_END}{document}{_END}"[: self._block_size + 1]

    def letter(self, letter: str) -> float:
        """The probability of a letter; each is counted once more than it was seen (Laplace)."""
        return (self._letters[letter] + 1) / (self._total + self._vocabulary_size)

    def pair(self, first: str, second: str) -> float:
        """The probability of a letter after another.

        A letter's followers are mixed with all letters, the more of these the more
        different followers it was seen to have (Witten and Bell, 1991).
        """
        if not (different := self._followers[first]):
            return self.letter(second)
        seen = self._pairs[first, second] + different * self.letter(second)
        return seen / (self._first[first] + different)

    def losses(self, documents: Sequence[str]) -> tuple[float, float]:
        """Letters' and pairs' losses in nats on at least one document, as a model's are computed.

        The mean over the documents of the mean of -ln(probability of what follows).
        """
        letters, pairs = [], []
        for document in documents:
            read = self._read(document)
            count = len(read) - 1
            letters.append(-math.fsum(math.log(self.letter(b)) for b in read[1:]) / count)
            pairs.append(-math.fsum(math.log(self.pair(a, b)) for a, b in pairwise(read)) / count)
        return math.fsum(letters) / len(letters), math.fsum(pairs) / len(pairs)
