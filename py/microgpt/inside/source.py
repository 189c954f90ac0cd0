"""Where in the source of the algorithm a frame stands: the line, and the part of it.

By the places that Python keeps of its instructions, for tracebacks. Not about what is
computed there: see `recording`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from textwrap import dedent
from types import CodeType

from microgpt import gpt
from microgpt.inside.reports import CodeLine

_PACKAGE = Path(str(gpt.__file__)).parents[1]

_Span = tuple[int | None, int | None, int | None, int | None]  # line, last line, column, last


class Source:
    """The text of a module, and its expressions by the places that they take."""

    def __init__(self, file: str) -> None:
        path = Path(file)
        text = path.read_text(encoding="utf-8")
        self.file = path.relative_to(_PACKAGE).as_posix()
        self.text = text
        self._tree = ast.parse(text)
        self._parents: dict[ast.AST, ast.AST] = {}
        self._expressions: dict[_Span, ast.expr] = {}
        for node in ast.walk(self._tree):
            for child in ast.iter_child_nodes(node):
                self._parents[child] = node
            if isinstance(node, ast.expr):
                span = (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)
                self._expressions.setdefault(span, node)

    def expression(self, span: _Span) -> ast.expr:
        """The one that takes this place; the first of the line where columns aren't kept."""
        found = self._expressions.get(span)
        return found or next(e for (line, *_), e in self._expressions.items() if line == span[0])

    def written(self, node: ast.expr) -> str:
        """An expression as it stands there."""
        return ast.get_source_segment(self.text, node) or ast.unparse(node)

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """What a node is a part of, from the next larger to the module."""
        while node in self._parents:
            node = self._parents[node]
            yield node

    def as_elements(self, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
        """A node and what it is a part of; the same of each list whose elements it makes."""
        for parent in self.above(node):
            yield node, parent
            if not (isinstance(parent, ast.ListComp) and parent.elt is node):
                return
            node = parent

    def is_element(self, node: ast.AST) -> bool:
        """Whether it is computed for each element of a list."""
        for parent in self.above(node):
            if isinstance(parent, ast.ListComp) and parent.elt is node:
                return True
            node = parent
        return False

    def parameters(self, function: str) -> list[str]:
        """The names of what a function of the module takes; [] if there is none."""
        for node in self._tree.body:
            if isinstance(node, ast.FunctionDef) and node.name == function:
                return [argument.arg for argument in node.args.args]
        return []


@dataclass(frozen=True)
class Spot:
    """An expression in the source of the algorithm, as it is being computed."""

    source: Source
    node: ast.expr

    @property
    def statement(self) -> ast.stmt:
        """That it belongs to."""
        return next(node for node in self.source.above(self.node) if isinstance(node, ast.stmt))

    @property
    def function(self) -> str:
        """The name of the one that it stands in."""
        above = self.source.above(self.node)
        return next(node.name for node in above if isinstance(node, ast.FunctionDef))

    @property
    def loops(self) -> list[str]:
        """The variables that change from one time to the next that its statement is run."""
        loops = [node for node in self.source.above(self.node) if isinstance(node, ast.For)]
        targets = (node for loop in loops for node in ast.walk(loop.target))
        return [node.id for node in targets if isinstance(node, ast.Name)]

    @property
    def grows(self) -> str:
        """The list that its statement makes longer, or ""."""
        match self.statement:
            case ast.AugAssign(target=ast.Name(id=name)):
                return name
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"))
            ):
                return name
        return ""

    @property
    def line(self) -> CodeLine:
        """Its statement."""
        first, last = self.statement.lineno, self.statement.end_lineno
        text = dedent("\n".join(self.source.text.splitlines()[first - 1 : last]))
        return CodeLine(file=self.source.file, function=self.function, number=first, source=text)


def spot(code: CodeType, instruction: int) -> Spot:
    """Where an instruction of the algorithm comes from.

    Args:
        code: of a function of the package.
        instruction: as a frame's `f_lasti`.
    """
    source = _source(code.co_filename)
    line, last, column, end = next(islice(code.co_positions(), instruction // 2, None))
    return Spot(source, source.expression((line, last, column, end)))


_source = lru_cache(maxsize=None)(Source)
