"""Favourites in saved runs, and saved runs that learn from them: written, read, and checked."""

from __future__ import annotations

import json
from array import array
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgpt import MicrogptError, Session
from microgpt.errors import SavedModelError
from microgpt.sharing import checkpoint, favourites, safetensors
from microgpt.sharing.favourites import MOST, MOST_CHARACTERS, Choices, chosen, united
from microgpt.sharing.safetensors import MAX_HEADER, Tensor
from microgpt.texts import CONTROL
from runs import trained

documents = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(
    lambda text: not CONTROL.search(text) and not set(text) & set("\n\r")
)
lists = st.lists(documents, max_size=12)


@pytest.fixture(scope="module")
def with_some() -> bytes:
    session = trained()
    session.set_favourites(["anna", "hanna", "ida"], ["bob", "žluťoučký 👩‍👩‍👧"])
    return session.save_run()


@pytest.fixture(scope="module")
def learning() -> bytes:
    """A run on favourites, on its way."""
    session = trained()
    session.set_favourites(["anna", "hanna", "ida"], [])
    session.learn_favourites(40)
    session.advance(1e9, until_step=7)
    return session.save_run()


def changed(data: bytes, entry: str, said: str) -> bytes:
    """A file that says something else, with a checksum that fits."""
    tensors, metadata = safetensors.read(data)
    return _written(tensors, {**metadata, entry: said})


def with_list(data: bytes, name: str, values: list[int] | None) -> bytes:
    """A file with another list of documents, or without."""
    tensors, metadata = safetensors.read(data)
    del tensors[name]
    if values is not None:
        tensors[name] = Tensor("I32", (len(values),), array("i", values))
    return _written(tensors, metadata)


def _written(tensors: dict[str, Tensor], metadata: dict[str, str]) -> bytes:
    metadata["crc32"] = checkpoint.checksum(tensors, metadata)
    return safetensors.write(tensors, metadata)


def refuses(data: bytes, words: str, text: bytes | None = None) -> None:
    session = trained()
    session.set_favourites(["karl"], [])
    with pytest.raises(SavedModelError, match=words):
        session.open_file(data, "evil", text)
    assert session.favourites() == {"liked": ["karl"], "blocked": []}


@given(lists, lists)
def test_any_come_back_as_they_were(liked: list[str], blocked: list[str]) -> None:
    choices = chosen(liked, blocked)
    assert favourites.read(favourites.entry(choices)) == choices
    assert list(choices.liked) == list(dict.fromkeys(liked))
    assert not set(choices.liked) & set(choices.blocked)


@given(lists, lists, lists, lists)
def test_of_two_the_first_decides_and_nothing_is_lost(
    a: list[str], b: list[str], c: list[str], d: list[str]
) -> None:
    first, more = chosen(a, b), chosen(c, d)
    both = united(first, more)
    assert both.liked[: len(first.liked)] == first.liked
    assert both.blocked[: len(first.blocked)] == first.blocked
    assert {*both.liked, *both.blocked} == {*a, *b, *c, *d}
    assert len({*both.liked, *both.blocked}) == len(both.liked) + len(both.blocked)


def test_they_are_written_only_where_there_are_any(with_some: bytes, learning: bytes) -> None:
    plain = safetensors.read(trained().save_run())[1]
    assert not {"favourites", "background"} & set(plain)
    some = safetensors.read(with_some)[1]
    assert "favourites" in some
    assert "background" not in some
    assert {"favourites", "background"} <= set(safetensors.read(learning)[1])


@pytest.mark.parametrize("entry", ["favourites", "background"])
def test_pages_that_know_nothing_of_them_say_that_it_is_newer(
    learning: bytes, entry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "_KEYS", checkpoint._KEYS - {entry})
    refuses(learning, f"made by a newer version of this page: it has the entry '{entry}'")


def test_the_most_that_there_can_be_fit_in_a_files_heading() -> None:
    session = trained()
    long = [chr(0x1F600 + i) * 40 for i in range(500)]
    session.set_favourites(long, [chr(0x1F600 + i) * 40 for i in range(500, 1000)])
    saved = session.save_run()
    assert int.from_bytes(saved[:8], "little") < MAX_HEADER
    again = Session()
    again.open_file(saved, "run")
    assert again.favourites() == session.favourites()
    assert sum(map(len, long)) * 2 == MOST_CHARACTERS


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("", "favourites can't be read"),
        ("[]", "favourites can't be read"),
        ('{"liked": []}', "favourites can't be read"),
        ('{"liked": "ab", "blocked": []}', "favourites can't be read"),
        ('{"liked": [], "blocked": [], "loved": []}', "favourites can't be read"),
        ('{"liked": [["a"]], "blocked": []}', "favourites can't be read"),
        ('{"liked": [' + "[" * 10_000 + '], "blocked": []}', "favourites can't be read"),
        ('{"liked": [5], "blocked": []}', "no line that a model can make up"),
        ('{"liked": [""], "blocked": []}', "no line that a model can make up"),
        ('{"liked": ["a\\nb"], "blocked": []}', "no line that a model can make up"),
        ('{"liked": ["\\u0000"], "blocked": []}', "no line that a model can make up"),
        ('{"liked": ["\\ud800"], "blocked": []}', "no line that a model can make up"),
        (json.dumps({"liked": ["a" * 1025], "blocked": []}), "no line that a model can make up"),
        ('{"liked": ["a", "a"], "blocked": []}', "there twice"),
        ('{"liked": ["a"], "blocked": ["a"]}', "there twice"),
        (
            json.dumps({"liked": [], "blocked": [str(i) for i in range(MOST + 1)]}),
            "501 lines are blocked, and 500 is the limit",
        ),
        (
            json.dumps({"liked": [f"{i:04}" + "a" * 996 for i in range(41)], "blocked": []}),
            "41,000 characters",
        ),
    ],
)
def test_lists_that_were_never_written_are_refused(with_some: bytes, said: str, words: str) -> None:
    refuses(changed(with_some, "favourites", said), words)


@pytest.mark.parametrize(
    "change",
    [
        {"documents": 9},
        {"documents": 11},
        {"documents": 0},
        {"documents": -1},
        {"documents": 2**40},
        {"documents": 10.0},
        {"documents": True},
        {"favourites": 0},
        {"favourites": 4},
        {"favoured": 0},
        {"favoured": 2},
        {"favoured": 11},
        {"blank_lines": -1},
        {"known": 1},
        {"unseen": None},
        {"loss": -1.0},
        {"loss": 2},
        {"favoured_loss": "1"},
        {"name": "a\nb"},
        {"name": 5},
        {"more": 1},
        {"settings": None},
        {"settings": 5},
    ],
)
def test_a_past_that_cannot_be_is_refused(learning: bytes, change: dict[str, Any]) -> None:
    said = json.loads(safetensors.read(learning)[1]["background"])
    assert (said["documents"], said["favourites"], said["favoured"]) == (10, 3, 10)
    refuses(
        changed(learning, "background", json.dumps(said | change)),
        "had learned before the favourites can't be read|order of its documents",
    )


def test_its_settings_are_looked_at_as_those_of_any_model(learning: bytes) -> None:
    said = json.loads(safetensors.read(learning)[1]["background"])
    for settings, words in (
        ({"steps": -1}, "steps must be a whole number"),
        ({"unknown": 1}, "newer version of this page: it has the setting unknown"),
    ):
        refuses(changed(learning, "background", json.dumps(said | {"settings": settings})), words)


@pytest.mark.parametrize("name", ["measured", "kept_out", "others"])
@pytest.mark.parametrize(
    "values", [None, [-1], [10], [2**31 - 1], [0, 0], list(range(11))], ids=str
)
def test_so_are_lists_of_documents_that_are_not_there(
    learning: bytes, name: str, values: list[int] | None
) -> None:
    words = (
        f"no list background.{name}" if values is None else "before the favourites can't be read"
    )
    refuses(with_list(learning, f"background.{name}", values), words)


def test_without_an_entry_it_is_no_run_on_favourites(learning: bytes) -> None:
    tensors, metadata = safetensors.read(learning)
    del metadata["background"]
    refuses(_written(tensors, metadata), "order of its documents")


def test_its_text_apart_is_looked_at_as_closely(learning: bytes) -> None:
    session = Session()
    session.open_file(learning, "run")
    apart, text = session.save_run(text=False), session.text()
    assert Session().open_file(apart, "run", text)["kind"] == "run"
    for other in (b"", text + b"\nanna", text.replace(b"a", b"q"), b"\n".join(text.split()[:10])):
        with pytest.raises(MicrogptError, match=r"order of its documents|vocabulary lacks"):
            Session().open_file(apart, "run", other)


def test_choices_are_true_where_there_are_any() -> None:
    assert not Choices()
    assert Choices(blocked=("a",))
