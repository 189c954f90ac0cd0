"""Cards of changes: what can be tried on the algorithm with one click.

Each is a file of web/code/cards/, in their order, which the page gets all in one. Not about
making a change: see `microgpt.changes`.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from tools.places import PY, WEB
from tools.processes import BuildError

if TYPE_CHECKING:
    from microgpt.changes import Edit

FOLDER = WEB / "code" / "cards"
_WORDS = ("name", "explains", "expect")
_PLACE = ("file", "before", "after")


class Card(TypedDict):
    """A change to try.

    Attributes:
        id: of its file's name.
        name: to choose it by.
        explains: it, in one sentence.
        expect: what comes of it, as measured on names: 1,000 steps of the defaults, several
            seeds.
    """

    id: str
    name: str
    explains: str
    expect: str
    edits: list[Edit]


def cards(folder: Path = FOLDER) -> list[Card]:
    """The cards of a folder.

    Raises:
        BuildError: a file isn't a card, or its change doesn't fit the algorithm.
    """
    return [_card(file) for file in sorted(folder.glob("*.toml"))]


def _card(file: Path) -> Card:
    sys.path.insert(0, str(PY))
    from microgpt import changes
    from microgpt.errors import ChangeError

    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        _check(table)
        changes.apply(changes.originals(), table["edits"])
    except (ValueError, ChangeError) as error:
        raise BuildError(f"{file.name}: {error}") from None
    return {
        "id": file.stem.partition("-")[2],
        "name": table["name"],
        "explains": table["explains"],
        "expect": table["expect"],
        "edits": table["edits"],
    }


def _check(table: dict[str, Any]) -> None:
    """That it has what a card has, and nothing else."""
    if list(table) != [*_WORDS, "edits"] or not all(table[word] for word in _WORDS):
        raise ValueError(f"A card has {', '.join(_WORDS)} and edits, none of them empty.")
    for edit in table["edits"]:
        if tuple(edit) != _PLACE or not all(isinstance(edit[key], str) for key in _PLACE):
            raise ValueError(f"An edit has {', '.join(_PLACE)}.")
