"""How a graph came to be: which line of the algorithm made each of its values, and when.

The algorithm doesn't know of it, and isn't slower when nobody watches: while somebody does,
`autograd` makes its values of a class that tells of each. Not about what they are called
(`graph_names`), nor about what is made of all that (`graph`).
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from microgpt.gpt import autograd
from microgpt.gpt.autograd import Value
from microgpt.gpt.model import Model
from microgpt.gpt.training import document_loss
from microgpt.inside.source import Spot, spot

_AUTOGRAD = vars(autograd)
_TOP = document_loss.__code__

# What the functions of autograd that make values do.
_OPERATIONS = {
    "__add__": "+",
    "__mul__": "·",
    "__pow__": "power",
    "_as_value": "number",
    "dot": "dot",
    "exp": "exp",
    "log": "log",
    "relu": "relu",
    "total": "sum",
}


@dataclass(frozen=True, eq=False)
class Place:
    """Where values are made: by which operation, and where that stands.

    Attributes:
        calls: from document_loss down to the expression that the operation is for.
        line: the number of the line with its callers, from 0 in the order of the first run.
    """

    operation: str
    calls: tuple[Spot, ...]
    line: int


@dataclass(frozen=True)
class Run:
    """One time that a line was run.

    Attributes:
        line: see `Place`.
        loops: variables of the loops around it and around its callers, by name.
        sizes: of the lists that grow by what it makes, by name, before it.
    """

    line: int
    loops: dict[str, int]
    sizes: dict[str, int]


@dataclass
class Recording:
    """The values that computing a loss makes, in the order in which they are made.

    Attributes:
        places: of each value, an index of `known`.
        all_runs: of lines, one after the other.
        firsts: of each run, the number of the first value that it made.
    """

    values: list[Value] = field(default_factory=list)
    places: array[int] = field(default_factory=lambda: array("l"))
    known: list[Place] = field(default_factory=list)
    all_runs: list[Run] = field(default_factory=list)
    firsts: list[int] = field(default_factory=list)
    _by_key: dict[tuple[Any, ...], int] = field(default_factory=dict)
    _lines: dict[tuple[Any, ...], int] = field(default_factory=dict)
    _line: int = -1  # of the last value
    _frame: FrameType | None = None  # that made it
    _here: dict[tuple[str, int], int] = field(default_factory=dict)  # places in that frame

    @property
    def loss(self) -> Value:
        """The last of all."""
        return self.values[-1]

    def run(self, number: int) -> int:
        """In which run a value was made: an index of `all_runs`."""
        return bisect_right(self.firsts, number) - 1

    def element(self, number: int) -> int:
        """How many the same run had made at its place before."""
        first = self.firsts[self.run(number)]
        return self.places[first:number].count(self.places[number])

    def note(self, value: Value) -> None:
        """A value has been made, by the caller's caller."""
        frame = sys._getframe(2)
        operation = frame.f_code.co_name
        while frame.f_globals is _AUTOGRAD:
            frame = _caller(frame)
        if frame is not self._frame:  # else its callers, too, are where they were
            self._frame = frame
            self._here.clear()
        here = operation, frame.f_lasti
        number = self._here.get(here)
        if number is None:  # seldom: the rest is quick
            number = self._here[here] = self._place(operation, frame)
            if self._line != self.known[number].line:
                self._line = self.known[number].line
                self._here = {here: number}  # the others are to come back here
                self.all_runs.append(_run(self.known[number], _frames(frame)))
                self.firsts.append(len(self.values))
        self.values.append(value)
        self.places.append(number)

    def close(self) -> None:
        """All is recorded."""
        self._frame = None  # which would keep all that it knows
        self._here.clear()

    def _place(self, operation: str, frame: FrameType) -> int:
        frames = _frames(frame)
        key = (operation, *((id(frame.f_code), frame.f_lasti) for frame in frames))
        if key not in self._by_key:
            self._by_key[key] = self._new_place(operation, frames)
        return self._by_key[key]

    def _new_place(self, operation: str, frames: list[FrameType]) -> int:
        calls = tuple(spot(f.f_code, f.f_lasti) for f in _functions(frames))
        lines = tuple((call.source.file, call.statement.lineno) for call in calls)
        line = self._lines.setdefault(lines, len(self._lines))
        self.known.append(Place(_OPERATIONS[operation], calls, line))
        return len(self.known) - 1


def record(model: Model, tokens: list[int]) -> Recording:
    """The loss of a document, and all that led to it.

    Raises:
        ArithmeticError, ValueError: it can't be computed.
    """
    recording = Recording()
    with told_of_values(recording.note):
        document_loss(model, tokens)
    recording.close()
    return recording


class _AnyValue(type):
    """Of a class that takes all values for its own, also those that others made."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Value)


_listeners: list[Callable[[Value], None]] = []


class _ToldOf(Value, metaclass=_AnyValue):
    """A value that is told of when it has been made."""

    __slots__ = ()

    def __init__(
        self,
        data: float,
        children: tuple[Value, ...] = (),
        local_gradients: tuple[float, ...] = (),
    ) -> None:
        Value.__init__(self, data, children, local_gradients)
        _listeners[-1](self)


@contextmanager
def told_of_values(listener: Callable[[Value], None]) -> Iterator[None]:
    """Meanwhile the listener is called with every value that an operation has made.

    It may change the number, and all that comes after is computed with that.
    """
    # Not by another __init__ of Value: Python would have to forget what it knows of the class.
    names = vars(autograd)
    _listeners.append(listener)
    before, names["Value"] = names["Value"], _ToldOf
    try:
        yield
    finally:
        names["Value"] = before
        _listeners.pop()


def _caller(frame: FrameType) -> FrameType:
    if frame.f_back is None:
        raise RuntimeError("values are made by document_loss alone")
    return frame.f_back


def _frames(frame: FrameType) -> list[FrameType]:
    """From this one to that of document_loss."""
    frames = [frame]
    while frames[-1].f_code is not _TOP:
        frames.append(_caller(frames[-1]))
    return frames


def _functions(frames: list[FrameType]) -> list[FrameType]:
    """Of frames from the innermost on, those of functions from the outermost on.

    A comprehension has a frame of its own before Python 3.12, which says more exactly
    where its function stands.
    """
    found: list[FrameType] = []
    within = False
    for frame in frames:
        if not within:
            found.append(frame)
        within = frame.f_code.co_name == "<listcomp>"
    return found[::-1]


def _run(place: Place, frames: list[FrameType]) -> Run:
    loops: dict[str, int] = {}
    sizes: dict[str, int] = {}
    functions = [frame for frame in frames if frame.f_code.co_name != "<listcomp>"]
    for call, frame in zip(place.calls, functions[::-1], strict=True):
        variables = frame.f_locals
        loops |= {name: variables[name] for name in call.loops}
        if name := call.grows:
            sizes[name] = len(variables[name])
    return Run(place.line, loops, sizes)
