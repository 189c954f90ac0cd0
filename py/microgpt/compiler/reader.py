"""From a kernel's source to its typed tree.

Reads Python's own syntax tree, resolves every name, gives every expression a
type, and refuses what isn't in the language with the file and the line. Not
about sizes, vectors or instructions: see `lowering`.
"""

from __future__ import annotations

import ast
import linecache
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from microgpt.compiler import language
from microgpt.compiler.tree import (
    Assign,
    Binary,
    Builtin,
    Call,
    Choose,
    Compare,
    Do,
    Expression,
    Field,
    For,
    If,
    Item,
    Kernel,
    KernelError,
    Name,
    Number,
    Put,
    Return,
    Statement,
    Tail,
)

_ANNOTATIONS = {
    "int": "int",
    "float": "float",
    "Size": "size",
    "Floats": "floats",
    "Ints": "ints",
    "None": "none",
}
_OPERATORS: dict[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
# What each takes and gives; "same" is the type of its arguments, and "place" an array, then ints.
_BUILTINS: dict[Any, tuple[str, int, str, str]] = {
    math.sqrt: ("sqrt", 1, "float", "float"),
    math.floor: ("floor", 1, "float", "float"),
    abs: ("abs", 1, "float", "float"),
    float: ("float", 1, "float", "float"),
    max: ("max", 2, "same", "same"),
    min: ("min", 2, "same", "same"),
    language.nearest: ("nearest", 1, "float", "float"),
    language.power_of_two: ("power_of_two", 1, "float", "float"),
    language.exponent: ("exponent", 1, "float", "float"),
    language.fraction: ("fraction", 1, "float", "float"),
    language.float_bits: ("float_bits", 0, "int", "int"),
    language.claim: ("claim", 1, "place", "int"),
    language.announce: ("announce", 2, "place", "none"),
    language.wait_until: ("wait_until", 2, "place", "none"),
}
_LOOPS: dict[Any, str] = {range: "range", language.rows: "rows", language.lanes: "lanes"}


@cache
def read(function: Callable[..., Any]) -> Kernel:
    """The typed tree of a kernel.

    Raises:
        KernelError: the function isn't in the language.
    """
    return _Reader(function).kernel()


@cache
def _definitions(file: str) -> dict[int, ast.FunctionDef]:
    """The functions of a file, not those inside others, by the line on which they begin."""
    tree = ast.parse("".join(linecache.getlines(file)))  # of code that is made, too
    return {node.lineno: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def _definition(function: Callable[..., Any]) -> ast.FunctionDef | None:
    code = getattr(function, "__code__", None)
    return code and _definitions(code.co_filename).get(code.co_firstlineno)


@dataclass
class _Reader:
    function: Callable[..., Any]
    types: dict[str, str] = field(default_factory=dict)  # of the names that can be used here

    def __post_init__(self) -> None:
        self.file = self.function.__code__.co_filename
        self.globals = self.function.__globals__
        definition = _definition(self.function)
        if definition is None:
            line = self.function.__code__.co_firstlineno
            raise self.error(line, "a kernel is a plain function of a module")
        self.definition = definition

    def error(self, node: ast.AST | int, message: str) -> KernelError:
        line = node if isinstance(node, int) else getattr(node, "lineno", 0)
        return KernelError(f"{self.file}:{line}: {message}")

    def kernel(self) -> Kernel:
        definition = self.definition
        parameters = []
        for argument in definition.args.args:
            kind = self.annotation(argument, argument.annotation)
            parameters.append((argument.arg, kind))
            self.types[argument.arg] = "int" if kind == "size" else kind
        if len(definition.args.args) != self.function.__code__.co_argcount or (
            definition.args.vararg or definition.args.kwarg or definition.args.kwonlyargs
        ):
            raise self.error(definition, "a kernel has ordinary parameters only")
        self.result = (
            "none"
            if definition.returns is None
            else self.annotation(definition, definition.returns)
        )
        if self.result not in ("none", "int", "float"):
            raise self.error(definition, "a kernel returns an int, a float or None")
        body, _ = self.block(definition.body)
        if self.result != "none" and not (body and isinstance(body[-1], Return)):
            raise self.error(definition, f"{definition.name} must end with a return")
        return Kernel(definition.name, parameters, self.result, body, self.file, definition.lineno)

    def annotation(self, node: ast.AST, annotation: ast.expr | None) -> str:
        if annotation is None:
            raise self.error(node, "every parameter needs a type")
        # Any other class is that of an object whose attributes are constants.
        return _ANNOTATIONS.get(_written(annotation), "object")

    # Statements

    def block(self, nodes: list[ast.stmt]) -> tuple[list[Statement], set[str]]:
        """Statements and the names they assign to; names that are new here end with the block."""
        outside = dict(self.types)
        statements: list[Statement] = []
        assigned: set[str] = set()
        for node in nodes:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                continue  # a docstring
            if isinstance(node, ast.Pass):
                continue
            method = getattr(self, "do_" + type(node).__name__, None)
            if method is None:
                raise self.error(node, f"{type(node).__name__} is not in the kernel language")
            statements += method(node, assigned)
        self.types = {name: self.types[name] for name in outside}
        return statements, assigned

    def do_Assign(self, node: ast.Assign, assigned: set[str]) -> list[Statement]:  # noqa: N802
        if len(node.targets) != 1:
            raise self.error(node, "one target at a time")
        target, value = node.targets[0], node.value
        if not isinstance(target, ast.Tuple):
            return [self.assignment(node, target, self.expression(value), assigned)]
        if not isinstance(value, ast.Tuple) or len(value.elts) != len(target.elts):
            raise self.error(node, "as many values as names, please")
        names = {name.id for name in target.elts if isinstance(name, ast.Name)}
        if len(names) != len(target.elts) or names & {
            name.id for name in ast.walk(value) if isinstance(name, ast.Name)
        }:
            raise self.error(node, "values assigned together can't be made of each other")
        values = [self.expression(v) for v in value.elts]
        return [
            self.assignment(node, t, v, assigned) for t, v in zip(target.elts, values, strict=True)
        ]

    def do_AugAssign(self, node: ast.AugAssign, assigned: set[str]) -> list[Statement]:  # noqa: N802
        target = self.expression(node.target)
        value = self.binary(node, node.op, target, self.expression(node.value))
        return [self.assignment(node, node.target, value, assigned)]

    def assignment(
        self, node: ast.stmt, target: ast.expr, value: Expression, assigned: set[str]
    ) -> Statement:
        line = node.lineno
        if isinstance(target, ast.Name):
            known = self.types.get(target.id)
            if known is None:
                if value.type in ("none", "object"):
                    raise self.error(node, "there is no value to assign")
                self.types[target.id] = value.type
            else:
                value = self.converted(node, value, known)
            assigned.add(target.id)
            return Assign(target.id, value, line)
        place = self.expression(target)
        if not isinstance(place, Item):
            raise self.error(node, "only variables and single elements can be assigned to")
        value = self.converted(node, value, place.type)
        return Put(place.array, place.index, value, place.root, line)

    def do_Expr(self, node: ast.Expr, _assigned: set[str]) -> list[Statement]:  # noqa: N802
        call = self.expression(node.value)
        if isinstance(call, Call) or (isinstance(call, Builtin) and call.type == "none"):
            return [Do(call, node.lineno)]
        raise self.error(node, "an expression by itself does nothing")

    def do_Return(self, node: ast.Return, _assigned: set[str]) -> list[Statement]:  # noqa: N802
        if (node.value is None) != (self.result == "none"):
            raise self.error(node, f"the result is declared as {self.result}")
        if node.value is None:
            return [Return(None, node.lineno)]
        value = self.converted(node, self.expression(node.value), self.result)
        return [Return(value, node.lineno)]

    def do_If(self, node: ast.If, assigned: set[str]) -> list[Statement]:  # noqa: N802
        test = self.test(node.test)
        then, in_then = self.block(node.body)
        other, in_other = self.block(node.orelse)
        assigned |= in_then | in_other
        return [If(test, then, other, in_then | in_other, node.lineno)]

    def do_For(self, node: ast.For, assigned: set[str]) -> list[Statement]:  # noqa: N802
        call, target = node.iter, node.target
        hint = None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and not call.keywords:
            hint = _LOOPS.get(self.resolve(call.func))
        if hint is None or not isinstance(call, ast.Call) or not isinstance(target, ast.Name):
            raise self.error(node, "a loop is `for name in` range, rows or lanes")
        if target.id in self.types or node.orelse:
            raise self.error(node, f"a loop has a variable of its own and no else: {target.id}")
        bounds = [self.converted(node, self.expression(a), "int") for a in call.args]
        block = 1
        if hint == "range":
            if len(bounds) == 1:
                bounds.insert(0, Number(0, "int"))
        elif len(bounds) == 3 or (hint == "lanes" and len(bounds) == 2):
            last = bounds.pop() if len(bounds) == 3 else Number(1, "int")
            if not isinstance(last, Number) or last.value < 1:
                raise self.error(node, "how many at a time must be a number")
            block = int(last.value)
        if len(bounds) != 2:
            raise self.error(node, f"{hint} takes a start and a stop here")
        self.types[target.id] = "int"
        body, inside = self.block(node.body)
        del self.types[target.id]
        if target.id in inside:
            raise self.error(node, f"the loop's variable {target.id} can't be assigned to")
        assigned |= inside
        innermost = not any(isinstance(s, For | If) for s in body)
        start, stop = bounds
        return [For(target.id, start, stop, hint, block, body, inside, innermost, node.lineno)]

    # Expressions

    def expression(self, node: ast.expr) -> Expression:
        method = getattr(self, "see_" + type(node).__name__, None)
        if method is None:
            raise self.error(node, f"{type(node).__name__} is not in the kernel language")
        result: Expression = method(node)
        return result

    def converted(self, node: ast.AST, value: Expression, wanted: str) -> Expression:
        if value.type == wanted:
            return value
        if (value.type, wanted) == ("int", "float"):
            if isinstance(value, Number):
                return Number(float(value.value), "float")
            return Builtin("float", [value], "float")
        raise self.error(node, f"this is of type {value.type}, and {wanted} is needed")

    def test(self, node: ast.expr) -> Expression:
        value = self.expression(node)
        if value.type == "int":
            return Compare("!=", value, Number(0, "int"))
        return self.converted(node, value, "bool")

    def resolve(self, node: ast.Name) -> Any:
        """What a global name stands for, or None."""
        if node.id in self.globals:
            return self.globals[node.id]
        builtins = self.globals["__builtins__"]
        space = builtins if isinstance(builtins, dict) else vars(builtins)
        return space.get(node.id)

    def see_Constant(self, node: ast.Constant) -> Expression:  # noqa: N802
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            raise self.error(node, f"{node.value!r} is no number")
        return Number(node.value, "int" if isinstance(node.value, int) else "float")

    def see_Name(self, node: ast.Name) -> Expression:  # noqa: N802
        if node.id in self.types:
            return Name(node.id, self.types[node.id])
        value = self.resolve(node)
        if isinstance(value, int | float):
            return Number(value, "int" if isinstance(value, int) else "float")
        raise self.error(node, f"{node.id} is not known here")

    def see_Attribute(self, node: ast.Attribute) -> Expression:  # noqa: N802
        if isinstance(node.value, ast.Name) and self.types.get(node.value.id) == "object":
            return Field(node.value.id, node.attr, "int")
        raise self.error(node, "only an object that is known when compiling has attributes")

    def see_UnaryOp(self, node: ast.UnaryOp) -> Expression:  # noqa: N802
        value = self.expression(node.operand)
        if not isinstance(node.op, ast.USub) or value.type not in ("int", "float"):
            raise self.error(node, f"{type(node.op).__name__} is not in the kernel language")
        if isinstance(value, Number):
            return Number(-value.value, value.type)
        if value.type == "int":
            return Binary("-", Number(0, "int"), value, "int")
        return Builtin("neg", [value], "float")

    def see_BinOp(self, node: ast.BinOp) -> Expression:  # noqa: N802
        return self.binary(node, node.op, self.expression(node.left), self.expression(node.right))

    def binary(
        self, node: ast.AST, operator: ast.operator, left: Expression, right: Expression
    ) -> Expression:
        sign = _OPERATORS.get(type(operator))
        if sign is None:
            raise self.error(node, f"{type(operator).__name__} is not in the kernel language")
        both = "int" if left.type == right.type == "int" and sign != "/" else "float"
        if both == "float" and sign in ("//", "%"):
            raise self.error(node, f"{sign} is for ints")
        left, right = self.converted(node, left, both), self.converted(node, right, both)
        return Binary(sign, left, right, both)

    def see_Compare(self, node: ast.Compare) -> Expression:  # noqa: N802
        sign = _OPERATORS.get(type(node.ops[0]))
        if len(node.ops) != 1 or sign is None:
            raise self.error(node, "one comparison by one of < <= > >= == !=")
        left, right = self.expression(node.left), self.expression(node.comparators[0])
        both = "int" if left.type == right.type == "int" else "float"
        return Compare(sign, self.converted(node, left, both), self.converted(node, right, both))

    def see_IfExp(self, node: ast.IfExp) -> Expression:  # noqa: N802
        yes, no = self.expression(node.body), self.expression(node.orelse)
        both = "int" if yes.type == no.type == "int" else "float"
        yes, no = self.converted(node, yes, both), self.converted(node, no, both)
        return Choose(self.test(node.test), yes, no, both)

    def see_Subscript(self, node: ast.Subscript) -> Expression:  # noqa: N802
        array = self.expression(node.value)
        if array.type not in ("floats", "ints"):
            raise self.error(node, "only arrays have elements")
        if isinstance(node.slice, ast.Slice):
            if node.slice.lower is None or node.slice.upper or node.slice.step:
                raise self.error(node, "a part of an array is written array[start:]")
            start = self.converted(node, self.expression(node.slice.lower), "int")
            return Tail(array, start, array.type)
        index = self.converted(node, self.expression(node.slice), "int")
        names = {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
        return Item(array, index, array.type[:-1], _root(array), tuple(names))

    def see_Call(self, node: ast.Call) -> Expression:  # noqa: N802
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise self.error(node, "a call is name(argument, ...)")
        function = self.resolve(node.func)
        arguments = [
            Name(a.id, "object")
            if isinstance(a, ast.Name) and self.types.get(a.id) == "object"
            else self.expression(a)
            for a in node.args
        ]
        builtin = _BUILTINS.get(function) if function.__hash__ else None
        if builtin:
            return self.builtin(node, builtin, arguments)
        # Only its head is read here: two kernels may call each other.
        definition = _definition(function)
        if definition is None:
            raise self.error(node, f"{node.func.id} is neither a kernel nor in the language")
        return self.call(node, function, definition, arguments)

    def builtin(
        self, node: ast.Call, builtin: tuple[str, int, str, str], arguments: list[Expression]
    ) -> Expression:
        name, count, takes, gives = builtin
        if len(arguments) != count:
            raise self.error(node, f"{name} takes {count}")
        if takes == "same":
            takes = "int" if all(a.type == "int" for a in arguments) else "float"
            gives = takes
        wanted = ["ints", "int"] if takes == "place" else [takes] * count
        arguments = [self.converted(node, a, w) for a, w in zip(arguments, wanted, strict=False)]
        return arguments[0] if name == "float" else Builtin(name, arguments, gives)

    def call(
        self,
        node: ast.Call,
        function: Callable[..., Any],
        definition: ast.FunctionDef,
        arguments: list[Expression],
    ) -> Expression:
        parameters = definition.args.args
        if len(parameters) != len(arguments):
            raise self.error(node, f"{definition.name} takes {len(parameters)} arguments")
        wanted = [self.annotation(p, p.annotation) for p in parameters]
        arguments = [
            self.converted(node, a, "int" if w == "size" else w)
            for a, w in zip(arguments, wanted, strict=True)
        ]
        result = "none" if definition.returns is None else _written(definition.returns)
        return Call(function, arguments, _ANNOTATIONS.get(result, "none"), node.lineno)


def _written(annotation: ast.expr) -> str:
    """The name or constant that an annotation is, or ""."""
    if isinstance(annotation, ast.Constant):
        return str(annotation.value)
    return annotation.id if isinstance(annotation, ast.Name) else ""


def _root(array: Expression) -> str:
    """The variable that an array is, or is a part of."""
    while isinstance(array, Tail):
        array = array.array
    assert isinstance(array, Name)
    return array.id
