"""What is changed in a text: unicodedata and Counter say what is right."""

import unicodedata
from collections import Counter
from collections.abc import Generator
from typing import TypeVar, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgpt import Session
from microgpt.errors import CorpusError
from microgpt.session.reports import ReadingProgress
from microgpt.texts import cleaning
from microgpt.texts.facts import shares

ANY = st.text(st.characters(exclude_categories=["Cs"]))
ACCENTS = st.text(st.sampled_from("aeoE\u0301\u0308\u0323\u212b\u1100\u1161\u11a8 \n[^-]\\"))


T = TypeVar("T")


def done(work: Generator[float, None, T]) -> T:
    """What a piece of work comes to."""
    steps = shares(work, 0, 1)
    while True:
        try:
            assert 0 <= next(steps) <= 1
        except StopIteration as end:
            result: T = end.value
            return result


@given(st.one_of(ANY, ACCENTS))
def test_nfc_is_unicodes(text: str) -> None:
    made, changed = done(cleaning.normalized(text))
    assert made == unicodedata.normalize("NFC", text)
    assert (changed > 0) == (made != text)


def test_each_letter_that_changes_is_counted_once() -> None:
    assert done(cleaning.normalized("cafe\u0301 e\u0323\u0302 \u212b x")) == ("café ệ Å x", 3)


def test_thousands_of_marks_on_a_letter_are_left_alone() -> None:
    text = "a" + "\u0301\u0323" * 200_000  # to put them in order takes the square of the time
    assert done(cleaning.normalized(text)) == (text, -1)


@given(st.one_of(ANY, ACCENTS))
def test_distinct_characters_are_those_of_a_set(text: str) -> None:
    assert cleaning.distinct(text) == set(text)
    assert cleaning.distinct(text * 300 + "~") == set(text + "~")


@given(st.one_of(ANY, ACCENTS), st.integers(1, 10), st.sampled_from(["", "?", "\\", "\\1"]))
def test_the_most_frequent_characters_stay(text: str, most: int, replacement: str) -> None:
    made, gone, different = done(cleaning.most_frequent(text.rstrip("\n"), most, replacement))
    counts = Counter(text.replace("\n", ""))
    kept = sorted(counts, key=lambda c: (-counts[c], c))[:most]
    assert gone == sum(counts.values()) - sum(counts[c] for c in kept)
    assert different == max(0, len(counts) - most)
    expected = "".join(c if c in kept or c == "\n" else replacement for c in text.rstrip("\n"))
    assert made == expected


@given(ANY, st.integers(1, 30))
def test_the_rarest_are_those_of_a_counter(text: str, most: int) -> None:
    counts = Counter(text)
    del counts["\n"]
    found = done(cleaning.rarest(text, set(text), most))
    assert [n for _, n in found] == sorted(counts.values())[:most]
    assert all(counts[c] == n for c, n in found)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("👩\u200d👧 and 👍🏽 and 🇩🇪", ["👩\u200d👧", "👍🏽", "🇩🇪"]),
        ("x\u0304 x\u0304 q", ["x\u0304"]),
        ("नमस्ते", ["म", "स्", "ते"][1:]),
        ("plain é", []),
    ],
)
def test_what_a_reader_takes_for_one_character_is_found(text: str, seen: list[str]) -> None:
    assert sorted(cleaning.clusters(text, set(text))) == sorted(seen)


def report(text: str, **reading: object) -> list[str]:
    return Session().load(text.encode(), "x", 16, {"documents": "line", **reading})["notes"]


def test_what_was_done_is_said() -> None:
    assert report("cafe\u0301\nan\n") == ["1 character was brought to Unicode's usual form (NFC)."]
    assert report("cafe\u0301\nan\n", normalize=False) == [
        "One character, such as e\u0301, is read as several parts."
    ]
    assert report("👩\u200d👧👍🏽\n") == [
        "2 characters, such as 👩\u200d👧, are read as several parts."
    ]
    assert report("aaab\naac\n", most_frequent=1) == [
        "2 characters were dropped: the 2 rarest of 3 different ones.",
    ]
    assert report("aaab\naac\n", most_frequent=1, replacement="?")[0] == (
        "2 characters were replaced by ?: the 2 rarest of 3 different ones."
    )
    assert report("Ab\nab\nab\n", lower_case=True, drop_repeated=True) == [
        "Capital letters were made small.",
        "2 repeated lines, dropped.",
    ]


def test_too_many_characters_can_be_made_fewer() -> None:
    text = "".join(chr(0x4E00 + i) for i in range(6000)).encode()
    session = Session()
    with pytest.raises(CorpusError, match="keep only its most frequent characters") as error:
        session.load(text, "han", 16, {"documents": "line"})
    assert error.value.field == "most_frequent"
    again = session.read_again({"most_frequent": 100, "replacement": "?", "documents": "line"})
    assert len(again["vocabulary"]) == 101


def test_the_report_has_what_a_person_looks_at_before_training() -> None:
    text = "anna\nbob\nanna\n" + "x" * 100 + "\nbob\nanna\nzoe\n"
    made = Session().load(text.encode(), "x", 8)
    assert made["repeated"] == [{"text": "anna", "count": 3}, {"text": "bob", "count": 2}]
    assert made["rarest"][0] == {"text": "e", "count": 1}
    assert made["longest_document"] == "x" * 59 + "…"


def test_reading_tells_how_far_it_is_and_changes_nothing_before_its_end() -> None:
    session = Session()
    session.load(b"anna\n", "a.txt")
    told = []
    for piece in session.load_piecewise(b"bella\n" * 400_000, "b.txt"):
        if "doing" in piece:
            told.append(cast(ReadingProgress, piece)["share"])
            assert session.describe(16)["name"] == "a.txt"
    assert len(told) > 5
    assert told == sorted(told)
    assert 0 <= told[0] <= told[-1] <= 1
    assert session.describe(16)["name"] == "b.txt"
