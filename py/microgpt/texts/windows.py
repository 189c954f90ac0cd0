"""Running text: one long text, read in overlapping windows, as language models read books.

A window is block_size characters: all that the model reads of a longer line, so that no end
is learned. The next one begins half a window further on. The line ends of the text are a
visible character, because no document has a line end in it.

The loss per character is then comparable with nanoGPT's, but for this: here the first
character of every window is predicted too, from BOS alone, and so costs more.

Windows are cut when they are asked for: a text of 20 MB has millions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

from microgpt.gpt.corpus import Corpus

LINE_END = "↵"


class Windows(Sequence[str]):
    """The windows of a text; the last ends with the text.

    Args:
        text: not empty, without line ends.
        size: characters of each window; a shorter text is one window.
    """

    def __init__(self, text: str, size: int) -> None:
        self.text = text
        self.size = size
        self.stride = max(1, size // 2)
        self._last = max(0, len(text) - size)  # where the last one begins

    def start(self, index: int) -> int:
        """Where a window begins, index 0 or more."""
        return min(index * self.stride, self._last)

    def __len__(self) -> int:
        return 1 - (-self._last // self.stride)  # rounded up

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        places = range(len(self))[index]
        return self.at(places) if isinstance(places, int) else [self.at(i) for i in places]

    def at(self, index: int) -> str:
        """A window, index 0 or more."""
        start = min(index * self.stride, self._last)
        return self.text[start : start + self.size]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Windows) and (self.size, self.text) == (other.size, other.text)

    def __hash__(self) -> int:
        return hash((self.size, self.text))


class Chosen(Sequence[str]):
    """Some windows in an order of their own."""

    def __init__(self, windows: Windows, indices: Sequence[int]) -> None:
        self._windows = windows
        self.indices = indices

    def __len__(self) -> int:
        return len(self.indices)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self._windows.at(i) for i in self.indices[index]]
        return self._windows.at(self.indices[index])


@dataclass(frozen=True)
class RunningText(Corpus):
    """A text whose documents are its windows."""

    documents: Windows

    @cached_property
    def characters(self) -> str:
        """The vocabulary without BOS: all distinct characters, sorted."""
        return "".join(sorted(set(self.documents.text)))

    @cached_property
    def longest(self) -> str:
        """A window: all have one length."""
        return self.documents[0]

    def parts(self, holdout: float) -> tuple[int, int]:
        """How many windows can be learned from, and the first of those that are kept out.

        Those are the last ones; in between lie windows that have characters of both, which
        belong to neither. None is kept out of a text that is shorter than two windows.
        """
        windows = self.documents
        count = len(windows)
        if not holdout or windows.start(count - 1) < windows.size:
            return count, count
        kept_out = min(count - 1, max(1, round(holdout * count)))
        fewest = -(-windows.size // windows.stride)  # windows before a first one that lies apart
        first = max(count - kept_out, min(fewest, count - 1))
        return 1 + (windows.start(first) - windows.size) // windows.stride, first

    def apart_from(self, learned: Iterable[int]) -> list[int]:
        """The windows, by their indices, that have no place of the text in common with some."""
        windows = self.documents
        near = -(-windows.size // windows.stride)
        touched = bytearray(len(windows) + 2 * near)
        for index in learned:
            touched[index : index + 2 * near + 1] = b"\x01" * (2 * near + 1)
        return [i for i in range(len(windows)) if not touched[i + near]]

    def has(self, part: str, holdout: float) -> bool:
        """Whether a part stands in what is learned from."""
        learned, _ = self.parts(holdout)
        windows = self.documents
        return windows.text.find(part, 0, windows.start(learned - 1) + windows.size) >= 0
