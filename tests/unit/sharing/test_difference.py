"""Changed code as a difference: it comes back exactly, and hostile ones do no harm."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from changing import CARDS, FURTHER, ORIGINALS, changed_code, sources
from microgpt.errors import ChangeError, SavedModelError
from microgpt.sharing import difference
from microgpt.sharing.difference import Difference, FileDifference, Place

LINES = ORIGINALS["model.py"].split("\n")
CHARACTERS = st.characters(exclude_categories=["Cs"])
LINE = st.one_of(st.sampled_from(LINES), st.text(CHARACTERS, max_size=12))


@st.composite
def edited(draw: st.DrawFn) -> str:
    """A text that has lost and won lines here and there."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 6))):
        begin = draw(st.integers(0, len(lines)))
        end = min(len(lines), begin + draw(st.integers(0, 5)))
        lines[begin:end] = draw(st.lists(LINE, max_size=4))
    return "\n".join(lines)


@given(edited())
@example("")
@example("\n".join(LINES) + "\n\n")
@example("a\r\nb\x0c\u2028c\ud7ff\U0010ffff\0")
@settings(max_examples=settings().max_examples // 2, deadline=None)
def test_any_text_comes_back(text: str) -> None:
    texts = {"model.py": text} if text != ORIGINALS["model.py"] else {"model.py": text + "#"}
    made = difference.between(texts)
    for again in (
        difference.read(difference.entry(made)),
        difference.unpacked(difference.packed(made)),
    ):
        assert again == made
        assert difference.applied(again) == texts


@pytest.mark.parametrize("name", [*CARDS, *FURTHER])
def test_cards_come_back_and_are_short(name: str) -> None:
    made = difference.between(sources(name))
    assert difference.applied(difference.unpacked(difference.packed(made))) == sources(name)
    assert len(difference.packed(made)) < 1000


def test_what_belongs_to_another_version_finds_its_place_by_its_lines() -> None:
    gelu = difference.between(sources("gelu"))
    [file] = gelu.files
    elsewhere = Difference((FileDifference(file.name, "0" * 32, file.places),))
    assert difference.applied(elsewhere) == sources("gelu")
    moved = FileDifference(
        file.name, "0" * 32, tuple(Place(p.first + 1, p.before, p.after) for p in file.places)
    )
    assert difference.applied(Difference((moved,))) == sources("gelu")


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (Place(3, ("no such line",), ("x",)), "at line 3 of gpt/model.py is not there"),
        (Place(3, ("",), ("x",)), "at line 3 of gpt/model.py is there more than once"),
    ],
)
def test_what_finds_no_place_is_not_run(place: Place, words: str) -> None:
    made = Difference((FileDifference("model.py", "0" * 32, (place,)),))
    with pytest.raises(ChangeError, match=f"another version of the algorithm.*{words}"):
        difference.applied(made)


def test_a_file_of_another_version_and_a_lie_are_told_apart() -> None:
    place = Place(1, ("a",), ("b",))
    with pytest.raises(ChangeError, match=r"here is no gpt/tokens\.py"):
        difference.applied(Difference((FileDifference("tokens.py", "0" * 32, (place,)),)))
    digest = difference.between({"model.py": "x"}).files[0].original
    with pytest.raises(ChangeError, match="isn't what stands there"):
        difference.applied(Difference((FileDifference("model.py", digest, (place,)),)))


DIGEST = "0" * 32
FINE: Any = [["model.py", DIGEST, [[1, ["a"], ["b"]]]]]


def with_file(name: Any = "model.py", digest: Any = DIGEST, places: Any = None) -> str:
    return json.dumps([[name, digest, FINE[0][2] if places is None else places]])


NO_PLACES: list[Any] = [
    *([], {}, [[]], [[0, ["a"], ["b"]]], [[True, ["a"], ["b"]]], [[1.5, ["a"], ["b"]]]),
    *([[1, [], ["b"]]], [[1, ["a"], ["a"]]], [[1, ["a\n"], ["b"]]], [[1, ["a"], [3]]]),
    *([[1, ["a"], ["\ud800"]]], [[1, "a", ["b"]]], [[10**9, ["a"], ["b"]]]),
    [[5, ["a"], ["b"]], [5, ["c"], ["d"]]],
    [[5, ["a", "b"], ["b"]], [6, ["c"], ["d"]]],
    [[1, ["a"], ["x" * 200_000]]],
    [[1, ["a"], ["x"] * 4_000]],
    [[2 * i + 1, ["a"], ["b"]] for i in range(1_001)],
]


@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "[]", "[[]]", "null", "[1]", "[" * 100_000, json.dumps(FINE * 2), "NaN"),
        *map(with_file, ["../cli/main.py", "/etc/passwd", "a/b.py", "model.pyc", "", 7, "x" * 99]),
        *(with_file(digest=digest) for digest in ("", "0" * 31, "G" * 32, None)),
        *(with_file(places=each) for each in NO_PLACES),
        json.dumps([[f"m{i:02}.py", DIGEST, FINE[0][2]] for i in range(21)]),
        json.dumps([["b.py", DIGEST, FINE[0][2]], ["a.py", DIGEST, FINE[0][2]]]),
        " " * 2_000_000,
    ],
)
def test_what_is_no_difference_is_refused(text: str) -> None:
    with pytest.raises(SavedModelError, match="Its difference to the algorithm"):
        difference.read(text)


def test_a_bomb_is_not_unpacked() -> None:
    import zlib

    packer = zlib.compressobj(9, wbits=-15)
    bomb = packer.compress(b" " * 30_000_000) + packer.flush()
    for data in (
        bomb,
        b"",
        b"\xff" * 50,
        bytes(50_000),
        difference.packed(difference.read(with_file())) + b"x",
    ):
        with pytest.raises(SavedModelError):
            difference.unpacked(data)


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        difference.unpacked(data)
    except SavedModelError:
        return


@pytest.mark.parametrize("text", ["x" * 200_001, "\n" * 4_001, "x\ud800"])
def test_what_is_too_long_or_no_text_does_not_travel(text: str) -> None:
    with pytest.raises(ChangeError, match=r"too long|half a character"):
        difference.between({"model.py": text})


def test_nothing_in_it_is_hidden_or_obeyed_by_a_terminal() -> None:
    hidden = "\x1b[2K\r\u202e\u2066\u200b\ufeff\x00\u00a0\U000e0001\u2028\u3164\u2800\ufe0f"
    said = difference.describe(difference.between({"model.py": f"import os  # {hidden}é日\n"}))
    assert all(each == "\n" or each.isprintable() for each in said)
    shown = r"\x1b[2K\r\u202e\u2066\u200b\ufeff\x00\xa0\U000e0001\u2028\u3164\u2800\ufe0f"
    assert f"+ import os  # {shown}é日" in said
    assert "- class Model:" in said, "what goes is there too"


def test_a_digest_tells_changed_code_apart() -> None:
    digests = {difference.digest(sources(name)) for name in [*CARDS, *FURTHER]}
    assert len(digests) == len(CARDS) + len(FURTHER)
    assert all(map(difference.is_digest, digests))
    assert difference.digest({}) == ""


def test_what_is_in_use_is_what_differs() -> None:
    assert difference.in_use() == {}
    gelu = sources("gelu")
    with changed_code(gelu | {"corpus.py": ORIGINALS["corpus.py"]}) as package:
        theirs = package["sharing.difference"]
        assert theirs.in_use() == gelu
        assert theirs.is_in_use(theirs.between(gelu))
        assert not theirs.is_in_use(theirs.between(sources("tanh")))
