"""Edits are made where they fit and refused where they don't; a difference says what they did."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changing import CARDS, FURTHER
from microgpt.changes import Edit, apply, describe, originals
from microgpt.errors import ChangeError

FILES = {"a.py": "one\ntwo\nthree\n", "b.py": "two\n"}
TEXT = st.text("ab\n\r\x0c ", max_size=30)


def edit(file: str, before: str, after: str) -> Edit:
    return {"file": file, "before": before, "after": after}


def test_all_edits_are_made_each_where_it_stood_before() -> None:
    edits = [edit("a.py", "three", "one"), edit("a.py", "one", "three"), edit("b.py", "two\n", "")]
    assert apply(FILES, edits) == {"a.py": "three\ntwo\none\n", "b.py": ""}
    assert apply(FILES, []) == FILES
    assert FILES["b.py"] == "two\n"


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ([edit("c.py", "one", "1")], "c.py, and the algorithm has no such file"),
        ([edit("a.py", "four\nfive", "4")], "“four…” in a.py, which isn't there.*Reset a.py"),
        ([edit("a.py", "t", "T")], "“t” in a.py, which stands there 2 times"),
        ([edit("a.py", "", "T")], "isn't there"),
        ([edit("a.py", "one\nt", ""), edit("a.py", "two", "")], "the same place in a.py"),
    ],
)
def test_what_does_not_fit_is_refused_whole(edits: list[Edit], message: str) -> None:
    with pytest.raises(ChangeError, match=message):
        apply(FILES, [edit("b.py", "two", "2"), *edits])


def test_the_originals_are_the_algorithms_files() -> None:
    files = originals()
    assert {"autograd.py", "model.py", "optimizer.py", "training.py"} <= files.keys()
    assert all(text.startswith('"""') for text in files.values())


@pytest.mark.parametrize("name", [*CARDS, *FURTHER])
def test_every_card_and_further_edit_fits_the_algorithm(name: str) -> None:
    edits = (CARDS | FURTHER)[name]["edits"]
    changed = apply(originals(), edits)
    assert {file for file, text in originals().items() if changed[file] != text} == {
        each["file"] for each in edits
    }


def test_a_difference_is_what_programmers_know() -> None:
    assert describe(FILES, apply(FILES, [edit("a.py", "two", "2")])) == (
        "--- gpt/a.py\n+++ gpt/a.py\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"
    )
    assert describe(FILES, {"b.py": "two"}) == (
        "--- gpt/b.py\n+++ gpt/b.py\n@@ -1 +1 @@\n-two\n+two\n\\ No newline at end of file\n"
    )
    assert describe(FILES, FILES) == ""


@given(TEXT, TEXT)
def test_the_old_and_the_new_text_can_be_read_off_the_difference(old: str, new: str) -> None:
    """Where all of it is in sight, which it is in short texts."""
    lines = describe({"a.py": old}, {"a.py": new}).split("\n")[3:-1]
    if old == new:
        assert not lines
        return
    for text, sign in [(old, "-"), (new, "+")]:
        found = ""
        for line, following in zip(lines, [*lines[1:], ""], strict=True):
            if line[:1] in (" ", sign):
                found += line[1:] + ("" if following.startswith("\\") else "\n")
        if len(lines) < 8:  # else there are several hunks, maybe
            assert found == text


def test_git_makes_the_same_change_of_a_difference(tmp_path: Path) -> None:
    for card in CARDS.values():
        folder = tmp_path / card["id"] / "gpt"
        folder.mkdir(parents=True)
        for file, text in originals().items():
            (folder / file).write_text(text, encoding="utf-8")
        subprocess.run(
            ["git", "apply", "-p0", "-"],
            input=card["difference"].encode(),
            cwd=folder.parent,
            check=True,
        )
        made = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
        assert made == apply(originals(), card["edits"])
