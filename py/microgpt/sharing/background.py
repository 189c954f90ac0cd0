"""What a file of a run that learns from favourites has besides: what that run began with.

Its text is saved in the place of the run's own, with the favourites after it: of these two
the run's documents are made, which can be many times as long. Not about what it is for: see
`run.Background`.
"""

from __future__ import annotations

import dataclasses
import json
import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from microgpt.errors import SavedModelError
from microgpt.gpt.corpus import Corpus
from microgpt.run import Background
from microgpt.sharing import favourites, formats
from microgpt.sharing.bounded_json import loads
from microgpt.sharing.safetensors import Tensor
from microgpt.sharing.saved import MAX_NAME, is_name
from microgpt.texts import MOST_STORED

_LISTS = ("kept_out", "measured", "others")
_MANY = 2**31  # more documents than any text has
_UNREADABLE = "What its model had learned before the favourites can't be read."


@dataclass(frozen=True)
class Entry:
    """What a file's metadata says of it, checked as far as that goes without the text."""

    name: str
    documents: int
    blank_lines: int
    known: bool
    unseen: bool
    favourites: int
    favoured: int
    loss: float
    favoured_loss: float
    settings: dict[str, Any]


def entry(background: Background) -> str:
    """What the metadata says of it."""
    said = Entry(
        name=background.text.name[:MAX_NAME],
        documents=len(background.text.documents),
        blank_lines=background.text.blank_lines,
        known=background.known,
        unseen=background.unseen,
        favourites=len(background.favourites),
        favoured=background.favoured,
        loss=background.loss,
        favoured_loss=background.favoured_loss,
        settings=formats.in_full(background.settings),
    )
    return json.dumps(dataclasses.asdict(said))


def tensors(background: Background) -> dict[str, Tensor]:
    """Its lists of documents."""
    lists = {name: getattr(background, name) for name in _LISTS}
    return {_name(name): Tensor("I32", (len(each),), each) for name, each in lists.items()}


def _name(name: str) -> str:
    return f"background.{name}"


def read_entry(said: str) -> Entry:
    """What `entry` has written.

    Raises:
        SavedModelError: it never was.
    """
    try:
        table = loads(said, max_depth=2)
        found = Entry(**table)
    except (TypeError, ValueError):
        raise SavedModelError(_UNREADABLE) from None
    counts = (found.documents, found.blank_lines, found.favourites, found.favoured)
    losses = (found.loss, found.favoured_loss)
    if not (
        isinstance(found.name, str)
        and is_name(found.name)
        and all(type(each) is bool for each in (found.known, found.unseen))
        and all(type(each) is int and 0 <= each < _MANY for each in counts)
        and found.documents >= 1
        and 1 <= found.favourites <= min(found.favoured, favourites.MOST)
        and all(type(each) is float and 0 <= each < math.inf for each in losses)
        and isinstance(found.settings, dict)
    ):
        raise SavedModelError(_UNREADABLE)
    return found


def whole(corpus: Corpus, background: Background | None) -> Corpus:
    """The text that is saved of a run."""
    if background is None:
        return corpus
    documents = (*background.text.documents, *background.favourites)
    return Corpus(corpus.name, documents, corpus.blank_lines)


def restored(
    text: Corpus, said: Entry, tensors: Mapping[str, Tensor], documents: int, version: int
) -> Background:
    """What `whole` was made of.

    Args:
        documents: of the run.
        version: of the file.

    Raises:
        HyperparameterError: a value of its settings never was possible.
        SavedModelError: the parts contradict each other.
    """
    lists = {name: _indices(tensors, _name(name), said.documents) for name in _LISTS}
    distinct = all(len(set(lists[name])) == len(lists[name]) for name in ("kept_out", "measured"))
    if not distinct or not lists["measured"]:
        raise SavedModelError(_UNREADABLE)
    if said.favoured + len(lists["others"]) != documents:
        raise SavedModelError(_UNREADABLE)
    return Background(
        text=Corpus(said.name, text.documents[: said.documents], said.blank_lines),
        known=said.known,
        kept_out=lists["kept_out"],
        measured=lists["measured"],
        unseen=said.unseen,
        favourites=tuple(text.documents[said.documents :]),
        favoured=said.favoured,
        others=lists["others"],
        loss=said.loss,
        favoured_loss=said.favoured_loss,
        settings=formats.hyperparameters(said.settings, version),
    )


def _indices(tensors: Mapping[str, Tensor], name: str, documents: int) -> array[int]:
    """Of some of so many documents."""
    tensor = tensors.get(name)
    if tensor is None or tensor.type != "I32" or len(tensor.shape) != 1:
        raise SavedModelError(f"It has no list {name}.")
    if tensor.size > MOST_STORED:  # before all of it is read
        raise SavedModelError(_UNREADABLE)
    indices = tensor.numbers
    if not all(0 <= index < documents for index in indices):
        raise SavedModelError(_UNREADABLE)
    return indices
