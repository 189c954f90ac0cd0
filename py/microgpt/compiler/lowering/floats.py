"""Floats: numbers and vectors of them, and the tricks on their bits.

Inside `lanes` a float is a 128-bit vector; what comes from outside is spread over the lanes.
"""

from __future__ import annotations

from microgpt.compiler.instructions import (
    I32,
    Constant,
    Expression,
    Local,
    Operation,
    Set,
)
from microgpt.compiler.lowering.frame import Float
from microgpt.compiler.lowering.pointers import Pointers, whole


class Floats(Pointers):
    """Lowering of floats, but for arithmetic, which is one instruction each."""

    def pushed(self, value: Float, vector: bool) -> Expression:
        """The instructions for a float, in all lanes of a vector if need be."""
        if isinstance(value, float):
            return self.number(value, vector)
        if (value.type.lanes > 1) == vector:
            return value
        if not vector:
            self.fail("lanes have different values where one is needed")
        return Operation(self.precision.vector, "splat", (value,))

    def number(self, number: float, vector: bool) -> Constant:
        """A number that is known."""
        return Constant(self.precision.vector if vector else self.precision.scalar, number)

    def splat(self, scalar: Local) -> Local:
        """A scalar from outside a vector loop, spread over the lanes before the loop."""
        scope = self.splat_scope
        assert scope is not None
        spread = scope.splats.get(scalar.number)
        if spread is None:
            vector = self.precision.vector
            scope.splats[scalar.number] = spread = self.local(vector, scalar.name)
            scope.before.append(Set(spread, Operation(vector, "splat", (scalar,))))
        return spread

    def extreme(self, kind: str, a: Local, b: Local) -> Operation:
        """Python's max(a, b) or min(a, b) of scalars: the first unless the second is beyond it."""
        beyond = Operation(I32, ">" if kind == "max" else "<", (b, a))
        return Operation(a.type, "select", (b, a, beyond))

    def power_of_two(self, x: Expression) -> Expression:
        """2ˣ for a whole x: the bits of x + bias, where a number has its exponent.

        Adding 2^52 (of doubles) to it leaves a whole number in the lowest bits.
        """
        precision, floats = self.precision, self.floats
        to_whole = self.number(2.0**precision.fraction_bits + precision.bias, self.vector)
        lowest = Operation(floats, "+", (x, to_whole))
        if self.vector:
            return Operation(floats, "<<", (lowest, whole(precision.fraction_bits)))
        shift = Constant(precision.integer, precision.fraction_bits)
        bits = Operation(precision.integer, "to_bits", (lowest,))
        shifted = Operation(precision.integer, "<<", (bits, shift))
        return Operation(floats, "from_bits", (shifted,))

    def exponent(self, x: Expression) -> Expression:
        """The exponent of a positive number, from its bits."""
        precision = self.precision
        integer, shift = precision.integer, Constant(precision.integer, precision.fraction_bits)
        biased = Operation(integer, ">>", (Operation(integer, "to_bits", (x,)), shift))
        if integer is not I32:
            biased = Operation(I32, "i32", (biased,))
        exponent = Operation(I32, "-", (biased, whole(precision.bias)))
        return Operation(precision.scalar, precision.scalar.name, (exponent,))

    def fraction(self, x: Expression) -> Expression:
        """A positive number's fraction with the exponent of 1, by its bits."""
        precision = self.precision
        integer, fraction_bits = precision.integer, precision.fraction_bits
        mask = Constant(integer, (1 << fraction_bits) - 1)
        one = Constant(integer, precision.bias << fraction_bits)
        masked = Operation(integer, "&", (Operation(integer, "to_bits", (x,)), mask))
        return Operation(precision.scalar, "from_bits", (Operation(integer, "|", (masked, one)),))
