"""Expressions: constants fold, integers become sums, floats become instructions.

What several rounds load in one statement is loaded once.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from microgpt.compiler import reader, tree
from microgpt.compiler.instructions import (
    I32,
    NOTHING,
    Atomic,
    Call,
    Constant,
    Do,
    Expression,
    If,
    Load,
    Local,
    Operation,
    Repeat,
    Set,
)
from microgpt.compiler.lowering.floats import Floats
from microgpt.compiler.lowering.frame import Environment, Instances, Value, Variable
from microgpt.compiler.lowering.sums import plus

_FOLD: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_FOLD_BUILTIN: dict[str, Callable[..., Any]] = {
    "float": float,
    "neg": operator.neg,
    "sqrt": math.sqrt,
    "max": max,
    "min": min,
    "abs": abs,
}


class Expressions(Floats):
    """Lowering of expressions."""

    def __init__(
        self,
        instances: Instances,
        kernel: tree.Kernel,
        constants: Mapping[str, Any],
        vector: bool,
    ) -> None:
        super().__init__(instances, kernel, constants, vector)
        # Elements that this statement has loaded: the local of each address, and
        # what an expression gives where its names stand for the same objects.
        self.loaded: dict[tuple[bool, int, int], Local] = {}
        self.items: dict[tuple[int, ...], Value] = {}

    def value(self, expression: tree.Expression, environment: Environment) -> Any:
        """See `Pointers.value`."""
        if isinstance(expression, tree.Name):  # half of all that there are
            value = environment[expression.id]
            if isinstance(value, Variable):
                local = value.local
                return self.splat(local) if self.vector and local.type.lanes == 1 else local
            return value
        if isinstance(expression, tree.Number):
            return expression.value
        return _LOWER[type(expression)](self, expression, environment)

    def field(self, expression: tree.Field, environment: Environment) -> Value:
        """An attribute of an object."""
        value = getattr(environment[expression.object], expression.name, None)
        if not isinstance(value, int):
            self.fail(f"{expression.object}.{expression.name} is not an int")
        return value

    def binary(self, expression: tree.Binary, environment: Environment) -> Value:
        """Arithmetic."""
        left = self.value(expression.left, environment)
        right = self.value(expression.right, environment)
        sign = expression.operator
        if expression.type == "float":
            if isinstance(left, float) and isinstance(right, float):
                return self.folded(sign, left, right)
            operands = self.pushed(left, self.vector), self.pushed(right, self.vector)
            return Operation(self.floats, sign, operands)
        if sign in "+-":
            return plus(left, right, 1 if sign == "+" else -1)
        if sign == "*" and isinstance(left, int):
            return plus(0, right, left)
        if sign == "*" and isinstance(right, int):
            return plus(0, left, right)
        if isinstance(left, int) and isinstance(right, int):
            return self.folded(sign, left, right)
        return self.kept_int(Operation(I32, sign, (self.integer(left), self.integer(right))), "")

    def folded(self, sign: str, left: float, right: float) -> Value:
        """Arithmetic that can be done now."""
        try:
            result: Value = _FOLD[sign](left, right)
        except ArithmeticError as error:
            self.fail(str(error))
        return result

    def compare(self, expression: tree.Compare, environment: Environment) -> Value:
        """1 or 0 if it is known now; else an instruction's truth, or one a lane."""
        left = self.value(expression.left, environment)
        right = self.value(expression.right, environment)
        sign = expression.operator
        if isinstance(left, int | float) and isinstance(right, int | float):
            return int(_FOLD[sign](left, right))
        if expression.left.type == "int":
            return Operation(I32, sign, (self.integer(left), self.integer(right)))
        operands = self.pushed(left, self.vector), self.pushed(right, self.vector)
        return Operation(self.floats if self.vector else I32, sign, operands)

    def choose(self, expression: tree.Choose, environment: Environment) -> Value:
        """One of two values; both are computed unless it is known which."""
        test = self.value(expression.test, environment)
        if isinstance(test, int):
            chosen: Value = self.value(expression.yes if test else expression.no, environment)
            return chosen
        yes = self.value(expression.yes, environment)
        no = self.value(expression.no, environment)
        if expression.type == "int":
            chosen_int = Operation(I32, "select", (self.integer(yes), self.integer(no), test))
            return self.kept_int(chosen_int, "")
        operands = self.pushed(yes, self.vector), self.pushed(no, self.vector), test
        return Operation(self.floats, "blend" if test.type.lanes > 1 else "select", operands)

    # Arrays

    def item(self, expression: tree.Item, environment: Environment) -> Value:
        """An element of an array."""
        # Rounds done together differ in few names, so most of this is done already.
        key = (id(expression), *[id(environment.get(name)) for name in expression.names])
        value = self.items.get(key)
        if value is None:
            value = self.items[key] = self.load(expression, environment)
        return value

    def load(self, expression: tree.Item, environment: Environment) -> Value:
        """An element, from memory unless this statement has loaded it already."""
        element = self.element(expression.array, expression.index, environment)
        pointer, offset = self.address(element, expression.root)
        if expression.type == "int":
            return self.kept_int(Load(I32, pointer, offset, spread=False), expression.root)
        spread = self.vector and not element.lane
        key = (spread, pointer.number, offset)
        if key not in self.loaded:
            load = self.loading(pointer, offset, spread)
            self.loaded[key] = self.keep(load, self.floats, expression.root)
        return self.loaded[key]

    def loading(self, pointer: Local, offset: int, spread: bool) -> Expression:
        """A float from memory, spread over the lanes or not."""
        if spread and not self.instances.spreading:
            return self.pushed(Load(self.precision.scalar, pointer, offset, spread=False), True)
        return Load(self.floats, pointer, offset, spread)

    def tail(self, expression: tree.Tail, environment: Environment) -> Value:
        """A part of an array: the address at which it begins."""
        return self.element(expression.array, expression.start, environment)

    # Functions

    def builtin(self, expression: tree.Builtin, environment: Environment) -> Value:
        """A function of the language."""
        name = expression.name
        if name in _ATOMIC:
            return self.atomic(expression, environment)
        values = [self.value(argument, environment) for argument in expression.arguments]
        if name == "float_bits":
            return self.precision.scalar.size * 8
        if all(isinstance(v, int | float) for v in values) and name in _FOLD_BUILTIN:
            result: int | float = _FOLD_BUILTIN[name](*values)
            return result
        if name == "float":
            scalar = self.precision.scalar
            number = Operation(scalar, scalar.name, (self.integer(values[0]),))
            return self.pushed(number, self.vector)
        if expression.type == "int":
            first, second = [self.keep(self.integer(v), I32, "") for v in values]
            return self.kept_int(self.extreme(name, first, second), "")
        operands = [self.pushed(v, self.vector) for v in values]
        if name in ("max", "min"):
            if self.vector:
                return Operation(self.floats, name, tuple(operands))
            first, second = [self.keep(each, self.floats, "") for each in operands]
            return self.extreme(name, first, second)
        if name == "power_of_two":
            return self.power_of_two(operands[0])
        if name in ("exponent", "fraction"):
            if self.vector:
                self.fail(f"{name} is for single numbers, not for lanes")
            return self.exponent(operands[0]) if name == "exponent" else self.fraction(operands[0])
        return Operation(self.floats, name, tuple(operands))

    def atomic(self, expression: tree.Builtin, environment: Environment) -> Value:
        """A function for several that work in one memory; its first argument is a place there."""
        if self.vector:
            self.fail(f"{expression.name} is not for lanes")
        array, *others = expression.arguments
        element = self.element(array, tree.Number(0, "int"), environment)
        pointer, offset = self.address(element, "")
        if expression.name == "claim":
            return self.kept_int(Atomic(I32, "add", pointer, offset, Constant(I32, 1)), "")
        value = self.keep(self.integer(self.value(others[0], environment)), I32, "")
        if expression.name == "announce":
            self.code.append(Do(Atomic(NOTHING, "store", pointer, offset, value)))
            self.code.append(Do(Atomic(NOTHING, "notify", pointer, offset)))
        else:
            self.sleep_until(pointer, offset, value)
        return 0

    def sleep_until(self, pointer: Local, offset: int, value: Local) -> None:
        """Look, and sleep until somebody notifies, until the int there is as large."""
        seen = self.local(I32, "seen")
        too_small = Operation(I32, "<", (Operation(I32, "-", (seen, value)), Constant(I32, 0)))
        wait = Atomic(I32, "wait", pointer, offset, seen)
        look = Set(seen, Atomic(I32, "load", pointer, offset))
        self.code.append(Repeat([look, If(too_small, [Do(wait)], [])], too_small))

    def called(self, expression: tree.Call, environment: Environment) -> Value:
        """The result of another kernel."""
        call = self.call(expression, environment)
        name = expression.function.__name__
        return self.kept_int(call, name) if expression.type == "int" else call

    def call(self, expression: tree.Call, environment: Environment) -> Call:
        """A call of a kernel, made for the constants among its arguments."""
        kernel = reader.read(expression.function)
        constants: dict[str, Any] = {}
        arguments: list[Expression] = []
        for (name, kind), argument in zip(kernel.parameters, expression.arguments, strict=True):
            value = self.value(argument, environment)
            if kind == "float":
                arguments.append(self.pushed(value, self.vector))
            elif kind == "object":
                constants[name] = value
            elif kind == "size":
                if not isinstance(value, int):
                    self.fail(f"{name} of {kernel.name} must be known when compiling")
                constants[name] = value
            else:
                arguments.append(self.integer(value))
        vector = self.vector and kernel.result == "float"
        function = self.instances.request(expression.function, constants, vector)
        kind_of = {"none": NOTHING, "int": I32, "float": self.floats}
        return Call(kind_of[kernel.result], function, arguments)


_ATOMIC = ("claim", "announce", "wait_until")


_LOWER: dict[type, Callable[[Expressions, Any, Environment], Any]] = {
    tree.Field: Expressions.field,
    tree.Binary: Expressions.binary,
    tree.Compare: Expressions.compare,
    tree.Choose: Expressions.choose,
    tree.Item: Expressions.item,
    tree.Tail: Expressions.tail,
    tree.Builtin: Expressions.builtin,
    tree.Call: Expressions.called,
}
