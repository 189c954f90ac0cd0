"""What a session answers: plain dictionaries, which cross to JavaScript as they are.

The page's side of these shapes is web/types.d.ts.
"""

from __future__ import annotations

from array import array
from typing import Any, Literal, TypeAlias, TypedDict

# How a run has ended: all steps done, by the visitor, or by a loss that can't be computed;
# "" while it can go on.
Ending: TypeAlias = Literal["", "finished", "stopped", "diverged"]


class TextReport(TypedDict):
    """What was loaded."""

    name: str
    documents: int
    characters: int  # of all documents together
    vocabulary: str  # the distinct characters, sorted, without BOS
    longest: int  # characters
    block_size_needed: int  # the smallest that cuts nothing
    notes: list[str]  # sentences on what was skipped or cut, and why


class RunReport(TypedDict):
    """What has just begun."""

    name: str  # of the text
    parameters: int
    vocabulary_size: int  # with BOS
    training_documents: int
    holdout_documents: int
    steps: int  # planned
    flop_per_step: float  # 6 for each parameter and token: 2 forward, 4 backward; a mean
    follows_recipe: bool  # whose weights can then be compared


class Progress(TypedDict):
    """What has happened since the last report."""

    step: int  # done so far
    steps: int  # planned
    losses: array[float]  # nats, one for each step since the last report
    seconds: float  # of training so far
    steps_per_second: float  # over the last few seconds
    seconds_left: float
    ending: Ending
    problem: str  # why training had to end before, if it just did, or ""


class Sample(TypedDict):
    """A new document."""

    text: str
    in_training_text: bool  # a training document is the same, letter for letter


class RunFacts(TypedDict):
    """What is worth knowing of a saved run before it is opened."""

    name: str  # of the text
    step: int
    steps: int
    parameters: int
    over: bool  # finished, or stopped before
    origin: str  # the text of the model that it began with, or "" if that was random


class HoldoutLoss(TypedDict):
    """The mean loss over documents that were kept out of training."""

    loss: float  # nats
    documents: int  # measured so far
    of: int


class Opened(TypedDict):
    """What a file or a link has brought."""

    kind: str  # "model", which can be sampled, "run", which can go on, or "recipe" for one
    provenance: str  # where it comes from, in one line
    text_name: str
    parameters: int
    vocabulary: str
    hyperparameters: dict[str, Any]
    engine: str  # of a run
    text: TextReport | None  # of a run
    run: RunReport | None
    progress: Progress | None  # of a run, with all of its losses
    example: str  # the built-in text that a recipe needs, or ""
    seconds_expected: float  # that a recipe takes, about


class LinkReport(TypedDict):
    """A model's link, and what it costs."""

    address: str
    characters: int
    provenance: str  # what the link says of the model
    loss: float | None  # nats, of the model as it is; None where there is no text to measure it
    loss_in_link: float | None  # of the model that the link has, on the same documents
    documents: int  # measured
    unseen: bool  # whether the model has learned from none of them
    measured_on: str  # the name of their text, or "" if the model made them up
    faithful: bool  # whether the cost is known to be small
    samples: list[str]  # which the link's model makes up first where it is opened
    own_samples: list[str]  # of the model as it is, with the same random numbers
    n_embd: int  # of the link's model
    own_n_embd: int  # of the model as it is, which is more if the link has a smaller one


class RecipeReport(TypedDict):
    """A recipe's link."""

    address: str
    characters: int
    example: str  # the built-in text that it names, or "" if it has the text


class RecipeOutcome(TypedDict):
    """Whether a recipe gave what it promised."""

    same: bool  # every bit of every weight
    step: int
