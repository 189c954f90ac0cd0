"""What was made by changed code and can't be read without it: what it says all the same.

Raised where a file or a link is read in a process that runs other code than the one that it
was made by. Nothing of the code has run then. Not about how it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from microgpt.errors import CodeNeededError
from microgpt.gpt.corpus import Corpus
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.sharing.difference import Difference
from microgpt.sharing.saved import Provenance

ORIGINAL = (
    "It was made by the algorithm as it is, and here runs changed code: to that, its weights "
    "would mean something else."
)


@dataclass(frozen=True)
class Needed:
    """What is known of a model or run without reading its weights.

    Attributes:
        difference: the code that it was made by; None where a link has only its digest.
        hyperparameters: of the run.
        characters: the vocabulary without BOS, sorted.
        provenance: where it comes from.
        parameters: how many weights there are; 0 where that isn't known.
        is_run: whether it is a run, which can go on, and not a model alone.
        text: of the run, if it has it.
        engine: of the run, or "".
    """

    difference: Difference | None
    hyperparameters: Hyperparameters
    characters: str
    provenance: Provenance
    parameters: int = 0
    is_run: bool = False
    text: Corpus | None = None
    engine: str = ""


def error(needed: Needed) -> CodeNeededError:
    """What is raised in place of reading it."""
    message = f"{needed.provenance}: made by a changed algorithm. {_advice(needed)}"
    return CodeNeededError(message, needed)


def _advice(needed: Needed) -> str:
    if needed.difference:
        return "It can't be used here without that code, which it has with it."
    return (
        "It can't be sampled here without that code, which a link to a model doesn't have. Ask "
        "for a recipe, or for the saved run: both have the code in them."
    )
