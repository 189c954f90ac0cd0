"""Edits are made where they fit and refused where they don't; a difference says what they did."""

from __future__ import annotations

import pytest

from changing import CARDS, FURTHER
from microgpt.changes import Edit, apply, originals
from microgpt.errors import ChangeError

FILES = {"a.py": "one\ntwo\nthree\n", "b.py": "two\n"}


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
