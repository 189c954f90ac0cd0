"""From typed trees to WebAssembly: a function for each kernel and each set of its sizes.

Everything is decided while walking the tree once, with four ideas:

- *Constants fold.* Sizes are numbers here, so whatever follows from them is
  computed now, and a test of them leaves one branch.
- *Indices are sums.* An integer is kept as `4·i + 16·k + 3`, not as code. An
  address is such a sum too; of a loop's variable it becomes a pointer that the
  loop moves along, and its constant part costs nothing, as every load has room
  for one. Pointers are set up as far out as what they depend on allows.
- *Rounds side by side.* Inside `rows` and `lanes` every statement is written
  once for each round done at a time, with variables of its own; a loop inside is
  written once for all. What several rounds load in a statement is loaded once. So
  a matrix product keeps a tile of its result in registers.
- *Vectors.* Inside `lanes` floats are 128-bit vectors; where the number of rounds
  isn't a multiple, the rest is done with scalars.

Knows nothing of what the kernels compute.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from microgpt.compiler import reader as tree
from microgpt.compiler.targets import wasm
from microgpt.compiler.targets.wasm import I32, V128, FloatCodes, get_local, i32_const, set_local

_UNROLL = 4  # rounds up to which a small loop of constant length is written out

Terms = tuple[tuple[int, int], ...]  # (local, coefficient), sorted
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
_I32 = {
    "*": wasm.I32_MUL,
    "//": wasm.I32_DIV,
    "%": wasm.I32_REM,
}


class Sum:
    """An integer: Σ coefficient · local + constant, plus `lane` times the lane's number."""

    __slots__ = ("constant", "lane", "terms")

    def __init__(self, terms: Terms, constant: int = 0, lane: int = 0) -> None:
        self.terms = terms
        self.constant = constant
        self.lane = lane


def _plus(a: Sum | int, b: Sum | int, factor: int) -> Sum | int:
    """a + factor · b."""
    if isinstance(b, int):
        if isinstance(a, int):
            return a + factor * b
        return Sum(a.terms, a.constant + factor * b, a.lane)
    if isinstance(a, int):
        a = Sum((), a)
    if not b.terms:
        terms = a.terms
    elif not a.terms:
        terms = b.terms if factor == 1 else tuple([(i, c * factor) for i, c in b.terms])
    else:
        merged = dict(a.terms)
        for i, c in b.terms:
            merged[i] = merged.get(i, 0) + c * factor
        terms = tuple(sorted([term for term in merged.items() if term[1]]))
    constant, lane = a.constant + b.constant * factor, a.lane + b.lane * factor
    return Sum(terms, constant, lane) if terms or lane else constant


@dataclass(slots=True)
class Code:
    """A float or, from a comparison, a truth that the code leaves on the stack."""

    code: bytes
    vector: bool


@dataclass(slots=True)
class Variable:
    """A float variable in a local of its own.

    Attributes:
        carried: whether it keeps its value from round to round, so that what is
            assigned to it must go into this very local.
    """

    local: int
    vector: bool
    carried: bool


Value = int | float | Sum | Code
Environment = dict[str, Any]  # a name's number, Sum, Variable or object


@dataclass(slots=True)
class Scope:
    """A loop that is being written; the first one is the function itself.

    Attributes:
        variable: the loop's local, if it has one; begins at `start`, or where an
            earlier loop left it (None), and grows by `step`.
        before: code to run before the first round.
        moves: (pointer, bytes) to add after each round.
    """

    variable: int | None = None
    start: int | None = None
    step: int = 0
    before: bytearray = field(default_factory=bytearray)
    moves: list[tuple[int, int]] = field(default_factory=list)
    pointers: dict[tuple[Terms, int], int] = field(default_factory=dict)
    splats: dict[int, int] = field(default_factory=dict)


class Module:
    """All functions of a module as they are asked for.

    Args:
        codes: which floats.
        simd: whether there may be vectors.
    """

    def __init__(self, codes: FloatCodes, simd: bool) -> None:
        self.codes = codes
        self.simd = simd
        self._indices: dict[Any, int] = {}
        self._waiting: list[tuple[tree.Kernel, Mapping[str, Any], bool]] = []

    def request(
        self, function: Callable[..., Any], constants: Mapping[str, Any], vector: bool = False
    ) -> int:
        """The index of the function made from a kernel for these constants.

        Args:
            function: the kernel.
            constants: of parameters annotated as Size or as a class.
            vector: all its floats are vectors.
        """
        key = (function, tuple(constants.values()), vector)
        if key not in self._indices:
            self._indices[key] = len(self._indices)
            self._waiting.append((tree.read(function), constants, vector))
        return self._indices[key]

    def functions(self) -> list[wasm.Function]:
        """All that was requested, and all that those call, by index."""
        done: list[wasm.Function] = []
        while len(done) < len(self._waiting):
            done.append(_Generator(self, *self._waiting[len(done)]).function())
        return done


class _Generator:
    """One function. `code` is where statements go; expressions are returned as bytes."""

    def __init__(
        self, module: Module, kernel: tree.Kernel, constants: Mapping[str, Any], vector: bool
    ) -> None:
        self.module = module
        self.codes = module.codes
        self.kernel = kernel
        self.vector = vector
        self.line = 0
        self.code = bytearray()
        self.locals: list[bytes] = []
        self.depth: list[int] = []  # of the scope in which a local gets its values
        self.carried: set[int] = set()  # integer locals that keep their value between rounds
        self.scopes = [Scope()]
        self.splat_scope: Scope | None = None  # the vector loop, if this is inside one
        # Elements that this statement has loaded: the local of each address, and
        # what an expression gives where its names stand for the same objects.
        self.loaded: dict[tuple[bytes, int, int], int] = {}
        self.items: dict[tuple[int, ...], Value] = {}
        environment: Environment = dict(constants)
        for name, kind in kernel.parameters:
            if kind == "float":
                environment[name] = Variable(self.local(self.float_type()), vector, False)
            elif kind not in ("size", "object"):
                environment[name] = Sum(((self.local(I32), 1),))
        self.parameters = list(self.locals)
        self.environments = [environment]

    def function(self) -> wasm.Function:
        self.block(self.kernel.body)
        results = {"none": [], "int": [I32], "float": [self.float_type()]}[self.kernel.result]
        if results:
            self.code += b"\x00"  # never reached: the body ends with a return
        declared = self.locals[len(self.parameters) :]
        return wasm.Function(self.parameters, results, declared, bytes(self.code))

    def fail(self, message: str) -> NoReturn:
        raise tree.KernelError(f"{self.kernel.file}:{self.line}: {message}")

    # Locals

    def local(self, kind: bytes) -> int:
        self.locals.append(kind)
        self.depth.append(len(self.scopes) - 1)
        return len(self.locals) - 1

    def float_type(self) -> bytes:
        return V128 if self.vector else self.codes.type

    def keep(self, code: bytes, kind: bytes) -> int:
        """A new local with that value."""
        local = self.local(kind)
        self.code += code + set_local(local)
        return local

    # Statements

    def block(self, statements: Iterable[tree.Statement]) -> None:
        for statement in statements:
            self.line = statement.line
            self.loaded.clear()
            self.items.clear()
            _STATEMENTS[type(statement)](self, statement)
        self.loaded.clear()
        self.items.clear()

    def assign(self, statement: tree.Assign) -> None:
        name = statement.name
        for environment in self.environments:
            value = self.value(statement.value, environment)
            old = environment.get(name)
            if isinstance(old, Variable) and old.carried:
                self.code += self.pushed(value, old.vector) + set_local(old.local)
            elif isinstance(value, Code) and statement.value.type == "bool":
                kind = V128 if value.vector else I32
                local = self.keep(value.code, kind)
                environment[name] = Code(get_local(local), value.vector)
            elif isinstance(value, Code):
                kind = V128 if value.vector else self.codes.type
                local = self.keep(value.code, kind)
                environment[name] = Variable(local, value.vector, False)
            elif isinstance(old, Sum) and self.is_carried(old):
                self.code += self.integer(value) + set_local(old.terms[0][0])
            elif isinstance(value, Sum) and any(i in self.carried for i, _ in value.terms):
                # What it is made of will change; it won't.
                environment[name] = Sum(((self.keep(self.integer(value), I32), 1),))
            else:
                environment[name] = value

    def is_carried(self, value: Sum) -> bool:
        return len(value.terms) == 1 and value.terms[0][0] in self.carried

    def put(self, statement: tree.Put) -> None:
        for environment in self.environments:
            value = self.value(statement.value, environment)
            target = self.element(statement.array, statement.index, environment)
            pointer, offset = self.address(target)
            if statement.array.type == "ints":
                code, store = self.integer(value), wasm.I32_STORE
            else:
                vector = target.lane != 0
                if self.vector and not vector:
                    self.fail("all lanes would be stored to one element")
                code = self.pushed(value, vector)
                store = (self.codes.vector if vector else self.codes.scalar)["store"]
            self.code += get_local(pointer) + code + wasm.memory_access(store, offset)

    def do(self, statement: tree.Do) -> None:
        for environment in self.environments:
            code = self.call(statement.call, environment)
            self.code += code
            if statement.call.type != "none":
                self.code += b"\x1a"  # drop

    def give(self, statement: tree.Return) -> None:
        if statement.value is not None:
            value = self.value(statement.value, self.environments[0])
            is_int = self.kernel.result == "int"
            self.code += self.integer(value) if is_int else self.pushed(value, self.vector)
        self.code += wasm.RETURN

    def choice(self, statement: tree.If) -> None:
        together = self.environments
        for environment in together:
            self.environments = [environment]
            test = self.value(statement.test, environment)
            if isinstance(test, int):
                self.inner_block(statement.then if test else statement.other)
                continue
            if not isinstance(test, Code) or test.vector:
                self.fail("lanes can't take different branches: write `a if test else b`")
            self.carry(statement.assigned, len(self.scopes) - 1)
            self.code += test.code + wasm.IF + wasm.VOID
            self.inner_block(statement.then)
            if statement.other:
                self.code += wasm.ELSE
                self.inner_block(statement.other)
            self.code += wasm.END
        self.environments = together

    def inner_block(self, statements: list[tree.Statement]) -> None:
        """Statements whose new names end with them."""
        outside = self.environments[0]
        self.environments = [dict(outside)]
        self.block(statements)
        for name in outside:
            outside[name] = self.environments[0][name]
        self.environments = [outside]

    # Loops

    def loop(self, statement: tree.For) -> None:
        bounds = [
            (self.value(statement.start, e), self.value(statement.stop, e))
            for e in self.environments
        ]
        start, stop = bounds[0]
        if any(_key(other) != _key(bounds[0]) for other in bounds[1:]):
            self.fail("the bounds differ between rounds that are done together")
        constant = isinstance(start, int) and isinstance(stop, int)
        if constant and start >= stop:
            return
        small = constant and statement.innermost and stop - start <= _UNROLL
        if small and statement.hint == "range":
            self.unrolled(statement, start, stop)
            return
        lanes = self.codes.lanes if statement.hint == "lanes" and self.module.simd else 1
        if lanes > 1 and self.vector:
            self.fail("lanes within lanes")
        self.carry(statement.assigned, len(self.scopes))
        plan = _plan(statement.block, lanes, stop - start if constant else None)
        if constant:
            for copies, width, rounds in plan:
                assert rounds is not None
                end = start + copies * width * rounds
                variable = self.loop_variable(start) if rounds > 1 else None
                self.rounds(statement, copies, width, variable, start, end)
                start = end
        else:
            self.open_ended(statement, plan, start, stop)
        for environment in self.environments:
            for name in statement.assigned & environment.keys():
                value = environment[name]
                if isinstance(value, Sum):
                    self.depth[value.terms[0][0]] = len(self.scopes) - 1

    def open_ended(
        self,
        statement: tree.For,
        plan: list[tuple[int, int, int | None]],
        start: int | Sum,
        stop: int | Sum,
    ) -> None:
        """A loop whose length is known only when it runs."""
        variable = self.loop_variable(start)
        end = stop if isinstance(stop, int) else Sum(((self.keep(self.integer(stop), I32), 1),))
        for copies, width, rounds in plan:
            once = rounds == 1
            first = start if copies * width == plan[0][0] * plan[0][1] else None
            self.guarded(statement, copies, width, variable, first, end, once)

    def loop_variable(self, start: Value) -> int:
        local = self.keep(self.integer(start), I32)
        self.depth[local] = len(self.scopes)
        return local

    def unrolled(self, statement: tree.For, start: int, stop: int) -> None:
        outside = self.environments
        for i in range(start, stop):
            self.environments = [{**e, statement.name: i} for e in outside]
            self.block(statement.body)
            for e, inner in zip(outside, self.environments, strict=True):
                for name in statement.assigned & e.keys():
                    e[name] = inner[name]
        self.environments = outside

    def rounds(
        self,
        statement: tree.For,
        copies: int,
        lanes: int,
        variable: int | None,
        start: int,
        end: int,
    ) -> None:
        """A part of a loop whose length is known, without a loop if it is one round."""
        step = copies * lanes
        scope = Scope(variable, start, step)
        code, after = self.body(statement, copies, lanes, scope)
        self.code += scope.before
        if variable is None:
            self.code += code + after
            return
        self.code += wasm.LOOP + wasm.VOID + code
        self.moved(scope, variable, step)
        self.code += i32_const(end) + wasm.I32_COMPARE["<"] + wasm.br_if(0) + wasm.END + after

    def guarded(
        self,
        statement: tree.For,
        copies: int,
        lanes: int,
        variable: int,
        first: Value | None,
        end: int | Sum,
        once: bool,
    ) -> None:
        """A part of a loop whose length is known only when it runs, and may be 0."""
        step = copies * lanes
        scope = Scope(variable, first if isinstance(first, int) else None, step)
        code, after = self.body(statement, copies, lanes, scope)
        limit = _plus(end, -step, 1)
        if isinstance(limit, Sum) and limit.constant and not once:
            limit = Sum(((self.keep(self.integer(limit), I32), 1),))
        self.code += wasm.BLOCK + wasm.VOID
        self.code += get_local(variable) + self.integer(limit)
        self.code += wasm.I32_COMPARE[">"] + wasm.br_if(0)
        self.code += scope.before
        if once:
            self.code += code
            self.code += get_local(variable) + i32_const(step) + wasm.I32_ADD + set_local(variable)
        else:
            self.code += wasm.LOOP + wasm.VOID + code
            self.moved(scope, variable, step)
            self.code += self.integer(limit)
            self.code += wasm.I32_COMPARE["<="] + wasm.br_if(0) + wasm.END
        self.code += after + wasm.END

    def moved(self, scope: Scope, variable: int, step: int) -> None:
        """Move the pointers and the variable along, and leave the variable on the stack."""
        for local, distance in [*scope.moves, (variable, step)]:
            self.code += get_local(local) + i32_const(distance) + wasm.I32_ADD + set_local(local)
        self.code += get_local(variable)

    def body(
        self, statement: tree.For, copies: int, lanes: int, scope: Scope
    ) -> tuple[bytearray, bytearray]:
        """The code of `copies` times `lanes` rounds of a loop, and what follows the loop."""
        outside, code, self.code = self.environments, self.code, bytearray()
        vector, splat_scope = self.vector, self.splat_scope
        self.scopes.append(scope)
        first: Sum | int = scope.start or 0
        if scope.variable is not None:
            first = Sum(((scope.variable, 1),))
        after = bytearray()
        lane = 1 if lanes > 1 else 0
        indices = [_plus(first, Sum((), i * lanes, lane), 1) for i in range(copies)]
        self.environments = []
        for environment in outside:
            here = [{**environment, statement.name: index} for index in indices]
            if lanes > 1:
                self.reductions(statement, environment, here, scope.before, after)
            self.environments += here
        if lanes > 1:
            self.vector, self.splat_scope = True, scope
        self.block(statement.body)
        self.line = statement.line
        self.vector, self.splat_scope = vector, splat_scope
        self.scopes.pop()
        code, self.code = self.code, code
        self.environments = outside
        return code, after

    def reductions(
        self,
        statement: tree.For,
        outside: Environment,
        rounds: list[Environment],
        before: bytearray,
        after: bytearray,
    ) -> None:
        """What a vector loop carries from round to round: each lane its own, one at the end."""
        for name in sorted(statement.assigned & outside.keys()):
            scalar = outside[name]
            kind = _reduction(statement.body, name)
            if kind is None or not isinstance(scalar, Variable):
                self.fail(f"lanes can carry a sum, a maximum or a minimum, and {name} is none")
            vector = self.codes.vector
            parts = []
            for environment in rounds:
                part = self.local(V128)
                parts.append(part)
                environment[name] = Variable(part, vector=True, carried=True)
                start = self.number(0.0, vector=True)
                if kind != "+":
                    start = get_local(scalar.local) + vector["splat"]
                before += start + set_local(part)
            first, *others = map(get_local, parts)
            combine = vector[{"max": "pmax", "min": "pmin"}.get(kind, kind)]
            for other in others:
                after += first + other + combine + set_local(parts[0])
            for lane in range(self.codes.lanes):
                value = first + vector["extract"] + bytes([lane])
                if kind == "+":
                    after += get_local(scalar.local) + value + self.codes.scalar["+"]
                else:
                    single = self.local(self.codes.type)
                    after += value + set_local(single)
                    after += self.extreme(kind, get_local(scalar.local), get_local(single))
                after += set_local(scalar.local)

    def carry(self, names: set[str], depth: int) -> None:
        """Give what will be assigned to, in a loop or branch, a local that stays the same."""
        for environment in self.environments:
            for name in names & environment.keys():
                old = environment[name]
                if isinstance(old, int | Sum):
                    if isinstance(old, int) or not self.is_carried(old):
                        local = self.keep(self.integer(old), I32)
                        self.carried.add(local)
                        environment[name] = old = Sum(((local, 1),))
                    local = old.terms[0][0]
                    self.depth[local] = max(self.depth[local], depth)
                elif isinstance(old, Code):
                    self.fail(f"{name}, the result of a comparison, can't be assigned to again")
                elif not (isinstance(old, Variable) and old.carried):
                    local = self.keep(self.pushed(old, self.vector), self.float_type())
                    environment[name] = Variable(local, self.vector, carried=True)

    # Integers and addresses

    def integer(self, value: Value) -> bytes:
        """Code that pushes an integer."""
        if isinstance(value, int):
            return i32_const(value)
        if not isinstance(value, Sum) or value.lane:
            self.fail("the number of a lane can't be computed with, only be an index")
        return self.summed(value.terms, value.constant)

    def summed(self, terms: Terms, constant: int) -> bytes:
        code = b""
        for local, coefficient in terms:
            term = get_local(local)
            if coefficient != 1:
                term += i32_const(coefficient) + wasm.I32_MUL
            code += term + wasm.I32_ADD if code else term
        if not code:
            return i32_const(constant)
        return code + i32_const(constant) + wasm.I32_ADD if constant else code

    def element(self, array: tree.Expression, index: tree.Expression, e: Environment) -> Sum:
        """The address of an element, in bytes."""
        size = 4 if array.type == "ints" else self.codes.size
        base, offset = self.value(array, e), self.value(index, e)
        assert isinstance(base, Sum)
        assert isinstance(offset, int | Sum)
        address = _plus(base, offset, size)
        assert isinstance(address, Sum)
        if address.lane not in (0, size) or (address.lane and array.type == "ints"):
            self.fail("elements that lanes take must lie side by side")
        return address

    def address(self, address: Sum) -> tuple[int, int]:
        """A local and a constant that make an address together."""
        inside, outside = (0, address.constant) if address.constant >= 0 else (address.constant, 0)
        return self.pointer(address.terms, inside, len(self.scopes) - 1, self.code), outside

    def pointer(self, terms: Terms, constant: int, depth: int, code: bytearray) -> int:
        """A local with the value of a sum, at hand in the scope of that depth.

        Args:
            terms: of the sum.
            constant: of the sum.
            depth: of the scope whose code this is for.
            code: where to compute it, if it can't be done before a loop.
        """
        if len(terms) == 1 and terms[0][1] == 1 and not constant:
            return terms[0][0]
        key = (terms, constant)
        inner = max(self.depth[local] for local, _ in terms)
        deepest = [term for term in terms if self.depth[term[0]] == inner]
        scope = self.scopes[inner]
        if inner and [local for local, _ in deepest] == [scope.variable]:
            if key not in scope.pointers:
                scope.pointers[key] = self.moving_pointer(terms, constant, inner)
            return scope.pointers[key]
        if inner == depth:
            local = self.local(I32)
            code += self.summed(terms, constant) + set_local(local)
            return local
        scope = self.scopes[inner + 1]
        if key not in scope.pointers:
            scope.pointers[key] = local = self.local(I32)
            self.depth[local] = inner
            scope.before += self.summed(terms, constant) + set_local(local)
        return scope.pointers[key]

    def moving_pointer(self, terms: Terms, constant: int, depth: int) -> int:
        """A pointer that grows with the variable of the loop at that depth."""
        scope = self.scopes[depth]
        assert scope.variable is not None
        [factor] = [c for local, c in terms if local == scope.variable]
        rest = tuple(term for term in terms if term[0] != scope.variable)
        code = b""
        if scope.start is None:
            code = self.summed(((scope.variable, factor),), constant)
        elif scope.start * factor + constant or not rest:
            code = i32_const(scope.start * factor + constant)
        if rest:
            base = self.pointer(rest, 0, depth - 1, scope.before)
            code = get_local(base) + (code + wasm.I32_ADD if code else b"")
        local = self.local(I32)
        self.depth[local] = depth
        scope.before += code + set_local(local)
        scope.moves.append((local, factor * scope.step))
        return local

    # Floats

    def number(self, number: float, *, vector: bool) -> bytes:
        data = wasm.float_bytes(self.codes, number)
        if vector:
            return self.codes.vector["const"] + data * self.codes.lanes
        return self.codes.scalar["const"] + data

    def pushed(self, value: Value | Variable, vector: bool) -> bytes:
        """Code that pushes a float, in all lanes of a vector if need be."""
        if isinstance(value, int | float):
            return self.number(value, vector=vector)
        if isinstance(value, Variable):
            value = Code(get_local(value.local), value.vector)
        assert isinstance(value, Code)
        if value.vector == vector:
            return value.code
        if value.vector:
            self.fail("lanes have different values where one is needed")
        return value.code + self.codes.vector["splat"]

    def splat(self, variable: Variable) -> bytes:
        """A scalar from outside a vector loop, spread over the lanes before the loop."""
        scope = self.splat_scope
        assert scope is not None
        if variable.local not in scope.splats:
            scope.splats[variable.local] = local = self.local(V128)
            code = get_local(variable.local) + self.codes.vector["splat"]
            scope.before += code + set_local(local)
        return get_local(scope.splats[variable.local])

    def extreme(self, kind: str, a: bytes, b: bytes) -> bytes:
        """Python's max(a, b) or min(a, b) of scalars: the first unless the second is beyond it."""
        return b + a + b + a + self.codes.scalar[">" if kind == "max" else "<"] + wasm.SELECT

    # Expressions

    def value(self, expression: tree.Expression, environment: Environment) -> Any:
        return _EXPRESSIONS[type(expression)](self, expression, environment)

    def constant(self, expression: tree.Number, _environment: Environment) -> Value:
        value = expression.value
        return float(value) if expression.type == "float" else value

    def name(self, expression: tree.Name, environment: Environment) -> Any:
        value = environment[expression.id]
        if isinstance(value, Variable):
            if self.vector and not value.vector:
                return Code(self.splat(value), vector=True)
            return Code(get_local(value.local), value.vector)
        return value

    def field(self, expression: tree.Field, environment: Environment) -> Value:
        value = getattr(environment[expression.object], expression.name, None)
        if not isinstance(value, int):
            self.fail(f"{expression.object}.{expression.name} is not an int")
        return value

    def binary(self, expression: tree.Binary, environment: Environment) -> Value:
        left = self.value(expression.left, environment)
        right = self.value(expression.right, environment)
        sign = expression.operator
        if isinstance(left, int | float) and isinstance(right, int | float):
            return self.folded(sign, left, right)
        if expression.type == "float":
            code = self.pushed(left, self.vector) + self.pushed(right, self.vector)
            codes = self.codes.vector if self.vector else self.codes.scalar
            return Code(code + codes[sign], self.vector)
        if sign in "+-":
            return _plus(left, right, 1 if sign == "+" else -1)
        if sign == "*" and isinstance(left, int):
            return _plus(0, right, left)
        if sign == "*" and isinstance(right, int):
            return _plus(0, left, right)
        code = self.integer(left) + self.integer(right) + _I32[sign]
        return Sum(((self.keep(code, I32), 1),))

    def folded(self, sign: str, left: float, right: float) -> Value:
        try:
            result: Value = _FOLD[sign](left, right)
        except ArithmeticError as error:
            self.fail(str(error))
        return result

    def compare(self, expression: tree.Compare, environment: Environment) -> Value:
        left = self.value(expression.left, environment)
        right = self.value(expression.right, environment)
        sign = expression.operator
        if isinstance(left, int | float) and isinstance(right, int | float):
            return int(_FOLD[sign](left, right))
        if expression.left.type == "int":
            code = self.integer(left) + self.integer(right) + wasm.I32_COMPARE[sign]
            return Code(code, vector=False)
        code = self.pushed(left, self.vector) + self.pushed(right, self.vector)
        codes = self.codes.vector if self.vector else self.codes.scalar
        return Code(code + codes[sign], self.vector)

    def choose(self, expression: tree.Choose, environment: Environment) -> Value:
        test = self.value(expression.test, environment)
        if isinstance(test, int):
            chosen: Value = self.value(expression.yes if test else expression.no, environment)
            return chosen
        yes = self.value(expression.yes, environment)
        no = self.value(expression.no, environment)
        if expression.type == "int":
            code = self.integer(yes) + self.integer(no) + test.code + wasm.SELECT
            return Sum(((self.keep(code, I32), 1),))
        select = self.codes.vector["select"] if test.vector else wasm.SELECT
        code = self.pushed(yes, self.vector) + self.pushed(no, self.vector) + test.code + select
        return Code(code, self.vector)

    def item(self, expression: tree.Item, environment: Environment) -> Value:
        # Rounds done together differ in few names, so most of this is done already.
        key = (id(expression), *[id(environment.get(name)) for name in expression.names])
        value = self.items.get(key)
        if value is None:
            value = self.items[key] = self.loaded_item(expression, environment)
        return value

    def loaded_item(self, expression: tree.Item, environment: Environment) -> Value:
        address = self.element(expression.array, expression.index, environment)
        pointer, offset = self.address(address)
        if expression.type == "int":
            code = get_local(pointer) + wasm.memory_access(wasm.I32_LOAD, offset)
            return Sum(((self.keep(code, I32), 1),))
        if not self.vector:
            load = self.codes.scalar["load"]
        else:
            load = self.codes.vector["load" if address.lane else "load_splat"]
        key = (load, pointer, offset)
        if key not in self.loaded:
            code = get_local(pointer) + wasm.memory_access(load, offset)
            self.loaded[key] = self.keep(code, self.float_type())
        return Code(get_local(self.loaded[key]), self.vector)

    def tail(self, expression: tree.Tail, environment: Environment) -> Value:
        return self.element(expression.array, expression.start, environment)

    def builtin(self, expression: tree.Builtin, environment: Environment) -> Value:
        name = expression.name
        values = [self.value(a, environment) for a in expression.arguments]
        if name == "float_bits":
            return self.codes.bits
        if all(isinstance(v, int | float) for v in values) and name in _FOLDED_BUILTINS:
            result: int | float = _FOLDED_BUILTINS[name](*values)
            return result
        if name == "float":
            code = self.integer(values[0]) + self.codes.scalar["convert"]
            return Code(self.pushed(Code(code, vector=False), self.vector), self.vector)
        if expression.type == "int":
            a, b = (get_local(self.keep(self.integer(v), I32)) for v in values)
            code = b + a + b + a + wasm.I32_COMPARE[">" if name == "max" else "<"] + wasm.SELECT
            return Sum(((self.keep(code, I32), 1),))
        codes = [self.pushed(v, self.vector) for v in values]
        if name in ("max", "min"):
            if self.vector:
                return Code(codes[0] + codes[1] + self.codes.vector["p" + name], vector=True)
            a, b = (get_local(self.keep(c, self.codes.type)) for c in codes)
            return Code(self.extreme(name, a, b), vector=False)
        if name in ("power_of_two", "exponent", "fraction"):
            return Code(codes[0] + self.bits(name), self.vector)
        instructions = self.codes.vector if self.vector else self.codes.scalar
        return Code(codes[0] + instructions[name], self.vector)

    def bits(self, name: str) -> bytes:
        """Instructions on the parts of a float: sign, biased exponent, fraction."""
        double = self.codes.bits == 64
        fraction_bits, bias = (52, 1023) if double else (23, 127)
        const = wasm.i64_const if double else i32_const
        to_bits = wasm.I64_FROM_F64 if double else wasm.I32_FROM_F32
        from_bits = wasm.F64_FROM_I64 if double else wasm.F32_FROM_I32
        if name == "power_of_two":
            # Adding 2^52 leaves a whole number in the lowest bits, from where it
            # is shifted to the exponent.
            to_whole = self.number(2.0**fraction_bits + bias, vector=self.vector)
            if self.vector:
                shift = i32_const(fraction_bits) + self.codes.vector["shl"]
                return to_whole + self.codes.vector["+"] + shift
            shift = const(fraction_bits) + (wasm.I64_SHL if double else wasm.I32_SHL)
            return to_whole + self.codes.scalar["+"] + to_bits + shift + from_bits
        if self.vector:
            self.fail(f"{name} is for single numbers, not for lanes")
        if name == "exponent":
            code = to_bits + const(fraction_bits) + (wasm.I64_SHR if double else wasm.I32_SHR)
            code += wasm.I32_FROM_I64 if double else b""
            return code + i32_const(bias) + wasm.I32_SUB + self.codes.scalar["convert"]
        mask = const((1 << fraction_bits) - 1) + (wasm.I64_AND if double else wasm.I32_AND)
        one = const(bias << fraction_bits) + (wasm.I64_OR if double else wasm.I32_OR)
        return to_bits + mask + one + from_bits

    def called(self, expression: tree.Call, environment: Environment) -> Value:
        code = self.call(expression, environment)
        if expression.type == "int":
            return Sum(((self.keep(code, I32), 1),))
        return Code(code, self.vector)

    def call(self, expression: tree.Call, environment: Environment) -> bytes:
        """Code that calls a kernel, made for the constants among its arguments."""
        kernel = tree.read(expression.function)
        constants: dict[str, Any] = {}
        code = b""
        for (name, kind), argument in zip(kernel.parameters, expression.arguments, strict=True):
            value = self.value(argument, environment)
            if kind == "float":
                code += self.pushed(value, self.vector)
            elif kind == "object":
                constants[name] = value
            elif kind == "size":
                if not isinstance(value, int):
                    self.fail(f"{name} of {kernel.name} must be known when compiling")
                constants[name] = value
            else:
                code += self.integer(value)
        vector = self.vector and kernel.result == "float"
        return code + wasm.call(self.module.request(expression.function, constants, vector))


_FOLDED_BUILTINS: dict[str, Callable[..., Any]] = {
    "float": float,
    "neg": operator.neg,
    "sqrt": math.sqrt,
    "max": max,
    "min": min,
    "abs": abs,
}
_STATEMENTS: dict[type, Callable[[_Generator, Any], None]] = {
    tree.Assign: _Generator.assign,
    tree.Put: _Generator.put,
    tree.For: _Generator.loop,
    tree.If: _Generator.choice,
    tree.Do: _Generator.do,
    tree.Return: _Generator.give,
}
_EXPRESSIONS: dict[type, Callable[[_Generator, Any, Environment], Any]] = {
    tree.Number: _Generator.constant,
    tree.Name: _Generator.name,
    tree.Field: _Generator.field,
    tree.Binary: _Generator.binary,
    tree.Compare: _Generator.compare,
    tree.Choose: _Generator.choose,
    tree.Item: _Generator.item,
    tree.Tail: _Generator.tail,
    tree.Builtin: _Generator.builtin,
    tree.Call: _Generator.called,
}


def _key(bounds: tuple[Value, Value]) -> object:
    return [(b.terms, b.constant, b.lane) if isinstance(b, Sum) else b for b in bounds]


def _plan(block: int, lanes: int, count: int | None) -> list[tuple[int, int, int | None]]:
    """How to divide a loop: (copies, lanes, rounds), one part after the other.

    Args:
        block: copies wanted.
        lanes: 1 for scalars.
        count: of rounds; None if it is known only later. The rounds of a part
            are then None too, or 1 where there is at most one.
    """
    if count is not None:
        main, rest = divmod(count, block * lanes)
        parts = [(block, lanes, main), (rest // lanes, lanes, 1), (rest % lanes, 1, 1)]
        return [(c, n, r) for c, n, r in parts if c and r]
    plan: list[tuple[int, int, int | None]] = [(block, lanes, None)]
    while block > 1:
        block //= 2
        plan.append((block, lanes, 1))
    if lanes > 1:
        plan.append((1, 1, 1 if lanes == 2 else None))
    return plan


def _reduction(statements: list[tree.Statement], name: str) -> str | None:
    """How a variable is carried: +, max or min, or None if it is otherwise assigned to."""
    kinds = set()
    for statement in statements:
        if isinstance(statement, tree.For):
            if name in statement.assigned:
                kinds.add(_reduction(statement.body, name))
        elif isinstance(statement, tree.If) and name in statement.assigned:
            kinds.add(None)
        elif isinstance(statement, tree.Assign) and statement.name == name:
            kinds.add(_reduction_of(statement.value, name))
    return kinds.pop() if len(kinds) == 1 else None


def _reduction_of(value: tree.Expression, name: str) -> str | None:
    if isinstance(value, tree.Binary) and value.operator == "+":
        kind, first = "+", value.left
    elif isinstance(value, tree.Builtin) and value.name in ("max", "min"):
        kind, first = value.name, value.arguments[0]
    else:
        return None
    return kind if isinstance(first, tree.Name) and first.id == name else None
