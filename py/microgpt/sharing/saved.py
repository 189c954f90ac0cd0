"""What is left of a run when it is over: the weights, and what they mean.

A saved model is what a link (`links`) and a file (`checkpoint`) carry. It is
data alone: nothing in it is ever executed, and it can be sampled, or trained
further, without the text that it was made from.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from microgpt.engines.finite import are_finite
from microgpt.errors import SavedModelError
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.means import told
from microgpt.texts import CONTROL, MAX_CHARACTERS, UNFIT_FOR_NAMES, counted
from microgpt.weights import WeightLayout, moved, weight_layout

SPOILT = "Some of its numbers are infinite or not a number."
MAX_NAME = 120  # characters of a text's name, in links and files


@dataclass(frozen=True)
class Provenance:
    """Where a model comes from, as it is told to whoever opens it.

    Attributes:
        text: the name of the text.
        documents: how many documents it was trained on.
        steps: how many steps were taken.
        loss: nats, the mean of the last steps' losses; not finite if there is none.
        holdout_loss: nats, the mean over documents kept out of training, if any were.
    """

    text: str
    documents: int
    steps: int
    loss: float
    holdout_loss: float | None = None

    def __str__(self) -> str:
        """All of it in one line."""
        learned, steps = counted(self.documents, "line"), counted(self.steps, "step")
        line = f"{self.text}: {learned}, {steps}"
        if math.isfinite(self.loss):
            line += f", loss {told(self.loss, 3)}"
        if self.holdout_loss is not None:
            line += f", held-out loss {told(self.holdout_loss, 3)}"
        return line


@dataclass(frozen=True)
class Described:
    """A trained model but for its weights: see `SavedModel`."""

    hyperparameters: Hyperparameters
    characters: str
    provenance: Provenance

    @property
    def layout(self) -> WeightLayout:
        """Where each of its weights stands."""
        return weight_layout(self.hyperparameters, len(self.characters) + 1)


@dataclass(frozen=True)
class SavedModel:
    """A trained model.

    Attributes:
        hyperparameters: of the run that made it; those of the shape say what the
            weights mean, the others how they were learned.
        characters: the vocabulary without BOS, sorted.
        weights: all matrices in the order of `weights.weight_layout`, row by row.
        provenance: where it comes from.

    Raises:
        SavedModelError: the parts contradict each other.
    """

    hyperparameters: Hyperparameters
    characters: str
    weights: array[float]
    provenance: Provenance

    def __post_init__(self) -> None:
        if not is_vocabulary(self.characters):
            raise SavedModelError("Its vocabulary is not a sorted list of distinct characters.")
        expected = weight_layout(self.hyperparameters, len(self.characters) + 1).size
        if len(self.weights) != expected:
            raise SavedModelError(
                f"It has {len(self.weights):,} weights, where its sizes need {expected:,}."
            )
        if not are_finite(self.weights):
            raise SavedModelError(SPOILT)

    @property
    def described(self) -> Described:
        """All but the weights."""
        return Described(self.hyperparameters, self.characters, self.provenance)


def is_vocabulary(characters: str) -> bool:
    """Whether a text could have this vocabulary: distinct, sorted, and characters of lines."""
    return (
        0 < len(characters) <= MAX_CHARACTERS
        and characters == "".join(sorted(set(characters)))
        and not any(c in "\n\r" or "\ud800" <= c <= "\udfff" for c in characters)
        and not CONTROL.search(characters)
    )


def is_name(text: str) -> bool:
    """Whether a text could have this name, and it can be shown in one line as it is."""
    return len(text) <= MAX_NAME and not UNFIT_FOR_NAMES.search(text)


def moved_to(model: Described, characters: str) -> Iterator[tuple[int, int, int]]:
    """Which of its weights go where in a model of another vocabulary: see `weights.moved`.

    Args:
        characters: the other vocabulary without BOS, sorted.
    """
    known = {character: row for row, character in enumerate(model.characters)}
    other = weight_layout(model.hyperparameters, len(characters) + 1)
    return moved(model.layout, other, [*map(known.get, characters), len(known)])
