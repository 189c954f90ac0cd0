"""What saved settings mean, whatever today's table of hyperparameters says.

A link, recipe or file is opened years after it was made, by a page whose table has more
rows, other defaults and wider ranges. So what version 1 of the formats says is frozen here,
row by row. A hyperparameter that is added to the table needs no edit here: a model that
uses it is written as version 2, which has the settings that version 1 has no place for by
name and value; any other model is still written as version 1, byte for byte, so
that older pages can open it too. What it means that an older model says nothing of the new
row stands in the row itself, as `before`.

What is frozen besides, as old bytes mean nothing without it:

- of all: the order of the weights and the names of their matrices (`gpt.model.weight_shapes`,
  where new hyperparameters have the value that means "as before"); the names of engines
  and random streams, what each computes, and the state of a random stream; in recipes,
  SHA-256 of the text, and of the weights as little-endian float64.
- of links: the envelope (`links.envelope`), the order and coding of the parts (`links.codec`,
  `links.fields`, with the unit of losses), the entropy coder (`links.entropy`), and every
  constant and the grouping of weights in `links.weight_code` and `weights.Matrix.groups`.
  Which integers stand for a model (`links.quantisation`) is free: a reader takes any.
- of files: the names of tensors and of the metadata's keys, and the checksum (`checkpoint`);
  what was learned is floats of 8 bytes, or of 4, each matrix as it likes (`parts`);
  where the windows of a running text lie, and which are learned from (`texts.windows`).
- of what changed code made: how a difference is written (`difference`). A file has it in an
  entry of its own, a recipe behind its text; in any link its digest stands among the
  settings that version 1 has no place for, so that older pages say that it is newer.
- limits (MAX_NAME, MAX_CHARACTERS, MAX_PARAMETERS, MAX_TEXT, …) may be raised, but never
  lowered; names and characters that were allowed stay allowed.

tests/golden has links and files of every version; a change of any of this fails there.
Not about how settings are coded: see `links.fields` and `checkpoint`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from microgpt.errors import HyperparameterError, SavedModelError
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.settings import from_mapping, shown

NEWEST = 2  # version of links and files; all from 1 on can be read
_SHOWN = 5  # names in a message

Value = int | float | str


class NewerError(SavedModelError):
    """What was saved has something that only a newer page knows; the message says what."""


@dataclass(frozen=True)
class Row:
    """A hyperparameter as version 1 has it.

    Attributes:
        type: int, float or choice.
        default: what is meant where it isn't said.
        minimum: from which whole numbers are counted.
        maximum: of the range in which version 1 can say it, both bounds included.
        choices: said by their number.
    """

    name: str
    type: str
    default: Value
    minimum: float = 0
    maximum: float = 0
    choices: tuple[str, ...] = ()

    def holds(self, value: Value) -> bool:
        """Whether version 1 can say that value."""
        if self.type == "choice":
            return value in self.choices
        if isinstance(value, str) or (self.type == "int" and isinstance(value, float)):
            return False
        return self.minimum <= value <= self.maximum


VERSION_1 = (
    Row("steps", "int", 1000, 1, 1_000_000),
    Row("n_layer", "int", 1, 1, 8),
    Row("n_embd", "int", 16, 1, 256),
    Row("n_head", "int", 4, 1, 64),
    Row("block_size", "int", 16, 1, 1024),
    Row("learning_rate", "float", 0.01, 1e-6, 1.0),
    Row("beta1", "float", 0.85, 0.0, 0.9999),
    Row("beta2", "float", 0.99, 0.0, 0.99999),
    Row("epsilon", "float", 1e-8, 1e-16, 0.1),
    Row("init_std", "float", 0.08, 0.0, 1.0),
    Row("batch_size", "int", 1, 1, 256),
    Row("holdout", "float", 0.0, 0.0, 0.5),
    Row("seed", "int", 42, 0, 2**32 - 1),
    Row("random_stream", "choice", "python", choices=("python", "xorshift")),
)
"""In the order in which a link has them. Published: never to be changed."""


def beyond_version_1(hyperparameters: Hyperparameters) -> dict[str, Value]:
    """The settings that version 1 has no place for; none where it says everything.

    Rows of the table that it doesn't know, unless they say "as before"; and values that
    were out of range, or choices that weren't there, when it was published.
    """
    known = {row.name: row for row in VERSION_1}
    found: dict[str, Value] = {}
    for name, before in _as_before().items():
        value = getattr(hyperparameters, name)
        if not known[name].holds(value) if name in known else value != before:
            found[name] = float(value) if isinstance(before, float) else value
    return found


def in_full(hyperparameters: Hyperparameters) -> dict[str, Value]:
    """All of version 1's settings and those beyond, for what says each by its name."""
    frozen = {row.name: getattr(hyperparameters, row.name) for row in VERSION_1}
    return frozen | beyond_version_1(hyperparameters)


def version_needed(hyperparameters: Hyperparameters) -> int:
    """The oldest version that can say them, which the most pages can read."""
    return 2 if beyond_version_1(hyperparameters) else 1


def hyperparameters(said: Mapping[str, Any], version: int) -> Hyperparameters:
    """What is meant by the settings that a link or file says.

    Args:
        said: values by name. What is missing has version 1's default, or, if its row
            was added later, the value that means "as before".
        version: of the link or file.

    Raises:
        HyperparameterError: a value never was possible.
        NewerError: a setting or value is unknown to this page.
    """
    before = _as_before()
    if unknown := [name for name in said if name not in before]:
        names = ", ".join(shown(name)[1:-1] for name in unknown[:_SHOWN])
        raise NewerError(f"it has the setting {names}, which this page doesn't know")
    try:
        return from_mapping({**before, **said})
    except HyperparameterError as error:
        if version == 1:
            raise
        # Versions after the first are for what was impossible before.
        raise NewerError(f"here, {str(error).removesuffix('.')}") from None


def _as_before() -> dict[str, Value]:
    """For each of today's rows, what is meant where a link or file says nothing of it."""
    frozen = {row.name: row.default for row in VERSION_1}
    return {
        row.name: frozen.get(row.name, _before(row)) for row in dataclasses.fields(Hyperparameters)
    }


def _before(row: dataclasses.Field[Any]) -> Any:
    """The value with which all is as it was before there was the row."""
    return row.default if row.metadata["before"] is None else row.metadata["before"]
