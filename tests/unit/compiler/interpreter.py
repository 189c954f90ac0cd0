"""A second target, for tests: runs the intermediate form, by what `instructions` says of it."""

import math
import operator
import struct
from typing import Any

from microgpt.compiler import instructions as ir

_FORMATS = {ir.I32: "<i", ir.F32: "<f", ir.F64: "<d", ir.F32X4: "<4f", ir.F64X2: "<2d"}
_ALL = {ir.I32: 2**32 - 1, ir.I64: 2**64 - 1}  # bits of an integer
_BITS = {ir.F64: ("<d", "<q"), ir.F32: ("<f", "<i"), ir.I64: ("<q", "<d"), ir.I32: ("<i", "<f")}


_PAIRS: dict[str, Any] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "<<": operator.lshift,
    "&": operator.and_,
    "|": operator.or_,
    "max": max,
    "min": min,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SINGLES: dict[str, Any] = {
    "neg": operator.neg,
    "abs": abs,
    "sqrt": math.sqrt,
    "floor": lambda x: float(math.floor(x)),
    "nearest": lambda x: float(round(x)),
    "f64": float,
    "f32": float,
    "i32": lambda x: x,
}


class _Returned(Exception):  # noqa: N818 (it is no error)
    pass


class Interpreter:
    """A program that runs in Python, and its memory.

    A vector is a tuple, a mask a tuple of truths.
    """

    def __init__(self, program: ir.Program, memory: bytearray) -> None:
        self.program = program
        self.memory = memory

    def run(self, name: str, *arguments: Any) -> Any:
        """Call what the program exports."""
        return self.call(self.program.functions[self.program.exports[name]], arguments)

    def call(self, function: ir.Function, arguments: tuple[Any, ...]) -> Any:
        values: dict[int, Any] = dict(enumerate(arguments))
        try:
            self.block(function.body, values)
        except _Returned as returned:
            return returned.args[0]
        return None

    def block(self, statements: list[ir.Statement], values: dict[int, Any]) -> None:
        for statement in statements:
            self.statement(statement, values)

    def statement(self, statement: ir.Statement, values: dict[int, Any]) -> None:
        match statement:
            case ir.Set(local, value):
                values[local.number] = self.value(value, values)
            case ir.Store(address, offset, value, kind):
                stored = self.value(value, values)
                numbers = stored if kind.lanes > 1 else (stored,)
                at = values[address.number] + offset
                struct.pack_into(_FORMATS[kind], self.memory, at, *numbers)
            case ir.Repeat(body, test):
                self.block(body, values)
                while self.value(test, values):
                    self.block(body, values)
            case ir.Unless(test, body):
                self.block([] if self.value(test, values) else body, values)
            case ir.If(test, then, other):
                self.block(then if self.value(test, values) else other, values)
            case ir.Do(call):
                self.value(call, values)
            case ir.Return(value):
                raise _Returned(None if value is None else self.value(value, values))

    def value(self, expression: ir.Expression, values: dict[int, Any]) -> Any:
        match expression:
            case ir.Local():
                return values[expression.number]
            case ir.Constant(kind, number):
                return (number,) * kind.lanes if kind.lanes > 1 else number
            case ir.Load(kind, address, offset, spread):
                at = values[address.number] + offset
                if spread:
                    one = ir.F64 if kind is ir.F64X2 else ir.F32
                    return struct.unpack_from(_FORMATS[one], self.memory, at) * kind.lanes
                loaded = struct.unpack_from(_FORMATS[kind], self.memory, at)
                return loaded if kind.lanes > 1 else loaded[0]
            case ir.Lane(_, vector, number):
                return self.value(vector, values)[number]
            case ir.Call(_, function, arguments):
                given = tuple(self.value(argument, values) for argument in arguments)
                return self.call(self.program.functions[function], given)
            case ir.Atomic(_, name, address, offset, operand):
                at = values[address.number] + offset
                return self.atomic(name, at, operand and self.value(operand, values))
            case ir.Operation(kind, name, operands):
                given = tuple(self.value(operand, values) for operand in operands)
                return self.operation(kind, name, given, operands[0].type)

    def atomic(self, name: str, at: int, operand: Any) -> int:
        """Here nobody else is in the memory, to be waited for or woken."""
        (before,) = struct.unpack_from("<i", self.memory, at)
        if name in ("store", "add"):
            after = operand if name == "store" else before + operand
            struct.pack_into("<i", self.memory, at, after)
        assert name != "wait", "for ever"
        return int(before)

    def operation(self, kind: ir.Type, name: str, given: tuple[Any, ...], operand: ir.Type) -> Any:
        if name == "select":
            return given[0] if given[2] else given[1]
        if name == "splat":
            return given * kind.lanes
        if name in ("to_bits", "from_bits"):
            view, other = _BITS[operand]
            return struct.unpack(other, struct.pack(view, given[0]))[0]
        if operand.lanes > 1:
            if name == "blend":
                return tuple(yes if test else no for yes, no, test in zip(*given, strict=True))
            function = _PAIRS.get(name) or _SINGLES[name]
            return tuple(function(*lane) for lane in zip(*given, strict=True))
        if name == ">>":
            return (given[0] & _ALL[kind]) >> given[1]
        result = (_PAIRS.get(name) or _SINGLES[name])(*given)
        return _wrapped(result, _ALL[kind]) if kind in _ALL else result


def _wrapped(number: int, every_bit: int) -> int:
    """An integer cut down to its bits, the highest of which is the sign."""
    number &= every_bit
    return number - every_bit - 1 if number > every_bit // 2 else number
