"""The algorithm's modules, made to be recorded: their values are recorded ones.

Operations that gpt/autograd.py has always had are known by what they are; what is new or
changed there is run, with numbers that are recorded. Not about where changed code comes from:
its texts are given. Nor about what is called in it: see `algorithm` and `update`.
"""

from __future__ import annotations

import ast
import builtins
import math
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from microgpt.changes import originals
from microgpt.tracing.recording import (
    Datum,
    LookUp,
    Recorded,
    Recorder,
    StepNumber,
    Token,
    TraceError,
    dot,
    error_here,
    largest,
    smallest,
    summed,
    total,
)

_GPT = "microgpt.gpt."
_RECORDED = ("autograd", "model", "training", "optimizer")
# What makes values of others: with another one of these nothing is known any more.
_FIXED = ("Value.__init__", "Value.backward", "Value._topological_order")


class Loader:
    """Makes modules of texts.

    Args:
        texts: of the files of gpt/, by name, as "model.py".
        folder: where they are said to be, in messages.
        recorder: of what they will compute.
    """

    def __init__(self, texts: Mapping[str, str], folder: str, recorder: Recorder) -> None:
        self._texts = texts
        self._folder = folder
        self._recorder = recorder
        self._made: dict[str, types.ModuleType] = {}

    def module(self, name: str) -> types.ModuleType:
        """One of gpt/, as "model"."""
        if name not in self._made:
            if name == "autograd":
                self._made[name] = self._autograd()
            else:
                self._made[name] = self._run(name)
        return self._made[name]

    @property
    def modules(self) -> list[types.ModuleType]:
        """Those that were asked for, or that others import."""
        return list(self._made.values())

    def _run(self, name: str) -> types.ModuleType:
        """A module of its text, which gets recorded values in place of autograd's."""
        made = types.ModuleType(f"microgpt.tracing.recorded_{name}")
        replaced = {
            "__import__": self._import,
            "max": largest,
            "min": smallest,
            "sum": summed,
            "print": _unsaid,
            _ITEM: self._item,
        }
        known = vars(made)["__builtins__"] = vars(builtins) | replaced
        sys.modules[made.__name__] = made  # where dataclasses look for their own module
        text, file = self._texts[f"{name}.py"], f"{self._folder}/{name}.py"
        tree = ast.fix_missing_locations(_Items().visit(ast.parse(text, file)))
        exec(compile(tree, file, "exec"), vars(made))  # noqa: S102
        known["print"] = _not_once
        return made

    def _item(self, of: Any, at: Any) -> Any:
        """In place of of[at]: a token is looked up in a list without being a number."""
        return self._recorder.picked(of, at) if _is_looked_up(of, at) else of[at]

    def _import(
        self,
        name: str,
        space: Any = None,
        names: Any = None,
        wanted: Sequence[str] = (),
        level: int = 0,
    ) -> Any:
        """In place of `import`."""
        known = name.removeprefix(_GPT)
        if name.startswith(_GPT) and known in _RECORDED and wanted:
            return self.module(known)
        if name == "math":
            return _MATH
        return builtins.__import__(name, space, names, wanted, level)

    def _autograd(self) -> types.ModuleType:
        """Values with the operations that are known, and with those that are new."""
        known, now = (functions(each["autograd.py"]) for each in (originals(), self._texts))
        new = [name for name, code in now.items() if known.get(name) != code]
        if gone := [name for name in _FIXED if name in new or name not in now]:
            raise TraceError(f"{gone[0]} of autograd.py is another one")
        value = self._recorder.Value
        if not new:
            made = types.ModuleType("microgpt.tracing.recorded_autograd")
            vars(made).update(Value=value, dot=dot, total=total)
            return made
        made = self._run("autograd")
        methods = vars(made.Value)
        for name in new:
            owner, _, method = name.rpartition(".")
            if owner == "Value":
                setattr(value, method, methods[method])
        made.Value = value  # type: ignore[attr-defined]
        for name, recorded in (("dot", dot), ("total", total)):
            if name not in new:
                setattr(made, name, recorded)
        return made


_ITEM = "__item__"


class _Items(ast.NodeTransformer):
    """Makes a call of what reads an item."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """See `Loader._item`."""
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Load) and not isinstance(node.slice, ast.Slice | ast.Tuple):
            name = ast.Name(_ITEM, ast.Load())
            return ast.copy_location(ast.Call(name, [node.value, node.slice], []), node)
        return node


def _is_looked_up(of: object, at: object) -> bool:
    return isinstance(at, Token) and isinstance(of, list | tuple) and not isinstance(of, LookUp)


def is_as_ever(texts: Mapping[str, str], file: str, *names: str) -> bool:
    """Whether functions say what they always said, and nothing else takes their names."""
    known, now = (functions(each[file]) for each in (originals(), texts))
    others = now[""] if now[""] != known[""] else ""
    return all(known[name] == now.get(name) and f"'{name}'" not in others for name in names)


def functions(text: str) -> dict[str, str]:
    """Of each function of a module, by its name with its class's, what it says; no comments.

    And of what is no function, under "".
    """
    found: dict[str, str] = {"": ""}

    def visit(nodes: Sequence[ast.stmt], owner: str) -> None:
        for node in nodes:
            if isinstance(node, ast.ClassDef):
                visit(node.body, f"{node.name}.")
            elif isinstance(node, ast.FunctionDef):
                found[owner + node.name] = ast.dump(_without_docstring(node))
            elif not isinstance(node, ast.Expr | ast.Import | ast.ImportFrom):
                found[""] += ast.dump(node)

    visit(ast.parse(text).body, "")
    return found


def _without_docstring(node: ast.FunctionDef) -> ast.FunctionDef:
    if ast.get_docstring(node) is not None and len(node.body) > 1:
        node.body = node.body[1:]
    return node


def _unsaid(*_: object, **__: object) -> None:
    """In place of `print` while a module is made, as another one of the same text has said it."""


def _not_once(*_: object, **__: object) -> None:
    """In place of `print` after that: a recording runs at no step."""
    raise error_here("something is printed, which is to be at each step")


# --- math ---------------------------------------------------------------------------------------


def _exp(x: Any) -> Any:
    return x.exp()


def _log(x: Any) -> Any:
    return x.log()


def _sqrt(x: Any) -> Any:
    return x**0.5


def _tanh(x: Any) -> Any:
    return x.tanh()


def _log1p(x: Any) -> Any:
    return (x + 1).log()


def _expm1(x: Any) -> Any:
    return x.exp() - 1


_COMPILED: dict[str, Callable[[Any], Any]] = {
    "exp": _exp,
    "log": _log,
    "sqrt": _sqrt,
    "tanh": _tanh,
    "log1p": _log1p,
    "expm1": _expm1,
    "fabs": abs,
}


def _math_function(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of `math` that also takes what is recorded."""

    def of(*arguments: Any) -> Any:
        if any(isinstance(each, StepNumber) for each in arguments):
            texts = [
                each.text if isinstance(each, StepNumber) else repr(each) for each in arguments
            ]
            return StepNumber(f"math.{name}({', '.join(texts)})")
        if any(isinstance(each, Datum | Recorded) for each in arguments):
            if name not in _COMPILED or len(arguments) > 1:
                raise error_here(f"math.{name} of a value can't be compiled")
            return _COMPILED[name](*arguments)
        return function(*arguments)

    return of


def _recorded_math() -> types.ModuleType:
    made = types.ModuleType("math")
    for name, member in vars(math).items():
        setattr(made, name, _math_function(name, member) if callable(member) else member)
    return made


_MATH = _recorded_math()
