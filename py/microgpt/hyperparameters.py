"""Every hyperparameter, once: its default, range, unit and help.

The command line's options, the page's form and all checks are made from this
one table, so a new hyperparameter is a new field here and its use in the code.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict, cast

from microgpt.errors import HyperparameterError
from microgpt.random_streams import RANDOM_STREAMS

MAX_BLOCK_SIZE = 1024
SHAPE = ("n_layer", "n_embd", "n_head", "block_size")  # without these, weights mean nothing


class Entry(TypedDict):
    """A row of the table, with nothing but JSON types."""

    name: str
    type: str  # "int", "float" or "choice"
    default: int | float | str
    minimum: int | float | None  # both bounds belong to the range
    maximum: int | float | None
    choices: list[str]
    unit: str
    help: str


def _number(
    default: float,
    minimum: float,
    maximum: float,
    unit: str,
    help: str,  # noqa: A002
) -> Any:
    metadata = {"minimum": minimum, "maximum": maximum, "choices": [], "unit": unit, "help": help}
    return field(default=default, metadata=metadata)


def _choice(default: str, choices: list[str], help: str) -> Any:  # noqa: A002
    metadata = {"minimum": None, "maximum": None, "choices": choices, "unit": "", "help": help}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Hyperparameters:
    """The settings of one run. The defaults are the original program's."""

    steps: int = _number(1000, 1, 1_000_000, "steps", "How many times the weights are improved.")
    n_layer: int = _number(1, 1, 8, "layers", "Transformer layers, one after the other.")
    n_embd: int = _number(
        16, 1, 256, "numbers per character", "Width: how many numbers stand for a character."
    )
    n_head: int = _number(
        4, 1, 64, "heads", "Attention heads, which look back at different things. Divides n_embd."
    )
    block_size: int = _number(
        16,
        1,
        MAX_BLOCK_SIZE,
        "characters",
        "How far the model can look back; longer lines are cut.",
    )
    learning_rate: float = _number(
        0.01, 1e-6, 1.0, "", "Size of the first step; it falls to 0 along a straight line."
    )
    beta1: float = _number(
        0.85, 0.0, 0.9999, "", "Adam: how much of the mean gradient is kept at each step."
    )
    beta2: float = _number(
        0.99, 0.0, 0.99999, "", "Adam: how much of the mean squared gradient is kept at each step."
    )
    epsilon: float = _number(
        1e-8, 1e-16, 0.1, "", "Adam: keeps the division by a small gradient finite."
    )
    init_std: float = _number(
        0.08, 0.0, 1.0, "", "Standard deviation of the random weights at the start."
    )
    batch_size: int = _number(1, 1, 256, "lines", "How many lines are averaged in one step.")
    holdout: float = _number(
        0.0,
        0.0,
        0.5,
        "share of lines",
        "Kept out of training, to measure what the model can't have learned by heart.",
    )
    seed: int = _number(42, 0, 2**32 - 1, "", "Same seed, same text, same settings: same model.")
    random_stream: str = _choice(
        "python",
        list(RANDOM_STREAMS),
        "Random numbers of the Python original, or of its Rust port.",
    )

    def __post_init__(self) -> None:
        problems = [problem for entry in table() if (problem := _problem(self, entry))]
        if not problems and self.n_embd % self.n_head:
            divisors = [n for n in range(1, self.n_embd + 1) if self.n_embd % n == 0]
            most = next(entry["maximum"] for entry in table() if entry["name"] == "n_head")
            fitting = ", ".join(str(n) for n in divisors if n <= (most or n))
            problems.append(
                f"n_embd = {self.n_embd} can't be split evenly over n_head = {self.n_head} heads; "
                f"with this n_embd, n_head can be {fitting}"
            )
        if problems:
            raise HyperparameterError("; ".join(problems) + ".")

    @property
    def head_dim(self) -> int:
        """How many of the n_embd numbers each head works on."""
        return self.n_embd // self.n_head


def table() -> list[Entry]:
    """All hyperparameters in the order in which to show them."""
    kinds = {"int": "int", "float": "float", "str": "choice"}
    return [
        Entry(
            name=row.name,
            type=kinds[str(row.type)],
            default=cast(float | str, row.default),
            minimum=row.metadata["minimum"],
            maximum=row.metadata["maximum"],
            choices=row.metadata["choices"],
            unit=row.metadata["unit"],
            help=row.metadata["help"],
        )
        for row in dataclasses.fields(Hyperparameters)
    ]


def from_mapping(values: Mapping[str, Any]) -> Hyperparameters:
    """Hyperparameters from names and values from outside; what is missing keeps its default.

    Raises:
        HyperparameterError: an unknown name, a value that is not a number, is out
            of range, or contradicts another; the message names all of them.
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
    return Hyperparameters(**{**values, **whole})


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
    kind = "a whole number" if entry["type"] == "int" else "a number"
    return f"{name} must be {kind} from {minimum:,} to {maximum:,}, not {shown(value)}"


def shown(value: object) -> str:
    """A refused value as a message shows it: short, and an empty field (NaN) as such."""
    if isinstance(value, float) and math.isnan(value):
        return "empty"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
