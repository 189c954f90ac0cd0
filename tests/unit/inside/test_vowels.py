"""Which letters are vowels, and when it is said that a model holds them apart."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import combinations
from random import Random

import pytest

from microgpt.inside.vowels import apart, kinds

LATIN = "abcdefghijklmnopqrstuvwxyz"


def of(characters: Sequence[str], kind: str) -> str:
    return "".join(c for c, k in zip(characters, kinds(characters), strict=True) if k == kind)


def distances(points: Sequence[Sequence[float]]) -> list[list[float]]:
    return [[math.dist(a, b) for b in points] for a in points]


@pytest.mark.parametrize(
    ("characters", "vowels", "neither"),
    [
        (LATIN, "aeiou", "y"),
        ("AEIOUYBCDÁéöÑßÅŁøæ", "AEIOUÁéöÅøæ", "Y"),
        ("abc' -123.", "a", "' -123."),
        ("абвгдеёжзийклмыэюяьъў", "аеёиыэюя", "ьъ"),
        ("αβγδεζάώϊΰΩ", "αεάώϊΰΩ", ""),
        ("abcdeαб", "ae", "αб"),  # letters of another script
        ("漢字かな", "", "漢字かな"),
    ],
)
def test_vowels_with_and_without_accents(characters: str, vowels: str, neither: str) -> None:
    assert of(characters, "vowel") == vowels
    assert of(characters, "") == neither


def test_bos_is_no_letter() -> None:
    assert kinds(["a", "b", ""]) == ["vowel", "consonant", ""]


def test_heaps_that_lie_apart_are_found() -> None:
    stream = Random(1)
    places = [
        [stream.gauss(3.0 if kind == "vowel" else 0.0, 1.0) for _ in range(4)]
        for kind in kinds(LATIN)
    ]
    found = apart(kinds(LATIN), distances(places))
    assert found.sentence.startswith("Vowels and consonants: found. ")
    assert "Of 1,000 random groups of five letters, none stand apart as much." in found.sentence
    assert found.likely == pytest.approx(1 / 1001)


def test_the_means_are_those_of_all_pairs() -> None:
    stream = Random(2)
    places = [[stream.gauss(0, 1) for _ in range(3)] for _ in LATIN]
    groups = kinds(LATIN)
    pairs = [(i, j) for i, j in combinations(range(26), 2) if groups[i] and groups[j]]
    same = [math.dist(places[i], places[j]) for i, j in pairs if groups[i] == groups[j]]
    across = [math.dist(places[i], places[j]) for i, j in pairs if groups[i] != groups[j]]
    sentence = apart(groups, distances(places)).sentence
    told = [float(number) for number in re.findall(r"\d+\.\d+", sentence)]
    expected = [sum(each) / len(each) for each in (across, same)]
    assert told == pytest.approx(expected, rel=0.005)  # of three figures


def test_where_there_is_nothing_the_share_is_as_likely_one_as_another() -> None:
    groups, found = kinds(LATIN), []
    for seed in range(200):
        stream = Random(seed)
        places = [[stream.gauss(0, 0.08) for _ in range(16)] for _ in LATIN]
        finding = apart(groups, distances(places))
        assert finding.likely is not None
        assert ("not found" in finding.sentence) == (finding.likely > 0.01)
        found.append(finding.likely)
    found.sort()
    # Kolmogorov's distance from evenly spread shares, which chance takes above this once in 1,000.
    assert max(abs(p - (i + 0.5) / 200) for i, p in enumerate(found)) < 1.95 / math.sqrt(200)


def test_where_all_are_alike_nothing_is_found() -> None:
    assert apart(kinds(LATIN), [[0.0] * 26] * 26).likely == 1


@pytest.mark.parametrize("letters", ["aebcdfgh", "aeioubcdf", "bcdfghjklm", "12345"])
def test_of_too_few_letters_nothing_is_said(letters: str) -> None:
    finding = apart(kinds(letters), [[1.0] * len(letters)] * len(letters))
    assert finding == ("", None)


def test_few_letters_can_not_tell() -> None:
    """The vowels are one group of 56: chance alone sets them apart more often than 1 %."""
    letters = "aeibcdfg"
    places = [[9.0 if c in "aei" else 0.0, float(i)] for i, c in enumerate(letters)]
    finding = apart(kinds(letters), distances(places))
    assert finding.sentence.startswith("Vowels and consonants: too few letters to tell. ")
    assert finding.likely == pytest.approx(1 / 56, abs=0.02)
