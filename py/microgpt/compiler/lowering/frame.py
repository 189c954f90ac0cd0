"""A function that is being written: its locals, its loops, and what its names stand for.

The ground on which the other files of this folder build, each a class that adds to the one
before: `Frame`, `Pointers`, `Floats`, `Expressions`, `Loops`, `Statements`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol, TypeAlias

from microgpt.compiler import tree
from microgpt.compiler.instructions import (
    I32,
    Expression,
    Local,
    Operation,
    Precision,
    Set,
    Statement,
    Type,
)
from microgpt.compiler.lowering.sums import Sum, Terms


@dataclass(slots=True)
class Variable:
    """A float variable in a local of its own.

    Attributes:
        carried: whether it keeps its value from round to round, so that what is
            assigned to it must go into this very local.
    """

    local: Local
    carried: bool


Integer: TypeAlias = int | Sum
Float: TypeAlias = float | Expression
Value: TypeAlias = Integer | Float
Environment: TypeAlias = dict[str, Any]  # a name's number, Sum, Variable, truth or object


@dataclass(slots=True)
class Scope:
    """A loop that is being written; the first one is the function itself.

    Attributes:
        variable: the number of the loop's local, if it has one; begins at `start`, or where
            an earlier loop left it (None), and grows by `step`.
        before: what to do before the first round.
        moves: (pointer, bytes) to add after each round.
        pointers: the local that has the value of a sum, for sums that are at hand here.
        splats: vectors with one number in all lanes, by the number of that number's local.
    """

    variable: int | None = None
    start: int | None = None
    step: int = 0
    before: list[Statement] = field(default_factory=list)
    moves: list[tuple[Local, int]] = field(default_factory=list)
    pointers: dict[tuple[Terms, int], Local] = field(default_factory=dict)
    splats: dict[int, Local] = field(default_factory=dict)


class Instances(Protocol):
    """The functions that a program is made of, which may ask for others."""

    precision: Precision
    simd: bool  # whether there may be vectors
    spreading: bool  # whether a number is loaded into all their lanes at once

    def request(
        self, kernel: Callable[..., Any], constants: Mapping[str, Any], vector: bool = False
    ) -> int:
        """The index of the function made from a kernel for these constants.

        Args:
            kernel: the Python function.
            constants: of parameters annotated as Size or as a class.
            vector: all its floats are vectors.
        """
        ...


class Frame:
    """The state that all of lowering shares.

    Attributes:
        code: where statements go.
        vector: whether floats are vectors here.
        floats: the type of a float here.
        environments: what names stand for: one for each of the rounds that are done
            together, see `loops`.
        depth: by a local's number, in which of the scopes it gets its values.
        carried: numbers of integer locals that keep their value between rounds.
        splat_scope: the vector loop, if this is inside one.
    """

    def __init__(
        self,
        instances: Instances,
        kernel: tree.Kernel,
        constants: Mapping[str, Any],
        vector: bool,
    ) -> None:
        self.instances = instances
        self.precision = instances.precision
        self.kernel = kernel
        self.constants = constants
        self.line = 0
        self.code: list[Statement] = []
        self.locals: list[Local] = []
        self.depth: list[int] = []
        self.carried: set[int] = set()
        self.scopes = [Scope()]
        self.splat_scope: Scope | None = None
        self.use_vectors(vector)
        environment: Environment = dict(constants)
        for name, kind in kernel.parameters:
            if kind == "float":
                environment[name] = Variable(self.local(self.floats, name), carried=False)
            elif kind not in ("size", "object"):
                is_array = kind in ("floats", "ints")
                environment[name] = value_of(self.local(I32, f"&{name}" if is_array else name))
        self.parameters = list(self.locals)
        self.environments = [environment]

    def use_vectors(self, vector: bool) -> None:
        """From now on floats are vectors, or not."""
        self.vector = vector
        self.floats = self.precision.vector if vector else self.precision.scalar

    def fail(self, message: str) -> NoReturn:
        """Refuse the kernel for what is on the current line."""
        raise tree.KernelError(f"{self.kernel.file}:{self.line}: {message}")

    def local(self, kind: Type, name: str) -> Local:
        """A new local, which gets its values in the current scope."""
        local = Local(kind, len(self.locals), name)
        self.locals.append(local)
        self.depth.append(len(self.scopes) - 1)
        return local

    def keep(self, value: Expression, kind: Type, name: str) -> Local:
        """A new local with that value."""
        local = self.local(kind, name)
        self.code.append(Set(local, value))
        return local

    def kept_int(self, value: Expression, name: str) -> Sum:
        """An integer that is computed here, as a sum of nothing else."""
        return value_of(self.keep(value, I32, name))


def value_of(local: Local) -> Sum:
    """An integer local as a sum."""
    return Sum(((local.number, 1),))


def added(local: Local, distance: Expression) -> Set:
    """local += distance, of integers."""
    return Set(local, Operation(I32, "+", (local, distance)))
