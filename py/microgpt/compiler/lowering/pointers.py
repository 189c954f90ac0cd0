"""Integers and addresses: from sums to instructions, as few and as far out as can be.

An address is a local and a constant, as every load and store has room for one. The local is a
pointer: where the sum contains a loop's variable, the loop moves the pointer along; where it
doesn't, the pointer is set up before the loop.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from microgpt.compiler import tree
from microgpt.compiler.instructions import (
    I32,
    Constant,
    Expression,
    Local,
    Operation,
    Set,
    Statement,
)
from microgpt.compiler.lowering.frame import Environment, Frame, Integer
from microgpt.compiler.lowering.sums import Sum, Terms, plus


@cache
def whole(number: int) -> Constant:
    """An integer that is known."""
    return Constant(I32, number)


class Pointers(Frame):
    """Lowering of integers and addresses."""

    def value(self, expression: tree.Expression, environment: Environment) -> Any:
        """What an expression is, an object that is known now included; see `expressions`."""
        raise NotImplementedError

    def integer(self, value: Integer) -> Expression:
        """The instructions for an integer."""
        if isinstance(value, int):
            return whole(value)
        if value.lane:
            self.fail("the number of a lane can't be computed with, only be an index")
        return self.summed(value.terms, value.constant)

    def summed(self, terms: Terms, constant: int) -> Expression:
        """The instructions for Σ coefficient · local + constant."""
        total: Expression | None = None
        for number, coefficient in terms:
            term: Expression = self.locals[number]
            if coefficient != 1:
                term = Operation(I32, "*", (term, whole(coefficient)))
            total = Operation(I32, "+", (total, term)) if total else term
        if total is None:
            return whole(constant)
        return Operation(I32, "+", (total, whole(constant))) if constant else total

    def element(self, array: tree.Expression, index: tree.Expression, e: Environment) -> Sum:
        """The address of an element, in bytes."""
        size = 4 if array.type == "ints" else self.precision.scalar.size
        base: Sum = self.value(array, e)
        address = plus(base, self.value(index, e), size)
        assert isinstance(address, Sum)
        if address.lane not in (0, size) or (address.lane and array.type == "ints"):
            self.fail("elements that lanes take must lie side by side")
        return address

    def address(self, address: Sum, array: str) -> tuple[Local, int]:
        """A local and a constant that make an address together.

        Args:
            address: of an element.
            array: the name of what it is in, for readers.
        """
        # Neither the offset nor the local is negative: the sum of the two doesn't wrap around.
        alone = address.constant >= 0 and all(coefficient >= 0 for _, coefficient in address.terms)
        inside, outside = (0, address.constant) if alone else (address.constant, 0)
        depth = len(self.scopes) - 1
        return self.pointer(address.terms, inside, depth, self.code, array), outside

    def pointer(
        self, terms: Terms, constant: int, depth: int, code: list[Statement], array: str
    ) -> Local:
        """A local with the value of a sum, at hand in the scope of that depth.

        Args:
            terms: of the sum.
            constant: of the sum.
            depth: of the scope whose code this is for.
            code: where to compute it, if it can't be done before a loop.
            array: what it points into.
        """
        if len(terms) == 1 and terms[0][1] == 1 and not constant:
            return self.locals[terms[0][0]]
        key = (terms, constant)
        depths = [self.depth[number] for number, _ in terms]
        inner = max(depths)
        scope = self.scopes[inner]
        deepest = [term[0] for term, at in zip(terms, depths, strict=True) if at == inner]
        if inner and deepest == [scope.variable]:
            if key not in scope.pointers:
                scope.pointers[key] = self.moving_pointer(terms, constant, inner, array)
            return scope.pointers[key]
        if inner == depth:
            local = self.local(I32, "&" + array)
            code.append(Set(local, self.summed(terms, constant)))
            return local
        scope = self.scopes[inner + 1]
        if key not in scope.pointers:
            scope.pointers[key] = local = self.local(I32, "&" + array)
            self.depth[local.number] = inner
            scope.before.append(Set(local, self.summed(terms, constant)))
        return scope.pointers[key]

    def moving_pointer(self, terms: Terms, constant: int, depth: int, array: str) -> Local:
        """A pointer that grows with the variable of the loop at that depth."""
        scope = self.scopes[depth]
        assert scope.variable is not None
        [factor] = [c for number, c in terms if number == scope.variable]
        rest = tuple([term for term in terms if term[0] != scope.variable])
        first: Expression | None = None
        if scope.start is None:
            first = self.summed(((scope.variable, factor),), constant)
        elif scope.start * factor + constant or not rest:
            first = whole(scope.start * factor + constant)
        if rest:
            base = self.pointer(rest, 0, depth - 1, scope.before, array)
            first = Operation(I32, "+", (base, first)) if first else base
        assert first is not None
        local = self.local(I32, "&" + array)
        self.depth[local.number] = depth
        scope.before.append(Set(local, first))
        scope.moves.append((local, factor * scope.step))
        return local
