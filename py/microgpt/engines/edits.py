"""The kernel of `nearest`: how many letters to insert, delete or replace between two lines.

Not among `kernels`, because it has nothing to do with a model and makes a module of its own.
"""

from __future__ import annotations

from microgpt.compiler.language import Ints


def nearest(
    count: int, letters: Ints, lengths: Ints, query: Ints, size: int, most: int, row: Ints
) -> int:
    """The first of the lines that need the fewest edits.

    Args:
        count: of lines.
        letters: of the lines, one after the other, and lengths: how many each has.
        query: the letters of what is compared with them, `size` of them.
        most: edits that are of interest.
        row: scratch for size + 1 numbers; then the first says how many edits it takes.

    Returns:
        Its index; -1 where all need more.
    """
    best, found, at = most + 1, -1, 0
    for i in range(count):
        length = lengths[i]
        # At least as many edits as one has more letters than the other.
        if max(length - size, size - length) < best:
            edits = distance(letters[at:], length, query, size, best, row)
            if edits < best:
                best, found = edits, i
        at += length
    row[0] = best
    return found


def distance(line: Ints, length: int, query: Ints, size: int, most: int, row: Ints) -> int:
    """The edits between a line and a query, row by row of the table of their beginnings.

    Some number from `most` on where there are as many as that: no way through a row costs
    less than the least in it.

    Source: R. A. Wagner and M. J. Fischer, The String-to-String Correction Problem, 1974.
    """
    for j in range(size + 1):
        row[j] = j
    least = 0
    for i in range(length):
        if least < most:
            letter, diagonal, left = line[i], i, i + 1
            row[0] = left
            least = left
            for j in range(size):
                above = row[j + 1]
                kept = diagonal if query[j] == letter else diagonal + 1
                left = min(min(above, left) + 1, kept)
                diagonal = above
                row[j + 1] = left
                least = min(least, left)
    return max(row[size], least)
