"""The typed tree of a kernel: what `reader` makes of its source and `lowering` walks.

Every name is resolved and every expression has a type: "int", "float", "bool", "ints",
"floats" or "object". It is the same tree for all sizes that the kernel is compiled for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias


class KernelError(Exception):
    """A kernel that isn't in the language; the message begins with file and line."""


@dataclass(slots=True)
class Number:
    """A constant."""

    value: float
    type: str


@dataclass(slots=True)
class Name:
    """A variable or parameter."""

    id: str
    type: str


@dataclass(slots=True)
class Field:
    """An attribute of a parameter that is known when the kernel is compiled."""

    object: str
    name: str
    type: str


@dataclass(slots=True)
class Binary:
    """Left and right of + - * / // %, both of the result's type."""

    operator: str
    left: Expression
    right: Expression
    type: str


@dataclass(slots=True)
class Compare:
    """A comparison of two numbers of one type."""

    operator: str
    left: Expression
    right: Expression
    type: str = "bool"


@dataclass(slots=True)
class Choose:
    """`yes if test else no`; both are computed unless the test is a constant."""

    test: Expression
    yes: Expression
    no: Expression
    type: str


@dataclass(slots=True)
class Item:
    """array[index].

    Attributes:
        root: the variable that the array is, or is a part of.
        names: all variables in it.
    """

    array: Expression
    index: Expression
    type: str
    root: str
    names: tuple[str, ...]


@dataclass(slots=True)
class Tail:
    """array[start:], the part of an array from there on."""

    array: Expression
    start: Expression
    type: str


@dataclass(slots=True)
class Builtin:
    """A function that is an instruction, or a few: sqrt, max, float, ..."""

    name: str
    arguments: list[Expression]
    type: str


@dataclass(slots=True)
class Call:
    """A call of another kernel."""

    function: Callable[..., Any]
    arguments: list[Expression]
    type: str
    line: int


Expression: TypeAlias = (
    Number | Name | Field | Binary | Compare | Choose | Item | Tail | Builtin | Call
)


@dataclass(slots=True)
class Assign:
    """name = value."""

    name: str
    value: Expression
    line: int


@dataclass(slots=True)
class Put:
    """array[index] = value; `root` as in Item."""

    array: Expression
    index: Expression
    value: Expression
    root: str
    line: int


@dataclass(slots=True)
class For:
    """A loop over range, rows or lanes.

    Attributes:
        assigned: the names that the body assigns to, without its own variable.
    """

    name: str
    start: Expression
    stop: Expression
    hint: str
    block: int
    body: list[Statement]
    assigned: set[str]
    innermost: bool
    line: int


@dataclass(slots=True)
class If:
    """if test: then else: other."""

    test: Expression
    then: list[Statement]
    other: list[Statement]
    assigned: set[str]
    line: int


@dataclass(slots=True)
class Do:
    """A call for what it does."""

    call: Call | Builtin
    line: int


@dataclass(slots=True)
class Return:
    """The end of the function, with its value if it has one."""

    value: Expression | None
    line: int


Statement: TypeAlias = Assign | Put | For | If | Do | Return


@dataclass(slots=True)
class Kernel:
    """A whole kernel.

    Attributes:
        parameters: names with their types, "size" and "object" among them.
        result: type, or "none".
        file: in which it is; likewise the line on which it begins.
    """

    name: str
    parameters: list[tuple[str, str]]
    result: str
    body: list[Statement]
    file: str
    line: int
