"""What is left of a run when it is over: the weights, and what they mean.

A saved model is what a link (`links`) and a file (`checkpoint`) carry. It is
data alone: nothing in it is ever executed, and it can be sampled or trained on
without the text that it was made from.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass

from microgpt.corpus import CONTROL, MAX_CHARACTERS, UNFIT_FOR_NAMES
from microgpt.errors import SavedModelError
from microgpt.hyperparameters import Hyperparameters
from microgpt.model import weight_shapes

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
        learned = f"{self.documents:,} document{'' if self.documents == 1 else 's'}"
        line = f"{self.text}: {learned}, {self.steps:,} step{'' if self.steps == 1 else 's'}"
        if math.isfinite(self.loss):
            line += f", loss {self.loss:.3f}"
        if self.holdout_loss is not None:
            line += f", held-out loss {self.holdout_loss:.3f}"
        return line


@dataclass(frozen=True)
class SavedModel:
    """A trained model.

    Attributes:
        hyperparameters: of the run that made it; those of the shape say what the
            weights mean, the others how they were found.
        characters: the vocabulary without BOS, sorted.
        weights: all matrices of `model.weight_shapes`, in its order, row by row.
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
        expected = parameter_count(self.hyperparameters, len(self.characters) + 1)
        if len(self.weights) != expected:
            raise SavedModelError(
                f"It has {len(self.weights):,} weights, where its sizes need {expected:,}."
            )
        if not all(map(math.isfinite, self.weights)):
            raise SavedModelError("Some of its weights are no numbers.")


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


def parameter_count(hyperparameters: Hyperparameters, vocabulary_size: int) -> int:
    """How many weights a model has.

    Args:
        hyperparameters: of its shape.
        vocabulary_size: with BOS.
    """
    shapes = weight_shapes(hyperparameters, vocabulary_size)
    return sum(rows * columns for rows, columns in shapes.values())


def weights_for(model: SavedModel, characters: str, drawn: array[float]) -> array[float]:
    """A model's weights for another vocabulary, which may have more characters or lack some.

    Args:
        model: whose shape the other one has.
        characters: the other vocabulary without BOS, sorted.
        drawn: weights of the other shape; a character that is new to the model keeps these.
    """
    rows = {character: row for row, character in enumerate(model.characters)}
    bos = len(model.characters)
    wanted = [rows.get(character) for character in characters] + [bos]
    weights = array("d")
    at = begin = 0
    shapes = weight_shapes(model.hyperparameters, len(wanted))
    for name, (count, columns) in shapes.items():
        if name in ("wte", "lm_head"):  # a row for each character
            for row in wanted:
                source, place = (
                    (drawn, at) if row is None else (model.weights, begin + row * columns)
                )
                weights += source[place : place + columns]
                at += columns
            begin += (bos + 1) * columns
        else:
            weights += model.weights[begin : begin + count * columns]
            begin += count * columns
            at += count * columns
    return weights
