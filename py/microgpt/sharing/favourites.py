"""Favourites as data: what somebody likes of what a model makes up, and what it is to make no more.

The lists are bounded, because they come from files and stand in the heading of one, which
is small. Not about what is done with them: see `session.favourites`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from microgpt.errors import SavedModelError, SessionError
from microgpt.gpt.hyperparameters import MAX_BLOCK_SIZE
from microgpt.sharing.bounded_json import loads
from microgpt.texts import CONTROL

MOST = 500  # in each of the two lists
MOST_CHARACTERS = 40_000  # of both lists together


@dataclass(frozen=True)
class Choices:
    """What was chosen, in its order, nothing twice and nothing in both.

    Attributes:
        liked: documents, as they were made up.
        blocked: documents that aren't to be made up again.
    """

    liked: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.liked or self.blocked)


def chosen(liked: Iterable[str], blocked: Iterable[str]) -> Choices:
    """Choices of a visitor; what is in both lists is liked.

    Raises:
        SessionError: one isn't what a model can make up, or there are too many.
    """
    first = dict.fromkeys(liked)
    choices = Choices(
        tuple(first), tuple(each for each in dict.fromkeys(blocked) if each not in first)
    )
    if unfit := [each for each in (*choices.liked, *choices.blocked) if not _is_document(each)]:
        raise SessionError(
            f"{unfit[0]!r:.60} can't be a favourite: it must be one line of 1 to "
            f"{MAX_BLOCK_SIZE:,} characters. The favourites are as they were."
        )
    if problem := _excess(choices):
        raise SessionError(f"{problem}. Remove some first; the favourites are as they were.")
    return choices


def united(first: Choices, more: Choices) -> Choices:
    """The first, and what else there is in the others, as far as there is room.

    Where they contradict each other, the first has it.
    """
    known = {*first.liked, *first.blocked}
    left = MOST_CHARACTERS - sum(map(len, known))
    lists = [list(first.liked), list(first.blocked)]
    for found, others in zip(lists, (more.liked, more.blocked), strict=True):
        for each in others:
            if each not in known and len(found) < MOST and len(each) <= left:
                found.append(each)
                left -= len(each)
    return Choices(tuple(lists[0]), tuple(lists[1]))


def entry(choices: Choices) -> str:
    """As they stand in a file."""
    both = {"liked": choices.liked, "blocked": choices.blocked}
    return json.dumps(both, ensure_ascii=False)


def read(said: str) -> Choices:
    """What `entry` has written.

    Raises:
        SavedModelError: it never was.
    """
    try:
        table = loads(said, max_depth=2)
    except ValueError:
        table = None
    match table:
        case {"liked": list(liked), "blocked": list(blocked), **more} if not more:
            both = [*liked, *blocked]
        case _:
            raise SavedModelError("Its favourites can't be read.")
    if not all(map(_is_document, both)):
        raise SavedModelError("One of its favourites is no line that a model can make up.")
    if len(set(both)) != len(both):
        raise SavedModelError("One of its favourites is there twice.")
    choices = Choices(tuple(liked), tuple(blocked))
    if problem := _excess(choices):
        raise SavedModelError(f"{problem}.")
    return choices


def _is_document(text: Any) -> bool:
    return (
        isinstance(text, str)
        and 0 < len(text) <= MAX_BLOCK_SIZE
        and not CONTROL.search(text)
        and not any(c in "\n\r" or "\ud800" <= c <= "\udfff" for c in text)
    )


def _excess(choices: Choices) -> str:
    """What is too much, or ""."""
    for name, found in (("liked", choices.liked), ("blocked", choices.blocked)):
        if len(found) > MOST:
            return f"{len(found):,} lines are {name}, and {MOST:,} is the limit"
    total = sum(map(len, (*choices.liked, *choices.blocked)))
    if total > MOST_CHARACTERS:
        return f"The favourites have {total:,} characters, and {MOST_CHARACTERS:,} is the limit"
    return ""


NONE = Choices()
