"""Changes of the algorithm's files as data: a text that stands there, and what takes its place.

Not about running changed code (`changed`), nor about which changes there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypedDict

from microgpt.errors import ChangeError

_GPT = Path(__file__).parent / "gpt"


class Edit(TypedDict):
    """One place of a change.

    Attributes:
        file: of gpt/, as "model.py".
        before: what stands there, exactly once in that file.
        after: what takes its place.
    """

    file: str
    before: str
    after: str


def originals() -> dict[str, str]:
    """The files of gpt/ by their names, as they are without any change."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(_GPT.glob("*.py"))}


def apply(sources: Mapping[str, str], edits: Iterable[Edit]) -> dict[str, str]:
    """All files, with each edit made; or none of them.

    Args:
        sources: texts by the names of their files.
        edits: each is looked for in the text as it was before all of them.

    Raises:
        ChangeError: one doesn't fit.
    """
    places: dict[str, list[tuple[int, int, str]]] = {}
    for edit in edits:
        places.setdefault(edit["file"], []).append(_place(sources, edit))
    return dict(sources) | {
        file: _replaced(file, sources[file], found) for file, found in places.items()
    }


def _place(sources: Mapping[str, str], edit: Edit) -> tuple[int, int, str]:
    """From where to where in its file, and what goes there."""
    file, before = edit["file"], edit["before"]
    if file not in sources:
        raise ChangeError(
            f"This change is of {file}, and the algorithm has no such file. Nothing was changed."
        )
    count = sources[file].count(before) if before else 0
    if count != 1:
        raise ChangeError(
            f"This change replaces {_shown(before)} in {file}, which "
            + (f"stands there {count} times" if count else "isn't there")
            + f". Nothing was changed. Reset {file}, then try it again."
        )
    start = sources[file].index(before)
    return start, start + len(before), edit["after"]


def _replaced(file: str, text: str, places: list[tuple[int, int, str]]) -> str:
    """A text with other texts at some places."""
    parts, done = [], 0
    for start, end, after in sorted(places):
        if start < done:
            raise ChangeError(
                f"Two edits of this change are of the same place in {file}. Nothing was changed."
            )
        parts += [text[done:start], after]
        done = end
    return "".join([*parts, text[done:]])


def _shown(text: str) -> str:
    """Enough of a text to find it."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return f"“{line[:60]}…”" if len(line) > 60 or line != text.strip() else f"“{line}”"
