"""The line of a text that is nearest to a given one, by edit distance.

Compiled where WebAssembly can be run; else the same kernel as Python runs it. Not about
what the distance is for.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from typing import Any

from microgpt.compiler import compile_kernels
from microgpt.engines import edits, host

MAX_CHARACTERS = 4_000_000  # of all lines: more would take a second for each question
MAX_QUERY = 1024  # characters

_UTF_32 = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"
_QUERY = 0  # addresses, in bytes
_ROW = _QUERY + 4 * MAX_QUERY
_LENGTHS = _ROW + 4 * (MAX_QUERY + 1)


class Nearest:
    """Looks for the nearest of some lines.

    Args:
        lines: to look in, MAX_CHARACTERS in all at most.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        if sum(map(len, lines)) > MAX_CHARACTERS:
            raise ValueError("too many lines to look through")
        self._lines = lines
        self._letters, self._lengths = _codes("".join(lines)), array("i", map(len, lines))
        self._instance = self._compiled() if host.available() else None

    def _compiled(self) -> host.Instance:
        letters = _LENGTHS + 4 * len(self._lengths)
        size = letters + 4 * len(self._letters) + 4
        binary = compile_kernels({"nearest": (edits.nearest, {})}, size)
        instance = host.load(binary).instance()
        instance.write(_LENGTHS, self._lengths)
        instance.write(letters, self._letters)
        return instance

    def find(self, text: str, at_most: int | None = None) -> tuple[str, int] | None:
        """The first line that takes the fewest edits, and how many; None where none is near.

        Args:
            text: MAX_QUERY characters at most.
            at_most: edits that are of interest, or None for any number.
        """
        if len(text) > MAX_QUERY:
            raise ValueError("too long a text to look for")
        query = _codes(text)
        most = 2**30 if at_most is None else at_most
        if self._instance is None:
            views: list[Any] = [memoryview(x) for x in (self._letters, self._lengths, query)]
            row = [0] * (len(query) + 1)
            index = edits.nearest(
                len(self._lines), views[0], views[1], views[2], len(query), most, row
            )
            return (self._lines[index], row[0]) if index >= 0 else None
        letters = _LENGTHS + 4 * len(self._lengths)
        self._instance.write(_QUERY, query)
        index = self._instance.call(
            "nearest", len(self._lines), letters, _LENGTHS, _QUERY, len(query), most, _ROW
        )
        if index < 0:
            return None
        return self._lines[index], self._instance.read(_ROW, "i", 1)[0]

    def far_enough(self, text: str, edits: int) -> bool:
        """Whether every line takes at least so many edits."""
        return edits <= 0 or self.find(text, edits - 1) is None


def _codes(text: str) -> array[int]:
    """The code of each character."""
    found = array("i")  # of 4 bytes wherever this runs
    found.frombytes(text.encode(_UTF_32, "surrogatepass"))
    return found
