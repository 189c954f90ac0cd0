"""Statements: what is assigned, stored, called, returned, and which branch is taken.

Each is written once for every round that is done at a time, see `loops`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from microgpt.compiler import tree
from microgpt.compiler.instructions import (
    I32,
    NOTHING,
    Do,
    Function,
    If,
    Line,
    Return,
    Set,
    Statement,
    Store,
)
from microgpt.compiler.lowering.frame import Variable
from microgpt.compiler.lowering.loops import Loops
from microgpt.compiler.lowering.sums import Sum


class Statements(Loops):
    """Lowering of a whole kernel."""

    def function(self) -> Function:
        """The kernel, lowered."""
        self.block(self.kernel.body)
        return Function(
            name=self.kernel.name,
            file=self.kernel.file,
            line=self.kernel.line,
            constants=self.constants,
            parameters=self.parameters,
            result={"none": NOTHING, "int": I32, "float": self.floats}[self.kernel.result],
            locals=self.locals[len(self.parameters) :],
            body=self.code,
        )

    def block(self, statements: Iterable[tree.Statement]) -> None:
        """Statements one after the other."""
        for statement in statements:
            self.line = statement.line
            self.loaded.clear()
            self.items.clear()
            self.code.append(Line(statement.line))
            _LOWER[type(statement)](self, statement)
        self.loaded.clear()
        self.items.clear()

    def assign(self, statement: tree.Assign) -> None:
        """Give a name its value: in a local of its own only if it is more than a constant."""
        name = statement.name
        for environment in self.environments:
            value = self.value(statement.value, environment)
            old = environment.get(name)
            if isinstance(old, Variable) and old.carried:
                is_vector = old.local.type.lanes > 1
                self.code.append(Set(old.local, self.pushed(value, is_vector)))
            elif isinstance(old, Sum) and self.is_carried(old):
                self.code.append(Set(self.locals[old.terms[0][0]], self.integer(value)))
            elif isinstance(value, Sum):
                if any(number in self.carried for number, _ in value.terms):
                    # What it is made of will change; it won't.
                    value = self.kept_int(self.integer(value), name)
                environment[name] = value
            elif isinstance(value, int | float):
                environment[name] = value
            elif statement.value.type == "bool":
                environment[name] = self.keep(value, value.type, name)
            else:
                environment[name] = Variable(self.keep(value, value.type, name), carried=False)

    def put(self, statement: tree.Put) -> None:
        """Store an element of an array."""
        for environment in self.environments:
            value = self.value(statement.value, environment)
            target = self.element(statement.array, statement.index, environment)
            pointer, offset = self.address(target, statement.root)
            if statement.array.type == "ints":
                stored = self.integer(value)
            else:
                if self.vector and not target.lane:
                    self.fail("all lanes would be stored to one element")
                stored = self.pushed(value, target.lane != 0)
            self.code.append(Store(pointer, offset, stored, stored.type))

    def do(self, statement: tree.Do) -> None:
        """Call a kernel for what it does."""
        for environment in self.environments:
            if isinstance(statement.call, tree.Builtin):
                self.value(statement.call, environment)
            else:
                self.code.append(Do(self.call(statement.call, environment)))

    def give(self, statement: tree.Return) -> None:
        """End the function."""
        result = None
        if statement.value is not None:
            value = self.value(statement.value, self.environments[0])
            is_int = self.kernel.result == "int"
            result = self.integer(value) if is_int else self.pushed(value, self.vector)
        self.code.append(Return(result))

    def choice(self, statement: tree.If) -> None:
        """Take one branch now, if it is known which; or let the program choose."""
        together = self.environments
        for environment in together:
            self.environments = [environment]
            test = self.value(statement.test, environment)
            if isinstance(test, int):
                self.code += self.branch(statement.then if test else statement.other)
                continue
            if test.type.lanes > 1:
                self.fail("lanes can't take different branches: write `a if test else b`")
            self.carry(statement.assigned, len(self.scopes) - 1)
            then, other = self.branch(statement.then), self.branch(statement.other)
            self.code.append(If(test, then, other))
        self.environments = together

    def branch(self, statements: list[tree.Statement]) -> list[Statement]:
        """Statements whose new names end with them, not yet in their place."""
        outside, code, self.code = self.environments[0], self.code, []
        self.environments = [dict(outside)]
        self.block(statements)
        for name in outside:
            outside[name] = self.environments[0][name]
        self.environments = [outside]
        code, self.code = self.code, code
        return code


_LOWER: dict[type, Callable[[Statements, Any], None]] = {
    tree.Assign: Statements.assign,
    tree.Put: Statements.put,
    tree.For: Statements.loop,
    tree.If: Statements.choice,
    tree.Do: Statements.do,
    tree.Return: Statements.give,
}
