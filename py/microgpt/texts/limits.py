"""What a text may have at most, what it may not have, and how much of it is shown."""

from __future__ import annotations

import re
from collections.abc import Sequence

MAX_BYTES = 20_000_000
MAX_CHARACTERS = 5_000  # distinct ones: each is two rows of the model's weights
MAX_COLUMNS = 300  # of a table
SHOWN = 60  # characters of a line that is shown

# Control characters that no text editor writes; tab to carriage return are white space.
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
# In a name, which is shown in one line, by terminals too: also what ends a line or
# reverses its direction.
UNFIT_FOR_NAMES = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def counted(number: int, noun: str) -> str:
    """A number with its noun: 1 line, 2 lines."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def usual_length(texts: Sequence[str]) -> int:
    """Characters of the middle one by length.

    Not by `statistics`, whose imports a tab would wait for longer than for all of ours.
    """
    return sorted(map(len, texts))[len(texts) // 2]


def cut_to_show(line: str) -> str:
    """As much of a line as there is room for."""
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"
