"""What the algorithm computes for one position, recorded: every operation and its operands.

The algorithm's own code runs, with `Recorded` values in place of `Value`s and `Datum`s in
place of their numbers. Nothing is computed. Not about what becomes of a recording: see
`rolling`; nor about which code is run: see `algorithm` and `update`.

An address names where a number will lie, as an int in one of five ranges: of a weight, of a
number that is looked up by the token, of a value that was computed (of a position and an
index in the order of creation), of a constant, of a number that each step has anew.
Neighbours have neighbouring addresses.
"""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, TypeGuard

WEIGHT = 0
LOOKED_UP = 1 << 50  # that of a matrix's row 0, where the token's row is meant
VALUE = 1 << 60
POSITION = 1 << 32  # from one position's values to the next's
CONSTANT = 1 << 70
STEP = 1 << 71


MOST_OPERANDS = 16_000_000  # operands: 15 s in a tab
_HERE = os.path.dirname(__file__)
_UNKNOWN = "what happens depends on a number, which isn't known while recording"


class TraceError(Exception):
    """Why something can't be recorded: a clause that names the line, where there is one."""


class IrregularError(TraceError):
    """What was recorded isn't alike from position to position, or from weight to weight.

    It may be once all of them are recorded.
    """


@dataclass(frozen=True)
class Operation:
    """One value that was computed.

    Attributes:
        kind: "dot", "sum", "max", "larger" (of two), "add", "sub", "mul", "div", "scale",
            "shift", "power", "exp", "log", "tanh" or "relu"; "pick", which is that of its
            operands which the token says; "fixed", which is its operand and passes no
            gradient; "link", which is 0 and passes its gradient times the right operand to
            the left one.
        left: addresses; one for all but dot, sum, max and pick.
        right: the same, of dot and of what has two operands; else empty.
        number: of scale (times it), shift (plus it) and power (to it).
        plain: of numbers and not of values, so that no gradient passes.
    """

    kind: str
    left: tuple[int, ...]
    right: tuple[int, ...]
    number: float
    plain: bool


@dataclass
class Recording:
    """The operations of one position, in the order in which they were done.

    Attributes:
        ends: after how many of them something else begins, see `algorithm`.
        kept: which of its values are still at hand at later positions, by their index.
        room: for so many operands.
    """

    position: int
    operations: list[Operation] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    room: int = field(default_factory=lambda: MOST_OPERANDS)

    def add(
        self,
        kind: str,
        left: Sequence[int],
        right: Sequence[int] = (),
        number: float = 0.0,
        plain: bool = False,
    ) -> int:
        """The address of a new value.

        Raises:
            TraceError: there are too many, or the number isn't finite.
        """
        self.room -= len(left) + len(right)
        if self.room < 0:
            raise TraceError("it computes too much to be recorded")
        if not math.isfinite(number):
            raise error_here(f"{number} is part of what is computed")
        self.operations.append(Operation(kind, tuple(left), tuple(right), number, plain))
        return VALUE + self.position * POSITION + len(self.operations) - 1


class Recorder:
    """Makes recordings.

    Attributes:
        now: the one that operations are added to.
        constants: the numbers that are always the same.
        step_numbers: those that each step has anew.
        token: the only one that can be looked up now.
        vocabulary: how many tokens there are.
        Value: the class of its values, in place of `gpt.autograd.Value`.
        Datum: that of numbers, and DatumOf that of those which are a value's.
    """

    def __init__(self, vocabulary: int = 0) -> None:
        self.now = Recording(0)
        self.token: Token | None = None
        self.vocabulary = vocabulary
        self.constants: list[float] = []
        self._constants: dict[float, int] = {}  # their addresses
        self._tables: dict[tuple[float, ...], int] = {}  # those of lists of them
        self.step_numbers: list[StepNumber] = []
        space = {"recorder": self, "__slots__": ()}
        self.Value: type[Recorded] = type("Value", (Recorded,), space)
        self.Datum: type[Datum] = type("Datum", (Datum,), space)
        self.DatumOf: type[Datum] = type("DatumOf", (self.Datum,), {**space, "of_value": True})

    def constant(self, number: float) -> int:
        """The address of a number that is always the same."""
        address = self._constants.get(number)
        if address is None:
            address = self._constants[number] = CONSTANT + len(self.constants)
            self.constants.append(float(number))
        return address

    def table(self, numbers: Sequence[float]) -> int:
        """The address of the first of numbers that are always the same, side by side."""
        known = tuple(map(float, numbers))
        if known not in self._tables:
            self._tables[known] = CONSTANT + len(self.constants)
            self.constants += known
        return self._tables[known]

    def picked(self, items: Any, token: Token) -> Any:
        """What the token says, of a list that has something for each of them."""
        if token is not self.token:
            raise error_here("another token than that of this position is looked up")
        items = list(items)[: self.vocabulary]
        if len(items) < self.vocabulary:
            raise error_here("the token is looked up where there aren't as many as tokens")
        if all(map(_is_number, items)):
            first = self.table(items)
            addresses_of = range(first, first + len(items))
            return self.Datum.at(self.now.add("pick", addresses_of, plain=True))
        if not any(all(isinstance(each, of) for each in items) for of in (self.Value, self.Datum)):
            raise error_here("the token is looked up among other things than values or numbers")
        return items[0]._new("pick", addresses(items))

    def step_number(self, number: StepNumber) -> int:
        """The address of a number that each step has anew."""
        if number not in self.step_numbers:
            self.step_numbers.append(number)
        return STEP + self.step_numbers.index(number)


class Token:
    """A token of the document, of which only is known that it can be looked up."""

    def _refuse(self, *_: object) -> Any:
        raise error_here("the token is used as a number, and can only be looked up in a list")

    __index__ = __int__ = __float__ = __bool__ = __add__ = __radd__ = __sub__ = __rsub__ = _refuse
    __mul__ = __rmul__ = __mod__ = __floordiv__ = __lt__ = __gt__ = __le__ = __ge__ = _refuse
    __eq__ = __ne__ = __hash__ = _refuse


class LookUp(list[Any]):
    """A weight matrix whose rows can be looked up by the token."""

    def __init__(
        self, rows: list[list[Recorded]], by_token: list[Recorded], recorder: Recorder
    ) -> None:
        super().__init__(rows)
        self._by_token = by_token
        self._recorder = recorder

    def __getitem__(self, index: Any) -> Any:
        if not isinstance(index, Token):
            return super().__getitem__(index)
        if index is not self._recorder.token:
            raise error_here("another token than that of this position is looked up")
        if len(self) < self._recorder.vocabulary:
            raise error_here("the token is looked up in a matrix of fewer rows than tokens")
        return list(self._by_token)


@dataclass(frozen=True)
class StepNumber:
    """A number that depends on the step alone: it is computed in Python, at each step.

    Attributes:
        text: as Python writes it, of n, the steps that have been done.
    """

    text: str

    def _with(self, text: str, other: object) -> StepNumber:
        if isinstance(other, int | float):
            return StepNumber(text.format(self.text, repr(other)))
        return StepNumber(text.format(self.text, other.text)) if _is_step(other) else NotImplemented

    def __add__(self, other: object) -> StepNumber:
        return self._with("({} + {})", other)

    def __radd__(self, other: object) -> StepNumber:
        return self._with("({1} + {0})", other)

    def __sub__(self, other: object) -> StepNumber:
        return self._with("({} - {})", other)

    def __rsub__(self, other: object) -> StepNumber:
        return self._with("({1} - {0})", other)

    def __mul__(self, other: object) -> StepNumber:
        return self._with("({} * {})", other)

    def __rmul__(self, other: object) -> StepNumber:
        return self._with("({1} * {0})", other)

    def __truediv__(self, other: object) -> StepNumber:
        return self._with("({} / {})", other)

    def __rtruediv__(self, other: object) -> StepNumber:
        return self._with("({1} / {0})", other)

    def __floordiv__(self, other: object) -> StepNumber:
        return self._with("({} // {})", other)

    def __mod__(self, other: object) -> StepNumber:
        return self._with("({} % {})", other)

    def __pow__(self, other: object) -> StepNumber:
        return self._with("({} ** {})", other)

    def __rpow__(self, other: object) -> StepNumber:
        return self._with("({1} ** {0})", other)

    def __neg__(self) -> StepNumber:
        return StepNumber(f"(-{self.text})")

    def __abs__(self) -> StepNumber:
        return StepNumber(f"abs({self.text})")

    def _refuse(self, *_: object) -> Any:
        raise error_here("what happens depends on the step; min and max of it can be compiled")

    __lt__ = __gt__ = __le__ = __ge__ = __bool__ = __int__ = __float__ = __index__ = _refuse


def _is_step(number: object) -> TypeGuard[StepNumber]:
    return isinstance(number, StepNumber)


class _Arithmetic:
    """What is computed of recorded numbers; of two of which one is a value it is a value.

    Each recorder has classes of its own.
    """

    __slots__ = ("address",)
    recorder: Recorder
    address: int

    @classmethod
    def at(cls, address: int) -> Self:
        """What lies there."""
        made = cls.__new__(cls)
        made.address = address
        return made

    def _new(
        self, kind: str, left: Sequence[int], right: Sequence[int] = (), number: float = 0.0
    ) -> Self:
        plain = isinstance(self, Datum)
        maker: Any = self.recorder.Datum if plain else self
        made: Self = maker.at(self.recorder.now.add(kind, left, right, number, plain))
        return made

    def _with(self, kind: str, other: Any, with_number: str, number: Any) -> Any:
        """An operation on another one, or on a plain number."""
        if isinstance(other, StepNumber):
            return self._new(kind, [self.address], [self.recorder.step_number(other)])
        if not isinstance(other, Recorded | Datum):
            return self._new(with_number, [self.address], (), float(number))
        if isinstance(self, Datum) and isinstance(other, Datum):
            return self._new(kind, [self.address], [other.address])
        one, two = self._without_gradient(), other._without_gradient()
        maker = two if isinstance(self, Datum) else one
        return maker._new(kind, [one.address], [two.address])

    def _without_gradient(self) -> Any:
        """What can be computed with so that none reaches the value that it may be of."""
        return self

    def __add__(self, other: Any) -> Any:
        return self._with("add", other, "shift", other)

    __radd__ = __add__

    def __mul__(self, other: Any) -> Any:
        return self._with("mul", other, "scale", other)

    __rmul__ = __mul__

    def __sub__(self, other: Any) -> Any:
        return self._with("sub", other, "shift", -other if _is_number(other) else 0.0)

    def __rsub__(self, other: Any) -> Any:
        return (-self).__add__(other)

    def __truediv__(self, other: Any) -> Any:
        return self._with("div", other, "scale", other**-1 if _is_number(other) else 0.0)

    def __rtruediv__(self, other: Any) -> Any:
        return self.__pow__(-1).__mul__(other)

    def __neg__(self) -> Self:
        return self._new("scale", [self.address], (), -1.0)

    def __pow__(self, exponent: Any) -> Self:
        if not _is_number(exponent):
            raise error_here("the exponent of a power is computed")
        return self._new("power", [self.address], (), float(exponent))

    def exp(self) -> Self:
        """e to the power of it."""
        return self._new("exp", [self.address])

    def log(self) -> Self:
        """The natural logarithm."""
        return self._new("log", [self.address])

    def _refuse(self, *_: object) -> Any:
        raise error_here(_UNKNOWN)

    __lt__ = __gt__ = __le__ = __ge__ = __bool__ = __float__ = __int__ = __index__ = _refuse
    __round__ = __floor__ = __ceil__ = __trunc__ = __str__ = __format__ = _refuse

    def __getattr__(self, name: str) -> Any:
        raise error_here(f"nothing is known of an operation {name} of values")


def _is_number(other: object) -> bool:
    return isinstance(other, int | float)


class Datum(_Arithmetic):
    """A number of which nothing is known: what is made of it passes no gradient."""

    __slots__ = ()

    of_value = False

    __eq__ = __ne__ = __hash__ = _Arithmetic._refuse

    def _without_gradient(self) -> Any:
        if not self.of_value:
            return self
        value = self.recorder.Value.at(self.address)
        return self.recorder.Datum.at(value._fixed(self).address)

    def tanh(self) -> Datum:
        """The hyperbolic tangent."""
        return self._new("tanh", [self.address])

    def __abs__(self) -> Datum:
        return self._new("larger", [self.address], [(-self).address])


class Recorded(_Arithmetic):
    """In place of `gpt.autograd.Value`.

    Made by the model's code of a number it is a constant, until it turns out to be a weight;
    of a `Datum`, with what it was computed from, it is a new operation of the model's own.
    """

    __slots__ = ()

    def __init__(self, data: Any, children: Any = (), local_gradients: Any = ()) -> None:
        if not children and isinstance(data, int | float):
            self.address = self.recorder.constant(data)
            return
        links = [self._link(*each) for each in zip(children, local_gradients, strict=True)]
        made = self._fixed(data)
        for link in links:
            made += link
        self.address = made.address

    def _link(self, child: Any, local: Any) -> Recorded:
        """0, through which a gradient times the local one reaches a child."""
        if not isinstance(child, Recorded):
            raise error_here("something other than a value is said to be what one is made of")
        return self._new("link", [child.address], [self._fixed(local).address])

    def _fixed(self, number: Any) -> Recorded:
        """A value that passes no gradient."""
        if isinstance(number, Datum):
            return self._new("fixed", [number.address])
        if not _is_number(number):
            raise error_here("something other than a number is made a value")
        return self.at(self.recorder.constant(number))

    @property
    def data(self) -> Datum:
        """Of which nothing is known."""
        return self.recorder.DatumOf.at(self.address)

    @data.setter
    def data(self, _number: object) -> None:
        raise error_here("a value's number is replaced after it was computed")

    def relu(self) -> Recorded:
        """max(0, this value)."""
        return self._new("relu", [self.address])


def dot(left: Sequence[Recorded], right: Sequence[Recorded]) -> Recorded:
    """In place of `gpt.autograd.dot`."""
    if len(left) != len(right):
        raise error_here(f"a dot product has {len(left)} and {len(right)} values")
    return left[0]._new("dot", addresses(left), addresses(right))


def total(values: Sequence[Recorded]) -> Recorded:
    """In place of `gpt.autograd.total`."""
    return values[0]._new("sum", addresses(values))


def largest(*arguments: Any, **options: Any) -> Any:
    """In place of `max`: of recorded numbers the largest, which passes no gradient."""
    items = _items(arguments)
    if any(isinstance(item, StepNumber) for item in items):
        return StepNumber(f"max({_texts(items)})")
    if not any(isinstance(item, Datum | Recorded) for item in items):
        return max(*arguments, **options)
    known = [item for item in items if isinstance(item, Datum)]
    numbers = [item for item in items if _is_number(item)]
    if options or not known or len(known) + len(numbers) < len(items):
        raise error_here("max is taken of other things than the data of values")
    recorder = known[0].recorder
    first, *others = known if len(arguments) > 1 else [known[0]._new("max", addresses(known))]
    right = [*addresses(others), *([recorder.constant(max(numbers))] if numbers else [])]
    for address in right:
        first = first._new("larger", [first.address], [address])
    return first


def smallest(*arguments: Any, **options: Any) -> Any:
    """In place of `min`."""
    items = _items(arguments)
    if any(isinstance(item, StepNumber) for item in items):
        return StepNumber(f"min({_texts(items)})")
    if any(isinstance(item, Datum | Recorded) for item in items):
        return -largest(*[-item for item in items])
    return min(*arguments, **options)


def summed(items: Iterable[Any], start: Any = 0) -> Any:
    """In place of `sum`, whose additions it does in the same order."""
    items = list(items)
    alike = any(all(isinstance(item, of) for item in items) for of in (Recorded, Datum))
    if not items or not alike:
        return sum(items, start)
    found = items[0]._new("sum", addresses(items))
    return found if _is_number(start) and start == 0 else start + found


def _items(arguments: Sequence[Any]) -> list[Any]:
    return list(arguments[0]) if len(arguments) == 1 else list(arguments)


def _texts(items: Sequence[Any]) -> str:
    if not all(isinstance(item, StepNumber | int | float) for item in items):
        raise error_here("numbers that the step decides are compared with others")
    return ", ".join(item.text if isinstance(item, StepNumber) else repr(item) for item in items)


def error_here(message: str) -> TraceError:
    """With the line of the code that is recorded in which it happens."""
    for frame in inspect.stack()[1:]:
        if os.path.dirname(frame.filename) != _HERE:
            file = frame.filename.rpartition("/")[2]
            return TraceError(f"in line {frame.lineno} of {file} {message}")
    return TraceError(message)


def addresses(values: Iterable[Recorded | Datum]) -> tuple[int, ...]:
    """Where values will lie."""
    return tuple([value.address for value in values])  # sooner done than from a generator
