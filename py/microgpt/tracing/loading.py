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
    Recorded,
    Recorder,
    StepNumber,
    TraceError,
    dot,
    error_here,
    largest,
    smallest,
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

    def _run(self, name: str) -> types.ModuleType:
        """A module of its text, which gets recorded values in place of autograd's."""
        made = types.ModuleType(f"microgpt.tracing.recorded_{name}")
        replaced = {"__import__": self._import, "max": largest, "min": smallest, "print": _unsaid}
        known = vars(made)["__builtins__"] = vars(builtins) | replaced
        sys.modules[made.__name__] = made  # where dataclasses look for their own module
        text, file = self._texts[f"{name}.py"], f"{self._folder}/{name}.py"
        exec(compile(text, file, "exec"), vars(made))  # noqa: S102
        known["print"] = _not_once
        return made

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


_COMPILED: dict[str, Callable[[Any], Any]] = {
    "exp": _exp,
    "log": _log,
    "sqrt": _sqrt,
    "tanh": _tanh,
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
