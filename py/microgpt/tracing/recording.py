"""What the algorithm computes for one position, recorded: every operation and its operands.

The model's own code runs, with `Recorded` values in place of numbers. Nothing is computed.
Not about what becomes of a recording: see `rolling`.

An address names where a number will lie, as an int in one of four ranges: of a weight, of a
number that is looked up by the token, of a value that was computed (of a position and an
index in the order of creation), of a constant. Neighbours have neighbouring addresses.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

WEIGHT = 0
LOOKED_UP = 1 << 50  # that of a matrix's row 0, where the token's row is meant
VALUE = 1 << 60
POSITION = 1 << 32  # from one position's values to the next's
CONSTANT = 1 << 70


_UNKNOWN = "what happens depends on a number, which isn't known while recording"


class TraceError(Exception):
    """Why something can't be recorded: a clause that names the line, where there is one."""


@dataclass(frozen=True)
class Operation:
    """One value that was computed.

    Attributes:
        kind: "dot", "sum", "max", "add", "sub", "mul", "div", "scale", "shift", "power", "exp",
            "log" or "relu".
        left: addresses; one for all but dot, sum and max.
        right: the same, of dot and of what has two operands; else empty.
        number: of scale (times it), shift (plus it) and power (to it).
    """

    kind: str
    left: tuple[int, ...]
    right: tuple[int, ...]
    number: float


@dataclass
class Recording:
    """The operations of one position, in the order in which they were done."""

    position: int
    operations: list[Operation] = field(default_factory=list)

    def add(
        self, kind: str, left: Sequence[int], right: Sequence[int] = (), number: float = 0.0
    ) -> int:
        """The address of a new value."""
        self.operations.append(Operation(kind, tuple(left), tuple(right), number))
        return VALUE + self.position * POSITION + len(self.operations) - 1


class Recorder:
    """Makes recordings.

    Attributes:
        now: the one that operations are added to.
        constants: the numbers that are always the same.
        Value: the class of its values, in place of `gpt.autograd.Value`.
    """

    def __init__(self) -> None:
        self.now = Recording(0)
        self.constants: list[float] = []
        space = {"recorder": self, "__slots__": ()}
        self.Value: type[Recorded] = type("Value", (Recorded,), space)

    def constant(self, number: float) -> int:
        """The address of a number that is always the same."""
        if number not in self.constants:
            self.constants.append(number)
        return CONSTANT + self.constants.index(number)


class Token:
    """The token that is read: it can only be looked up in a matrix."""

    def _refuse(self, *_: object) -> Any:
        raise _error("the token is used as a number, and can only be looked up in a matrix")

    __index__ = __int__ = __float__ = __bool__ = __add__ = __radd__ = __sub__ = __rsub__ = _refuse
    __mul__ = __rmul__ = __mod__ = __floordiv__ = __lt__ = __gt__ = __le__ = __ge__ = _refuse
    __eq__ = __ne__ = __hash__ = _refuse


class LookUp(list[Any]):
    """A weight matrix whose rows can be looked up by the token."""

    def __init__(self, rows: list[list[Recorded]], by_token: list[Recorded]) -> None:
        super().__init__(rows)
        self._by_token = by_token

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, Token):
            return list(self._by_token)
        return super().__getitem__(index)


class Datum:
    """The number of a recorded value: it can be compared with others by max alone."""

    __slots__ = ("address", "recorder")

    def __init__(self, recorder: Recorder, address: int) -> None:
        self.recorder = recorder
        self.address = address

    def _refuse(self, *_: object) -> Any:
        raise _error(_UNKNOWN)

    __lt__ = __gt__ = __le__ = __ge__ = __bool__ = __float__ = __int__ = __index__ = _refuse
    __add__ = __radd__ = __mul__ = __rmul__ = __sub__ = __rsub__ = __truediv__ = _refuse
    __rtruediv__ = __pow__ = __neg__ = __abs__ = __round__ = _refuse


class Recorded:
    """In place of `gpt.autograd.Value`; each recorder has a class of its own.

    Made by the model's code it is a constant, until it turns out to be a weight.
    """

    __slots__ = ("address",)
    recorder: Recorder

    def __init__(self, data: float, children: Any = (), local_gradients: Any = ()) -> None:
        if children or local_gradients or not isinstance(data, int | float):
            raise _error("something other than a number is made a value")
        self.address = self.recorder.constant(float(data))

    @classmethod
    def at(cls, address: int) -> Recorded:
        """The value that lies there."""
        value = cls.__new__(cls)
        value.address = address
        return value

    @property
    def data(self) -> Datum:
        """Of which nothing is known."""
        return Datum(self.recorder, self.address)

    def _new(
        self, kind: str, left: Sequence[int], right: Sequence[int] = (), number: float = 0.0
    ) -> Recorded:
        return self.at(self.recorder.now.add(kind, left, right, number))

    def _with(self, kind: str, other: Any, with_number: str, number: Any) -> Recorded:
        """An operation on another value, or on a plain number."""
        if isinstance(other, Recorded | Datum):
            return self._new(kind, [self.address], [other.address])
        return self._new(with_number, [self.address], (), float(number))

    def __add__(self, other: Any) -> Recorded:
        return self._with("add", other, "shift", other)

    __radd__ = __add__

    def __mul__(self, other: Any) -> Recorded:
        return self._with("mul", other, "scale", other)

    __rmul__ = __mul__

    def __sub__(self, other: Any) -> Recorded:
        number = 0.0 if isinstance(other, Recorded | Datum) else -other
        return self._with("sub", other, "shift", number)

    def __rsub__(self, other: Any) -> Recorded:
        return (-self).__add__(other)

    def __truediv__(self, other: Any) -> Recorded:
        number = 0.0 if isinstance(other, Recorded | Datum) else other**-1
        return self._with("div", other, "scale", number)

    def __rtruediv__(self, other: Any) -> Recorded:
        return self.__pow__(-1).__mul__(other)

    def __neg__(self) -> Recorded:
        return self._new("scale", [self.address], (), -1.0)

    def __pow__(self, exponent: Any) -> Recorded:
        if isinstance(exponent, Recorded | Datum):
            raise _error("the exponent of a power is computed")
        return self._new("power", [self.address], (), float(exponent))

    def exp(self) -> Recorded:
        """e to the power of this value."""
        return self._new("exp", [self.address])

    def log(self) -> Recorded:
        """The natural logarithm."""
        return self._new("log", [self.address])

    def relu(self) -> Recorded:
        """max(0, this value)."""
        return self._new("relu", [self.address])

    def _refuse(self, *_: object) -> Any:
        raise _error(_UNKNOWN)

    __lt__ = __gt__ = __le__ = __ge__ = __bool__ = __float__ = __int__ = __index__ = _refuse

    def __getattr__(self, name: str) -> Any:
        raise _error(f"nothing is known of an operation {name} of values")


def dot(left: Sequence[Recorded], right: Sequence[Recorded]) -> Recorded:
    """In place of `gpt.autograd.dot`."""
    if len(left) != len(right):
        raise _error(f"a dot product has {len(left)} and {len(right)} values")
    return left[0]._new("dot", [v.address for v in left], [v.address for v in right])


def total(values: Sequence[Recorded]) -> Recorded:
    """In place of `gpt.autograd.total`."""
    return values[0]._new("sum", [v.address for v in values])


def largest(*arguments: Any, **options: Any) -> Any:
    """In place of `max`: of numbers of recorded values, the largest, which passes no gradient."""
    items = list(arguments[0]) if len(arguments) == 1 else list(arguments)
    if not any(isinstance(item, Datum | Recorded) for item in items):
        return max(*arguments, **options)
    if options or not all(isinstance(item, Datum) for item in items):
        raise _error("max is taken of other things than the data of values")
    recorder = items[0].recorder
    return Datum(recorder, recorder.now.add("max", [item.address for item in items]))


def _error(message: str) -> TraceError:
    """With the line of the model's code in which it happens."""
    for frame in inspect.stack()[1:]:
        if frame.filename != __file__:
            file = frame.filename.rpartition("/")[2]
            return TraceError(f"in line {frame.lineno} of {file} {message}")
    return TraceError(message)


def addresses(values: Iterable[Recorded | Datum]) -> tuple[int, ...]:
    """Where values will lie."""
    return tuple(value.address for value in values)
