"""Vowels and consonants: which letters are which, and whether a model holds them apart.

It is told only where it is hardly a matter of chance: where few random groups of as many
letters are set off from the others as the vowels are. Not about where the distances come from.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from math import comb
from operator import itemgetter
from random import Random
from typing import Any, NamedTuple

# Letters without their accents, by the script that their Unicode names begin with.
_VOWELS = {"LATIN": "aeiouæœøı", "CYRILLIC": "аеиоуыэюяієө", "GREEK": "αεηιουω"}
_EITHER = {"LATIN": "y", "CYRILLIC": "ьъ", "GREEK": ""}  # or neither
_WHOLE = "йў"  # consonants that look like vowels with an accent
_FEWEST = {"vowel": 3, "consonant": 5}
_GROUPS = 1_000  # random ones
_LIKELY = 0.01  # above which it may be chance
_ROUNDING = 1e-12
_NUMBERS = "no one two three four five six seven eight nine ten".split()


class Finding(NamedTuple):
    """Whether vowels and consonants stand apart.

    Attributes:
        sentence: that says so, with its numbers; "" where there are too few to ask.
        likely: the share of random groups that are set off as much; None where not asked.
    """

    sentence: str
    likely: float | None


def kinds(characters: Sequence[str]) -> list[str]:
    """Of each character "vowel" or "consonant", of the script with most letters; else ""."""
    scripts = [unicodedata.name(c, "").split(" ")[0] if len(c) == 1 else "" for c in characters]
    found = Counter(script for script in scripts if script in _VOWELS)
    most = max(found, key=lambda script: found[script], default="")
    return [
        _kind(c, script) if script == most else ""
        for c, script in zip(characters, scripts, strict=True)
    ]


def _kind(character: str, script: str) -> str:
    small = character.lower()
    base = small if small in _WHOLE else unicodedata.normalize("NFD", small)[0]
    if not base.isalpha() or base in _EITHER.get(script, ""):
        return ""
    return "vowel" if base in _VOWELS.get(script, "") else "consonant"


def apart(groups: Sequence[str], distances: Sequence[Sequence[float]]) -> Finding:
    """Whether vowels are further from consonants than letters of a kind are from each other.

    Args:
        groups: of each character, see `kinds`.
        distances: (characters, characters).
    """
    letters = [i for i, group in enumerate(groups) if group]
    near = [[distances[i][j] for j in letters] for i in letters]
    vowels = [place for place, i in enumerate(letters) if groups[i] == "vowel"]
    count, others = len(vowels), len(letters) - len(vowels)
    if count < _FEWEST["vowel"] or others < _FEWEST["consonant"]:
        return Finding("", None)
    sums = [sum(row) for row in near]
    pick = itemgetter(*vowels)
    across = _across(near, sums, vowels, pick)
    # What is far across is near within: the sum of all distances stays as it is.
    least = across * (1 - _ROUNDING)
    far = sum(_across(near, sums, *group) >= least for group in _random_groups(len(near), count))
    likely = (1 + far) / (1 + _GROUPS)
    same = (sum(sums) / 2 - across) / (comb(count, 2) + comb(others, 2))
    between = across / (count * others)
    group = f"{_NUMBERS[count] if count < len(_NUMBERS) else count} letters"
    means = (
        f"On average, a vowel and a consonant are {between:.3g} apart, two letters of one kind "
        f"{same:.3g}. Of {_GROUPS:,} random groups of {group}, {far or 'none'} "
        f"{'stands' if far == 1 else 'stand'} apart as much."
    )
    if comb(len(near), count) * _LIKELY < 2:
        return Finding(f"Vowels and consonants: too few letters to tell. {means}", likely)
    found = "found" if likely <= _LIKELY else "not found"
    return Finding(f"Vowels and consonants: {found}. {means}", likely)


def _across(
    near: Sequence[Sequence[float]], sums: Sequence[float], group: Sequence[int], pick: Any
) -> float:
    """The sum of the distances from a group to all others."""
    across: float = sum([sums[i] - sum(pick(near[i])) for i in group])
    return across


@lru_cache(maxsize=8)
def _random_groups(of: int, count: int) -> list[tuple[list[int], Any]]:
    """Groups of so many, each with what picks its members' numbers from a row."""
    stream = Random(0)  # the same finding for the same weights
    groups = [stream.sample(range(of), count) for _ in range(_GROUPS)]
    return [(group, itemgetter(*group)) for group in groups]
