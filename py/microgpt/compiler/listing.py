"""The intermediate form in print, as close to Python as it can be.

    for j in lanes(0, head, 4):               a line of the kernel, as a comment above
    f64x2[&out + 16] = value.2                store two floats, 16 bytes after &out
    weights: f64x2 = splat f64[&weights]      load one float, and give it to all lanes
    value += weights * qkv                    a local gets a type where it first gets a value
    repeat:                                   do it, and again while
        ...
    while s < 16
    unless j > 12:                            do it if the test is 0

Several locals that stem from one Python variable have numbers: value.1, value.2. &a is an
address in the array a, and what was loaded from there is a. Locals without a name are tmp.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from microgpt.compiler import instructions as ir

_INDENT = "    "
_BINDING = {"+": 1, "-": 1, "*": 2, "/": 2, "//": 2, "%": 2}  # how closely; others need brackets
_ATOM = 3  # closer than any sign
_BIT_BY_BIT = ("<<", ">>", "&", "|")
_UPDATES = ("+", "-", "*", "/")


def names(function: ir.Function) -> list[str]:
    """A name of its own for each local of a function, by its number."""
    wanted = [local.name or "tmp" for local in (*function.parameters, *function.locals)]
    often = Counter(wanted)
    seen: Counter[str] = Counter()
    found = []
    for name in wanted:
        seen[name] += 1
        found.append(f"{name}.{seen[name]}" if often[name] > 1 else name)
    return found


def signature(function: ir.Function) -> str:
    """Name, parameters and result."""
    named = names(function)
    parameters = ", ".join(f"{named[p.number]}: {p.type}" for p in function.parameters)
    result = "" if function.result is ir.NOTHING else f" -> {function.result}"
    return f"{function.name}({parameters}){result}"


def listing(
    function: ir.Function,
    functions: Sequence[str] | None = None,
    source: Mapping[int, str] | None = None,
) -> str:
    """A function as text, without an end of line at the end.

    Args:
        function: in the intermediate form.
        functions: what to call the program's functions, by index.
        source: lines of the kernel's file by number, to stand above what became of them.
    """
    return "\n".join(_Listing(function, functions, source or {}).lines())


class _Listing:
    def __init__(
        self, function: ir.Function, functions: Sequence[str] | None, source: Mapping[int, str]
    ) -> None:
        self.function = function
        self.functions = functions
        self.source = source
        self.names = names(function)
        self.typed = {local.number for local in function.parameters}

    def lines(self) -> list[str]:
        return [f"{signature(self.function)}:", *self.block(self.function.body)]

    # Statements

    def block(self, statements: list[ir.Statement]) -> list[str]:
        lines: list[str] = []
        for statement in statements:
            for line in self.statement(statement):
                if not (isinstance(statement, ir.Line) and lines and lines[-1] == line):
                    lines.append(line)  # a line of the kernel once, whatever it does
        return [_INDENT + line for line in lines]

    def statement(self, statement: ir.Statement) -> list[str]:
        match statement:
            case ir.Line(number):
                return [f"# {self.source[number]}"] if number in self.source else []
            case ir.Set(local, value):
                return [self.assignment(local, value)]
            case ir.Store(address, offset, value, kind):
                return [f"{kind}[{self.place(address, offset)}] = {self.text(value)}"]
            case ir.Repeat(body, test):
                return ["repeat:", *self.block(body), f"while {self.text(test)}"]
            case ir.Unless(test, body):
                return [f"unless {self.text(test)}:", *self.block(body)]
            case ir.If(test, then, other):
                lines = [f"if {self.text(test)}:", *self.block(then)]
                return [*lines, "else:", *self.block(other)] if other else lines
            case ir.Do(call):
                return [self.text(call)]
            case ir.Return(value):
                return ["return" if value is None else f"return {self.text(value)}"]

    def assignment(self, local: ir.Local, value: ir.Expression) -> str:
        name = self.names[local.number]
        if local.number not in self.typed:
            self.typed.add(local.number)
            return f"{name}: {local.type} = {self.text(value)}"
        match value:
            case ir.Operation(_, sign, (first, second)) if first is local and sign in _UPDATES:
                sign, second = _positive(sign, second)
                return f"{name} {sign}= {self.text(second)}"
        return f"{name} = {self.text(value)}"

    # Expressions

    def text(self, value: ir.Expression) -> str:
        return self.bound(value)[0]

    def bound(self, value: ir.Expression) -> tuple[str, int]:
        """An expression, and how closely its outermost sign binds."""
        match value:
            case ir.Local():
                return self.names[value.number], _ATOM
            case ir.Constant(kind, number):
                big = kind is ir.I64 and number > 9999
                return hex(int(number)) if big else str(number), _ATOM
            case ir.Load(kind, address, offset, spread):
                if spread:
                    one = ir.F64 if kind is ir.F64X2 else ir.F32
                    return f"splat {one}[{self.place(address, offset)}]", _ATOM
                return f"{kind}[{self.place(address, offset)}]", _ATOM
            case ir.Lane(_, vector, number):
                return f"lane({self.text(vector)}, {number})", _ATOM
            case ir.Call(_, function, arguments):
                name = self.functions[function] if self.functions else f"function.{function}"
                return f"{name}({', '.join(map(self.text, arguments))})", _ATOM
            case ir.Atomic(_, name, address, offset, operand):
                place = f"i32[{self.place(address, offset)}]"
                given = f", {self.text(operand)}" if operand else ""
                return f"atomic_{name}({place}{given})", _ATOM
            case ir.Operation(_, name, operands):
                if name[0].isalpha():
                    return f"{name}({', '.join(map(self.text, operands))})", _ATOM
                return self.signed(name, *operands)

    def signed(self, sign: str, left: ir.Expression, right: ir.Expression) -> tuple[str, int]:
        """Two operands and a sign, with the brackets that Python would need."""
        sign, right = _positive(sign, right)
        binding = _BINDING.get(sign, 0)
        closely = _ATOM if sign in _BIT_BY_BIT else max(binding, 1)  # a comparison binds least
        a, a_binding = self.bound(left)
        b, b_binding = self.bound(right)
        a = f"({a})" if a_binding < closely else a
        b = f"({b})" if b_binding <= binding or b_binding < closely else b
        return f"{a} {sign} {b}", binding

    def place(self, address: ir.Local, offset: int) -> str:
        name = self.names[address.number]
        return f"{name} + {offset}" if offset else name


def _positive(sign: str, second: ir.Expression) -> tuple[str, ir.Expression]:
    """x - 1 instead of x + -1."""
    if sign == "+" and isinstance(second, ir.Constant) and second.value < 0:
        return "-", ir.Constant(second.type, -second.value)
    return sign, second
