"""How a loop carries a variable from round to round: as a sum, a maximum, a minimum, or else.

Read off the typed tree alone.
"""

from __future__ import annotations

from microgpt.compiler import tree


def reduction(statements: list[tree.Statement], name: str) -> str | None:
    """How a variable is carried: +, max or min, or None if it is otherwise assigned to."""
    kinds = set()
    for statement in statements:
        if isinstance(statement, tree.For):
            if name in statement.assigned:
                kinds.add(reduction(statement.body, name))
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
