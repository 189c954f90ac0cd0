"""A text as the model learns it: its documents, and the tokens of their characters.

A document is a non-empty line without the white space around it; a token is a
character, or BOS, which marks both the beginning and the end of a document.
Not about bytes and files: see `texts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Corpus:
    """A text that can be trained on.

    Attributes:
        name: of the file or example, to show.
        documents: the lines in their order, stripped, none empty.
        blank_lines: how many lines were skipped because nothing was on them.
    """

    name: str
    documents: Sequence[str]
    blank_lines: int

    @cached_property
    def characters(self) -> str:
        """The vocabulary without BOS: all distinct characters, sorted."""
        return "".join(sorted(set("".join(self.documents))))

    @cached_property
    def longest(self) -> str:
        """The (first) longest document."""
        return max(self.documents, key=len)


class Vocabulary:
    """Characters ↔ token ids: the sorted characters from 0, then BOS."""

    def __init__(self, characters: str) -> None:
        self.characters = characters
        self.bos = len(characters)
        self.size = len(characters) + 1
        self._ids = {character: i for i, character in enumerate(characters)}

    def encode(self, document: str, block_size: int) -> list[int]:
        """BOS, the document's tokens, BOS, cut after block_size + 1 tokens.

        There are then at most block_size pairs of a token and the one to predict.

        Raises:
            KeyError: a character that is not in the vocabulary.
        """
        ids = [self._ids[character] for character in document[:block_size]]
        return [self.bos, *ids, self.bos][: block_size + 1]

    def decode(self, tokens: list[int]) -> str:
        """The characters of tokens, none of which is BOS."""
        return "".join(self.characters[token] for token in tokens)

    def unknown(self, text: str) -> str:
        """The characters of a text that are not in the vocabulary."""
        return "".join(dict.fromkeys(c for c in text if c not in self._ids))


def split(documents: list[str], holdout: float) -> tuple[list[str], list[str]]:
    """Shuffled documents as those to learn from and those to keep out of training.

    A share that isn't 0 keeps at least one out, but never all.
    """
    count = len(documents)
    kept_out = min(count - 1, max(1, round(holdout * count))) if holdout else 0
    return documents[: count - kept_out], documents[count - kept_out :]


def next_documents(documents: Sequence[str], done: int, count: int) -> list[str]:
    """So many documents after those that are done, from the beginning again after the last."""
    first = done % len(documents)
    found = list(documents[first : first + count])
    while len(found) < count:
        found += documents[: count - len(found)]
    return found
