"""What a person should know of a text before training, in figures and in sentences."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

from microgpt.gpt.corpus import Corpus
from microgpt.gpt.hyperparameters import MAX_BLOCK_SIZE
from microgpt.texts import cleaning
from microgpt.texts.limits import counted, cut_to_show
from microgpt.texts.windows import LINE_END, RunningText

T = TypeVar("T")

_FIRST = 5  # documents that are shown
_RAREST = 12  # characters
_REPEATED = 20  # documents
_AT_A_TIME = 200_000  # documents


@dataclass(frozen=True)
class Facts:
    """What was counted in a corpus.

    Attributes:
        characters: of all documents together; of running text, each once.
        lengths: how many documents have each length.
        duplicates: how many documents repeat an earlier one.
        rarest: characters and how often each occurs, the rarest first.
        repeated: documents and how often each occurs, the most frequent first.
    """

    characters: int
    lengths: Counter[int]
    duplicates: int
    rarest: list[tuple[str, int]]
    repeated: list[tuple[str, int]]


def count(
    corpus: Corpus, rarest: list[tuple[str, int]] | None = None
) -> Generator[float, None, Facts]:
    """What there is to know of a corpus; on the way, the share that is done.

    Args:
        rarest: its rarest characters, if they are known already.
    """
    if isinstance(corpus, RunningText):
        windows = corpus.documents
        if not rarest:
            rarest = yield from cleaning.rarest(windows.text, corpus.characters, _RAREST)
        return Facts(len(windows.text), Counter({len(windows[0]): len(windows)}), 0, rarest, [])
    documents = corpus.documents
    found: Counter[str] = Counter()
    lengths: Counter[int] = Counter()
    for begin in range(0, len(documents), _AT_A_TIME):
        some = documents[begin : begin + _AT_A_TIME]
        found.update(some)
        lengths.update(map(len, some))
        yield 0.5 * begin / len(documents)
    duplicates, repeated = len(documents) - len(found), []
    if duplicates:
        more = ((document, n) for document, n in found.items() if n > 1)
        repeated = heapq.nlargest(_REPEATED, more, key=lambda pair: pair[1])
    yield 0.5
    whole = "\n".join(documents)
    for_rarest = cleaning.rarest(whole, corpus.characters, _RAREST)
    rarest = yield from shares(for_rarest, 0.6, 1.0)
    characters = sum(length * n for length, n in lengths.items())
    return Facts(characters, lengths, duplicates, rarest, repeated)


def shares(work: Generator[float, None, T], begin: float, end: float) -> Generator[float, None, T]:
    """Work that tells its share, as a part of a whole from one share to another."""
    while True:
        try:
            share = next(work)
        except StopIteration as stop:
            result: T = stop.value
            return result
        yield begin + (end - begin) * share


def block_size_needed(corpus: Corpus) -> int:
    """The smallest block_size that cuts nothing: a document's end is predicted too.

    A window is never cut.
    """
    return len(corpus.longest) + (not isinstance(corpus, RunningText))


def cut(facts: Facts, block_size: int) -> int:
    """How many documents don't fit a block_size with their ends."""
    return sum(n for length, n in facts.lengths.items() if length >= block_size)


def first_lines(corpus: Corpus) -> list[str]:
    """The first few documents, long ones cut, to show what it is."""
    return [cut_to_show(document) for document in corpus.documents[:_FIRST]]


def notes(corpus: Corpus, facts: Facts, block_size: int, noun: str = "line") -> list[str]:
    """What is skipped, repeated and cut, one sentence each."""
    if isinstance(corpus, RunningText):
        return [_windows_note(corpus)]
    found = []
    if corpus.blank_lines:
        found.append(f"{counted(corpus.blank_lines, 'blank line')}, skipped.")
    if facts.duplicates:
        found.append(f"{counted(facts.duplicates, f'repeated {noun}')}, kept.")
    if too_long := cut(facts, block_size):
        about = _cut_note(too_long, len(corpus.documents), block_size, noun)
        found.append(f"{about} {_fit(corpus, noun)}")
    return found


def _windows_note(corpus: RunningText) -> str:
    windows = corpus.documents
    many = f"Running text, read in {counted(len(windows), 'piece')} of {windows.size:,} characters"
    overlap = ", each of which begins in the middle of the one before" if len(windows) > 1 else ""
    ends = f"; {LINE_END} stands for the end of a line" if LINE_END in corpus.characters else ""
    return f"{many}{overlap}{ends}."


def _cut_note(too_long: int, lines: int, block_size: int, noun: str) -> str:
    """That some documents, or all, are learned in part."""
    first = "first character is" if block_size == 1 else f"first {block_size:,} characters are"
    if lines == 1:
        return f"The {noun} is too long: only its {first} learned."
    if too_long == 1:
        return f"1 of {lines:,} {noun}s is too long: only its {first} learned."
    some = f"All {lines:,}" if too_long == lines else f"{too_long:,} of {lines:,}"
    return f"{some} {noun}s are too long: only their {first} learned."


def _fit(corpus: Corpus, noun: str) -> str:
    needed = block_size_needed(corpus)
    if needed <= MAX_BLOCK_SIZE:
        return f"A block_size of {needed:,} would fit every {noun}."
    return f"No block_size would fit every {noun}; the largest is {MAX_BLOCK_SIZE:,}."
