"""What fits a wish, letter by letter: an automaton that also says what can still be completed.

Its state is how many characters there are, how much of what is to be contained was just
written, and how much of the ending was. Not about what depends on the text (new, far from
it), which is known of whole documents only: see `making`.
"""

from __future__ import annotations

from microgpt.gpt.corpus import Vocabulary
from microgpt.session.reports import Wish


class Constraints:
    """The automaton of a wish.

    A state stands for what was written so far, but for its length; 0 is that of nothing.

    Attributes:
        start: the state after the prefix.
        length: of the prefix.
        possible: whether any document that begins with the prefix fits.

    Args:
        wish: checked, but for whether all of it together is possible.
    """

    def __init__(self, vocabulary: Vocabulary, block_size: int, wish: Wish) -> None:
        self.block_size = block_size
        self.least = max(1, wish["min_length"])
        self.most = min(block_size, wish["max_length"] or block_size)
        self._contains = _Matcher(wish["contains"], stays=True)
        self._suffix = _Matcher(wish["suffix"], stays=False)
        self._allowed = [c not in wish["without"] for c in vocabulary.characters]
        self._characters = vocabulary.characters
        self._states: list[tuple[int, int]] = []
        # Of each state, the one after each token; -1 after one that is not to be.
        self.after: list[list[int]] = []
        self._build()
        whole = (len(wish["contains"]), len(wish["suffix"]))
        self._whole = [state == whole for state in self._states]
        self._alive = self._completable()
        tokens = vocabulary.encode(wish["prefix"], block_size + 1)[1:-1]
        self.length, state = len(tokens), 0
        for token in tokens:
            state = self.after[state][token] if state >= 0 else -1
        self.start = state
        self.possible = state >= 0 and self.alive(self.length, state)

    def _build(self) -> None:
        """All states that can be reached: about as many as there are letters in the wish."""
        first = (0, 0)
        self._states, index = [first], {first: 0}
        for contains, suffix in self._states:  # grows meanwhile
            row = []
            for letter, allowed in zip(self._characters, self._allowed, strict=True):
                after = self._contains.step(contains, letter), self._suffix.step(suffix, letter)
                if allowed and after not in index:
                    index[after] = len(self._states)
                    self._states.append(after)
                row.append(index[after] if allowed else -1)
            self.after.append(row)

    def _completable(self) -> list[list[bool]]:
        """By length and state, whether something can follow, or the end, so that it fits."""
        following = [sorted({state for state in row if state >= 0}) for row in self.after]
        alive = [[False] * len(self._states)]  # longer than anything may be
        for length in range(self.most, -1, -1):
            ends = length >= self.least
            alive.append(
                [
                    (ends and whole) or any(alive[-1][state] for state in states)
                    for whole, states in zip(self._whole, following, strict=True)
                ]
            )
        alive.reverse()
        return alive

    @property
    def states(self) -> int:
        """How many there are."""
        return len(self._states)

    def accepts(self, length: int, state: int) -> bool:
        """Whether a document may end so."""
        return self._whole[state] and self.least <= length <= self.most

    def alive(self, length: int, state: int) -> bool:
        """Whether it fits as it is, or something that begins so does."""
        return length <= self.most and self._alive[length][state]

    def fits(self, tokens: list[int]) -> bool:
        """Whether a whole document does, of the tokens after BOS and without the end."""
        state = 0
        for token in tokens:
            if (state := self.after[state][token]) < 0:
                return False
        return self.accepts(len(tokens), state)


class _Matcher:
    """How much of a pattern has just been written (Knuth, Morris and Pratt, 1977).

    Args:
        stays: whether it is enough to have been written once.
    """

    def __init__(self, pattern: str, stays: bool) -> None:
        self._pattern = pattern
        self._stays = stays
        self._fallback = [0] * (len(pattern) + 1)  # the longest shorter one that ends so too
        for end in range(2, len(pattern) + 1):
            shorter = self._fallback[end - 1]
            while shorter and pattern[shorter] != pattern[end - 1]:
                shorter = self._fallback[shorter]
            self._fallback[end] = shorter + (pattern[shorter] == pattern[end - 1])

    def step(self, written: int, letter: str) -> int:
        """How much of it is written after one more letter."""
        pattern = self._pattern
        if written == len(pattern):
            if self._stays or not pattern:
                return written
            written = self._fallback[written]
        while written and pattern[written] != letter:
            written = self._fallback[written]
        return written + (pattern[written] == letter)
