"""The intermediate form: what a kernel is once it is lowered, before any target.

A function is a list of statements on typed local variables; what they compute are trees of
expressions. There are no arrays any more, only addresses and offsets in bytes, and no sizes
that aren't numbers. Nothing here says how an instruction is encoded: see `targets`. How it
looks in print: see `listing`.

The operations, by the type of their first operand:

=============== ====================================== =====================================
i32             + - * // %                             // and % cut off towards 0
i32, i64        << >> & |                              bit by bit; >> brings in zeros
i32             f64, f32                               the float that is this int
i64             i32                                    its lower half
i64, i32        from_bits                              the float that has these bits
f64, f32        to_bits                                the other way round
f64, f32        splat                                  this number in all lanes
floats, vectors + - * / neg abs sqrt floor nearest     nearest: of two, the even one
vectors         max min                                the first unless the second is beyond
vectors         <<                                     of each lane's bits, by an i32
all but i64     == != < <= > >=                        an i32, 1 or 0; of vectors a mask, in
                                                       which a lane has all bits or none
all but i64     select(yes, no, test)                  yes unless the i32 is 0; the program
                                                       computes both
vectors         blend(yes, no, mask)                   the same lane by lane
=============== ====================================== =====================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, eq=False, slots=True)
class Type:
    """What a local or an expression is.

    Attributes:
        size: bytes in memory, of all lanes together.
        lanes: how many numbers it has, 1 unless it is a vector.
    """

    name: str
    size: int
    lanes: int = 1

    def __repr__(self) -> str:
        return self.name


I32, I64 = Type("i32", 4), Type("i64", 8)
F32, F64 = Type("f32", 4), Type("f64", 8)
F32X4, F64X2 = Type("f32x4", 16, 4), Type("f64x2", 16, 2)
NOTHING = Type("nothing", 0, 0)  # what a call for its effect gives


@dataclass(frozen=True, eq=False, slots=True)
class Precision:
    """One width of floats.

    Attributes:
        scalar: the type of a number; likewise vector.
        integer: that of its bits.
        fraction_bits: how many of them the fraction has.
        bias: what is added to the exponent.
    """

    scalar: Type
    vector: Type
    integer: Type
    fraction_bits: int
    bias: int


DOUBLE = Precision(F64, F64X2, I64, 52, 1023)
SINGLE = Precision(F32, F32X4, I32, 23, 127)

# Expressions


@dataclass(slots=True)
class Local:
    """A local variable, and the value it has.

    Attributes:
        number: counts parameters and locals of its function, from 0.
        name: the Python variable that it stems from, if any, for readers; & before the name
            of an array marks an address in it. Several can have the same.
    """

    type: Type
    number: int
    name: str


@dataclass(slots=True)
class Constant:
    """A number; in all lanes if the type is a vector."""

    type: Type
    value: float


@dataclass(slots=True)
class Load:
    """What stands in memory at an address plus an offset in bytes.

    Attributes:
        type: of the value.
        spread: load one number, and give it to all lanes.
    """

    type: Type
    address: Local
    offset: int
    spread: bool


@dataclass(slots=True)
class Operation:
    """One of the table above.

    Attributes:
        type: of the result.
    """

    type: Type
    name: str
    operands: tuple[Expression, ...]


@dataclass(slots=True)
class Lane:
    """One number of a vector."""

    type: Type
    vector: Expression
    number: int


@dataclass(slots=True)
class Call:
    """A call of a function of the same program, by its index there.

    Attributes:
        type: of the result, or NOTHING.
    """

    type: Type
    function: int
    arguments: list[Expression]


@dataclass(slots=True)
class Atomic:
    """What is done with an int in memory at once, and in the same order for all that share it.

    ======= ========= ======================================================================
    load              what it is
    store   value     NOTHING: it is this now
    add     value     what it was; it is as much larger now
    wait    value     sleep while it is this, until somebody notifies; as it may be woken for
                      nothing, the result tells nothing
    notify            NOTHING: wake all that wait here
    ======= ========= ======================================================================
    """

    type: Type
    name: str
    address: Local
    offset: int
    operand: Expression | None = None


Expression: TypeAlias = Local | Constant | Load | Operation | Lane | Call | Atomic

# Statements


@dataclass(slots=True)
class Line:
    """No instruction: what follows comes from this line of the kernel's file."""

    number: int


@dataclass(slots=True)
class Set:
    """local = value."""

    local: Local
    value: Expression


@dataclass(slots=True)
class Store:
    """Put a value into memory, at an address plus an offset in bytes."""

    address: Local
    offset: int
    value: Expression
    type: Type


@dataclass(slots=True)
class Repeat:
    """Do the body, and again as long as the test that follows it isn't 0."""

    body: list[Statement]
    test: Expression


@dataclass(slots=True)
class Unless:
    """Do the body if the test is 0."""

    test: Expression
    body: list[Statement]


@dataclass(slots=True)
class If:
    """Do one or the other."""

    test: Expression
    then: list[Statement]
    other: list[Statement]


@dataclass(slots=True)
class Do:
    """A call for what it does; a result is dropped."""

    call: Call | Atomic


@dataclass(slots=True)
class Return:
    """The end of the function, with its result if it has one."""

    value: Expression | None


Statement: TypeAlias = Line | Set | Store | Repeat | Unless | If | Do | Return


@dataclass(slots=True)
class Function:
    """A kernel, lowered for certain sizes.

    Attributes:
        name: the kernel's.
        file: in which the kernel is; likewise the line on which it begins.
        line: see `file`.
        constants: values of the parameters that are known now.
        parameters: the others; they are the first locals.
        result: its type, or NOTHING; else its body ends with a return.
        locals: in the order of their numbers, without the parameters.
    """

    name: str
    file: str
    line: int
    constants: Mapping[str, object]
    parameters: list[Local]
    result: Type
    locals: list[Local]
    body: list[Statement]


@dataclass(slots=True)
class Program:
    """All functions of a module.

    Attributes:
        functions: by the indices that calls have.
        exports: indices, by the names under which the outside knows them.
    """

    functions: list[Function]
    exports: dict[str, int]
