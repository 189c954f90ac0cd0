"""Code that is recorded, rewritten so that what numbers decide can be recorded, too.

`a if test else b` becomes a call to which both are given, as something that can be computed;
`list[index]` one that may look a token up, and `float(x)` one that leaves recorded numbers as
they are. Not about what those calls do: see `recording`. Statements stay as they are: of an
`if` only one branch is ever run.
"""

from __future__ import annotations

import ast

ITEM = "__item__"
CHOOSE = "__choose__"
FLOAT = "__float__"
_KEPT = (ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Await)  # what can't be put in a function


def rewritten(text: str, file: str) -> ast.Module:
    """The syntax tree of a module, whose lines have the numbers that they have in the text."""
    tree = _Rewriter().visit(ast.parse(text, file))
    assert isinstance(tree, ast.Module)
    return ast.fix_missing_locations(tree)


class _Rewriter(ast.NodeTransformer):
    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Load) and not isinstance(node.slice, ast.Slice | ast.Tuple):
            return _call(ITEM, [node.value, node.slice], node)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        if any(isinstance(each, _KEPT) for each in ast.walk(node)):
            return node
        return _call(CHOOSE, [node.test, _later(node.body), _later(node.orelse)], node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "float" and len(node.args) == 1:
            return _call(FLOAT, node.args, node)
        return node


def _call(name: str, arguments: list[ast.expr], node: ast.expr) -> ast.expr:
    return ast.copy_location(ast.Call(ast.Name(name, ast.Load()), arguments, []), node)


def _later(node: ast.expr) -> ast.expr:
    """A function that computes it."""
    none = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    return ast.copy_location(ast.Lambda(none, node), node)
