"""Settings from outside → hyperparameters, or a sentence on what is wrong with them.

The table of all hyperparameters as plain data, for form, command line and
files; and the checks. Not about what they mean: see `gpt.hyperparameters`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, TypedDict, cast

from microgpt.errors import HyperparameterError
from microgpt.gpt.hyperparameters import Hyperparameters

SHAPE = ("n_layer", "n_embd", "n_head", "block_size")  # without these, weights mean nothing


GROUPS = ("Model", "Training", "Text", "Randomness")  # in the order in which to show them
_GROUPED = {  # all others belong to training
    "Model": SHAPE,
    "Text": ("holdout",),
    "Randomness": ("init_std", "seed", "random_stream"),
}


class Entry(TypedDict):
    """A row of the table, with nothing but JSON types."""

    name: str
    type: str  # "int", "float" or "choice"
    default: int | float | str
    minimum: int | float | None  # both bounds belong to the range
    maximum: int | float | None
    choices: list[str]
    unit: str
    group: str  # one of GROUPS
    help: str


def table() -> list[Entry]:
    """All hyperparameters in the order in which to show them."""
    kinds = {"int": "int", "float": "float", "str": "choice"}
    return [
        Entry(
            name=row.name,
            type=kinds[str(row.type)],
            default=cast(float | str, row.default),
            minimum=row.metadata.get("minimum"),
            maximum=row.metadata.get("maximum"),
            choices=row.metadata["choices"],
            unit=row.metadata["unit"],
            group=next((name for name, rows in _GROUPED.items() if row.name in rows), "Training"),
            help=row.metadata["help"],
        )
        for row in dataclasses.fields(Hyperparameters)
    ]


MAX_STEPS = int(next(row for row in table() if row["name"] == "steps")["maximum"] or 0)


def from_mapping(values: Mapping[str, Any]) -> Hyperparameters:
    """Hyperparameters from names and values from outside; what is missing keeps its default.

    A learning rate that is missing is the one that is recommended for the others.

    Raises:
        HyperparameterError: an unknown name, a value that is not a number, is out
            of range, or contradicts another; the message names all of them,
            and its field is the first.
    """
    entries = {entry["name"]: entry for entry in table()}
    unknown = [name for name in values if name not in entries]
    if unknown:
        raise HyperparameterError(
            f"There is no hyperparameter {', '.join(shown(name)[1:-1] for name in unknown[:5])}; "
            f"there are {', '.join(entries)}."
        )
    # 16.0 is a good way to write 16: JavaScript has one kind of number.
    whole = {
        name: int(value)
        for name, value in values.items()
        if entries[name]["type"] == "int"
        and isinstance(value, float)
        and value.is_integer()
        and abs(value) < 2**53
    }
    found = checked(Hyperparameters(**{**values, **whole}))
    if "learning_rate" in values:
        return found
    return dataclasses.replace(found, learning_rate=recommended_learning_rate(found))


def recommended_learning_rate(hyperparameters: Hyperparameters) -> float:
    """The learning rate to begin with for a model of this size; the default's for its own.

    Adam moves every weight by about the learning rate, however many there are, so the more of
    them work together, the more a step changes what they compute. Measured on names and on
    prose, as the best of 0.02, 0.01, 0.005, …: 0.01 and 0.01 at n_embd 16, 0.0025 and 0.005 at
    64, 0.00125 and 0.0025 at 128, 0.0006 and 0.0025 at 256; of 8 layers about half as much as of
    1. What is recommended costs at most 0.03 nats against the best up to n_embd 128, where 0.01
    costs up to 0.67; with n_embd 256 and 8 layers, where it is about right within a factor of 2,
    0.01 ends worse than a blind guess.
    """
    default = Hyperparameters()
    wider = max(1.0, hyperparameters.n_embd / default.n_embd)
    rate = default.learning_rate * wider**-0.8 * hyperparameters.n_layer**-0.2
    return float(f"{rate:.2g}")


def checked(hyperparameters: Hyperparameters) -> Hyperparameters:
    """The same, if every value is in its range and none contradicts another.

    Raises:
        HyperparameterError: naming all that are wrong.
    """
    problems = {
        entry["name"]: problem for entry in table() if (problem := _problem(hyperparameters, entry))
    }
    n_embd, n_head = hyperparameters.n_embd, hyperparameters.n_head
    if not problems and n_embd % n_head:
        divisors = [n for n in range(1, n_embd + 1) if n_embd % n == 0]
        most = next(entry["maximum"] for entry in table() if entry["name"] == "n_head")
        fitting = ", ".join(str(n) for n in divisors if n <= (most or n))
        problems["n_head"] = (
            f"n_embd = {n_embd} can't be split evenly over n_head = {n_head} heads; "
            f"with this n_embd, n_head can be {fitting}"
        )
    if problems:
        raise HyperparameterError("; ".join(problems.values()) + ".", field=next(iter(problems)))
    return hyperparameters


def _problem(hyperparameters: Hyperparameters, entry: Entry) -> str | None:
    """What is wrong with one value, or None."""
    name, value = entry["name"], getattr(hyperparameters, entry["name"])
    if entry["type"] == "choice":
        if value in entry["choices"]:
            return None
        return f"{name} must be {' or '.join(entry['choices'])}, not {shown(value)}"
    minimum, maximum = entry["minimum"], entry["maximum"]
    assert minimum is not None
    assert maximum is not None
    allowed = (int,) if entry["type"] == "int" else (int, float)
    is_number = isinstance(value, allowed) and not isinstance(value, bool)
    if is_number and minimum <= value <= maximum:  # false for NaN
        return None
    if entry["type"] == "int":
        return f"{name} must be a whole number from {minimum:,} to {maximum:,}, not {shown(value)}"
    return f"{name} must be a number from {minimum:g} to {maximum:g}, not {shown(value)}"


def shown(value: object) -> str:
    """A refused value as a message shows it: short, and an empty field (NaN) as such."""
    if isinstance(value, float) and math.isnan(value):
        return "empty"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
