"""What a document is: a line, a paragraph, a cell of a table's column, or a window.

Looking at a text tells which it is most likely; what looks like a plain list stays one. Not
about tables (`tables`) and windows (`windows`) themselves.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from itertools import groupby

from microgpt.texts.limits import usual_length
from microgpt.texts.tables import Table

KINDS = ("line", "paragraph", "column", "running")
NOUNS = {"line": "line", "paragraph": "paragraph", "column": "cell", "running": "window"}

_BLOCK = 1_000_000  # characters looked at in one go
_SAMPLED = 200_000  # characters that tell what kind of a text it is
_SHORT = 2_000  # characters: too few for running text
_LONG_LINE = 200  # characters, half of all lines: a paragraph in each
_WRAPPED = 50  # characters, half of all lines: broken where a page ends
_LOWER = 0.3  # of wrapped lines go on in the middle of a sentence
_EQUAL = 0.9  # of wrapped lines without sentences have the same length


def likely(text: str, table: Table | None) -> str:
    """What a document is most likely in a text.

    A table's cells where it has headings; running text where the lines are long ones of
    prose, or broken because a page ends; else lines.
    """
    if table and table.header:
        return "column"
    lines = [line.strip() for line in text[:_SAMPLED].split("\n")]
    lines = [line for line in lines if line]
    if len(text) < _SHORT or not lines:
        return "line"
    half = usual_length(lines)
    if half >= _LONG_LINE:
        return "running"
    if half >= _WRAPPED and len(lines) > 1:
        longest = max(map(len, lines))
        if sum(line[0].islower() for line in lines) >= _LOWER * len(lines):
            return "running"
        if sum(len(line) == longest for line in lines) >= _EQUAL * len(lines):
            return "running"
    return "line"


def blocks(text: str) -> Iterator[tuple[str, float]]:
    """A text in parts of whole lines, without the line ends between them; the share done."""
    begin = 0
    length = len(text) - text.endswith("\n")  # after the last line end there is no further line
    while begin <= length:
        end = text.find("\n", begin + _BLOCK, length)
        end = length if end < 0 else end
        yield text[begin:end], end / max(1, length)
        begin = end + 1


def lines(text: str) -> Generator[float, None, tuple[list[str], int]]:
    """The lines without white space around them, and how many more were blank."""
    found: list[str] = []
    count = 0
    for block, share in blocks(text):
        some = block.split("\n")
        count += len(some)
        found += [line for each in some if (line := each.strip())]
        yield share
    return found, count - len(found)


def paragraphs(text: str) -> Generator[float, None, list[str]]:
    """What stands between blank lines, each in one line."""
    found: list[str] = []
    opened: list[str] = []  # the lines of a paragraph that can go on in the next block
    for block, share in blocks(text):
        for filled, group in groupby(map(str.strip, block.split("\n")), bool):
            if filled:
                opened += group
            elif opened:
                found.append(" ".join(opened))
                opened = []
        yield share
    return [*found, " ".join(opened)] if opened else found


def split_long(documents: Sequence[str], most: int) -> list[str]:
    """Those that are longer than so many characters in pieces, parted at spaces if there are."""
    found: list[str] = []
    for document in documents:
        if len(document) <= most:
            found.append(document)
        else:
            found += _pieces(document, most)
    return found


def _pieces(document: str, most: int) -> Iterator[str]:
    begin = 0
    while len(document) - begin > most:
        end = document.rfind(" ", begin + 1, begin + most + 1)
        end = begin + most if end < 0 else end
        if piece := document[begin:end].strip():
            yield piece
        begin = end
        while document[begin].isspace():  # the last character is none
            begin += 1
    yield document[begin:]
