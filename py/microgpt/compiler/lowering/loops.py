"""Loops: written out, done a few rounds at a time, or with a vector's lanes as rounds.

- *Rounds side by side.* Inside `rows` and `lanes` every statement is written once for each
  round done at a time, with an environment of its own; a loop inside is written once for all.
  So a matrix product keeps a tile of its result in registers.
- *Vectors.* Inside `lanes` floats are vectors; where the number of rounds isn't a multiple,
  the rest is done with scalars.
- A loop is divided into parts, one after the other: whole blocks, then what is left of one.
  `plan` says how; a part of known length is `counted`, any other `guarded`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from microgpt.compiler import tree
from microgpt.compiler.instructions import (
    I32,
    Lane,
    Local,
    Operation,
    Repeat,
    Set,
    Statement,
    Unless,
)
from microgpt.compiler.lowering.expressions import Expressions
from microgpt.compiler.lowering.frame import (
    Environment,
    Float,
    Integer,
    Scope,
    Variable,
    added,
    value_of,
)
from microgpt.compiler.lowering.pointers import whole
from microgpt.compiler.lowering.reductions import reduction
from microgpt.compiler.lowering.sums import Sum, plus

_UNROLL = 4  # rounds up to which a small loop of constant length is written out


class Part(NamedTuple):
    """A part of a loop.

    Attributes:
        copies: how many times the body is written, side by side.
        lanes: rounds in each of them, 1 for scalars.
        rounds: how often that is done; None if it is known only later, 1 where it is
            then at most once.
    """

    copies: int
    lanes: int
    rounds: int | None

    @property
    def step(self) -> int:
        """By how much the loop's variable grows."""
        return self.copies * self.lanes


def plan(block: int, lanes: int, count: int | None) -> list[Part]:
    """How to divide a loop.

    Args:
        block: copies wanted.
        lanes: 1 for scalars.
        count: of the loop's rounds; None if it is known only later.
    """
    if count is not None:
        main, rest = divmod(count, block * lanes)
        parts = [Part(block, lanes, main), Part(rest // lanes, lanes, 1), Part(rest % lanes, 1, 1)]
        return [part for part in parts if part.copies and part.rounds]
    parts = [Part(block, lanes, None)]
    while block > 1:
        left, block = block - 1, block // 2
        parts.append(Part(block, lanes, 1 if left < 2 * block else None))
    if lanes > 1:
        parts.append(Part(1, 1, 1 if lanes == 2 else None))
    return parts


class Loops(Expressions):
    """Lowering of loops."""

    def block(self, statements: Iterable[tree.Statement]) -> None:
        """Statements; see `statements`."""
        raise NotImplementedError

    def loop(self, statement: tree.For) -> None:
        """A loop of any kind."""
        start, stop = self.bounds(statement)
        count = stop - start if isinstance(start, int) and isinstance(stop, int) else None
        if count is not None and count <= 0:
            return
        if statement.hint == "range" and statement.innermost and count and count <= _UNROLL:
            assert isinstance(start, int)
            self.unrolled(statement, range(start, start + count))
            return
        lanes = 1
        if statement.hint == "lanes" and self.instances.simd:
            if self.vector:
                self.fail("lanes within lanes")
            lanes = self.precision.vector.lanes
        self.carry(statement.assigned, len(self.scopes))
        parts = plan(statement.block, lanes, count)
        if isinstance(start, int) and count is not None:
            for part in parts:
                start = self.counted(statement, part, start)
        else:
            self.open_ended(statement, parts, start, stop)
        # From here on, what the loop has assigned to changes no more with its rounds.
        for environment in self.environments:
            for name in statement.assigned & environment.keys():
                value = environment[name]
                if isinstance(value, Sum):
                    self.depth[value.terms[0][0]] = len(self.scopes) - 1

    def bounds(self, statement: tree.For) -> tuple[Integer, Integer]:
        """Start and stop, which must be the same for all rounds done together."""
        bounds = [
            (self.value(statement.start, e), self.value(statement.stop, e))
            for e in self.environments
        ]
        if any(_key(other) != _key(bounds[0]) for other in bounds[1:]):
            self.fail("the bounds differ between rounds that are done together")
        return bounds[0]

    def unrolled(self, statement: tree.For, indices: range) -> None:
        """A loop without a loop: its variable is a constant in each round."""
        outside = self.environments
        for i in indices:
            self.environments = [{**e, statement.name: i} for e in outside]
            self.block(statement.body)
            for e, inner in zip(outside, self.environments, strict=True):
                for name in statement.assigned & e.keys():
                    e[name] = inner[name]
        self.environments = outside

    # Parts of a loop

    def counted(self, statement: tree.For, part: Part, start: int) -> int:
        """A part of known length, without a loop if it is one round; where it ends."""
        assert part.rounds is not None
        end = start + part.step * part.rounds
        variable = self.loop_variable(statement, start) if part.rounds > 1 else None
        scope = Scope(variable.number if variable else None, start, part.step)
        body, after = self.body(statement, part, scope)
        self.code += scope.before
        if variable:
            self.move(scope, variable, body)
            self.code.append(Repeat(body, Operation(I32, "<", (variable, whole(end)))))
        else:
            self.code += body
        self.code += after
        return end

    def open_ended(
        self, statement: tree.For, parts: list[Part], start: Integer, stop: Integer
    ) -> None:
        """A loop whose length is known only when it runs."""
        variable = self.loop_variable(statement, start)
        end = stop
        if isinstance(stop, Sum):
            end = self.kept_int(self.integer(stop), f"{statement.name}_end")
        for part in parts:
            first = start if part.step == parts[0].step else None
            self.guarded(statement, part, variable, first if isinstance(first, int) else None, end)

    def guarded(
        self,
        statement: tree.For,
        part: Part,
        variable: Local,
        first: int | None,
        end: Integer,
    ) -> None:
        """A part of unknown length, which may be 0.

        Args:
            statement: the loop.
            part: of it.
            variable: the loop's, which has its value from the part before.
            first: that value, if it is known.
            end: of the whole loop.
        """
        scope = Scope(variable.number, first, part.step)
        body, after = self.body(statement, part, scope)
        once = part.rounds == 1
        last, within, beyond = end, "<", ">="
        if part.step > 1:  # then the last with which a whole step can still be done
            last, within, beyond = plus(end, -part.step), "<=", ">"
        if isinstance(last, Sum) and last.constant and not once:
            last = self.kept_int(self.integer(last), f"{statement.name}_last")
        inside = scope.before
        if once:
            inside += [*body, added(variable, whole(part.step))]
        else:
            self.move(scope, variable, body)
            again = Operation(I32, within, (variable, self.integer(last)))
            inside.append(Repeat(body, again))
        inside += after
        done = Operation(I32, beyond, (variable, self.integer(last)))
        self.code.append(Unless(done, inside))

    def loop_variable(self, statement: tree.For, start: Integer) -> Local:
        """A local that begins at a loop's start, and gets its values in the loop."""
        local = self.keep(self.integer(start), I32, statement.name)
        self.depth[local.number] = len(self.scopes)
        return local

    def move(self, scope: Scope, variable: Local, body: list[Statement]) -> None:
        """Move the pointers and the variable along, at the end of a loop's body."""
        body += [added(pointer, whole(distance)) for pointer, distance in scope.moves]
        body.append(added(variable, whole(scope.step)))

    def body(
        self, statement: tree.For, part: Part, scope: Scope
    ) -> tuple[list[Statement], list[Statement]]:
        """The copies of a loop's body, and what follows the loop."""
        outside, code, self.code = self.environments, self.code, []
        vector, splat_scope = self.vector, self.splat_scope
        self.scopes.append(scope)
        first: Integer = scope.start or 0
        if scope.variable is not None:
            first = Sum(((scope.variable, 1),))
        lane = 1 if part.lanes > 1 else 0
        indices = [plus(first, Sum((), i * part.lanes, lane)) for i in range(part.copies)]
        after: list[Statement] = []
        self.environments = []
        for environment in outside:
            here = [{**environment, statement.name: index} for index in indices]
            if lane:
                self.reductions(statement, environment, here, scope.before, after)
            self.environments += here
        if lane:
            self.use_vectors(True)
            self.splat_scope = scope
        self.block(statement.body)
        self.line = statement.line
        self.use_vectors(vector)
        self.splat_scope = splat_scope
        self.scopes.pop()
        code, self.code = self.code, code
        self.environments = outside
        return code, after

    # What goes on from round to round

    def reductions(
        self,
        statement: tree.For,
        outside: Environment,
        rounds: list[Environment],
        before: list[Statement],
        after: list[Statement],
    ) -> None:
        """What a vector loop carries from round to round: each lane its own, one at the end."""
        for name in sorted(statement.assigned & outside.keys()):
            scalar = outside[name]
            kind = reduction(statement.body, name)
            if kind is None or not isinstance(scalar, Variable):
                self.fail(f"lanes can carry a sum, a maximum or a minimum, and {name} is none")
            vector = self.precision.vector
            parts = []
            for environment in rounds:
                part = self.local(vector, name)
                parts.append(part)
                environment[name] = Variable(part, carried=True)
                if kind == "+":
                    before.append(Set(part, self.number(0.0, vector=True)))
                else:
                    before.append(Set(part, Operation(vector, "splat", (scalar.local,))))
            first, *others = parts
            after += [Set(first, Operation(vector, kind, (first, other))) for other in others]
            for number in range(vector.lanes):
                after += self.reduced(kind, scalar.local, Lane(scalar.local.type, first, number))

    def reduced(self, kind: str, total: Local, lane: Lane) -> list[Statement]:
        """Take one lane into the total."""
        if kind == "+":
            return [Set(total, Operation(total.type, "+", (total, lane)))]
        single = self.local(total.type, total.name)
        return [Set(single, lane), Set(total, self.extreme(kind, total, single))]

    def carry(self, names: set[str], depth: int) -> None:
        """Give what will be assigned to, in a loop or branch, a local that stays the same."""
        for environment in self.environments:
            for name in sorted(names & environment.keys()):
                old = environment[name]
                if isinstance(old, int | Sum):
                    if isinstance(old, int) or not self.is_carried(old):
                        local = self.keep(self.integer(old), I32, name)
                        self.carried.add(local.number)
                        environment[name] = old = value_of(local)
                    number = old.terms[0][0]
                    self.depth[number] = max(self.depth[number], depth)
                elif isinstance(old, Variable):
                    if not old.carried:
                        environment[name] = self.carried_float(old.local, name)
                elif isinstance(old, float):
                    environment[name] = self.carried_float(old, name)
                else:
                    self.fail(f"{name}, the result of a comparison, can't be assigned to again")

    def carried_float(self, value: Float, name: str) -> Variable:
        """A variable that keeps its value from round to round, and begins with this one."""
        local = self.keep(self.pushed(value, self.vector), self.floats, name)
        return Variable(local, carried=True)

    def is_carried(self, value: Sum) -> bool:
        """Whether it is an integer variable that keeps its value from round to round."""
        return len(value.terms) == 1 and value.terms[0][0] in self.carried


def _key(bounds: tuple[Integer, Integer]) -> object:
    return [bound.key() if isinstance(bound, Sum) else bound for bound in bounds]
