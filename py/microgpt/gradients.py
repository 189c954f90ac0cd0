"""Whether each operation of autograd passes on the right gradient, by differences of its results.

For code that somebody has changed: it may be nonsense, and the answer is then a sentence. Not
about where it comes from, nor about the gradients of a whole model.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from types import FrameType, FunctionType, ModuleType
from typing import Any, Literal, TypedDict

# Where it is tried: neither whole numbers nor near one, where operations like to have corners.
# For what is no Value, as an exponent, numbers that many operations are defined for.
_POINTS = (0.7312, -1.283, 2.117, 0.3183, -0.4187)
_NUMBERS = (2, 3, -1, 0.5, 1)
_STEPS = (1e-3, 1e-5)  # of a difference; the smaller one is for what bends quickly
_TOLERANCE = 1e-6  # relative; differences alone are good to about 1e-11
_MOST = 100_000  # steps of Python's interpreter in one call: more than any operation has
_MOST_ARGUMENTS = 3
_LIST = 3  # Values in a list
_ARITHMETIC = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**"}
_LABELS = (
    {f"__{name}__": f"a {sign} b" for name, sign in _ARITHMETIC.items()}
    | {f"__r{name}__": f"2 {sign} a" for name, sign in _ARITHMETIC.items()}
    | {"__neg__": "-a", "__abs__": "abs(a)"}
)


Verdict = Literal["agrees", "wrong", "unknown"]


class Finding(TypedDict):
    """What is known of an operation.

    Attributes:
        name: of the operation, as "tanh" or "a + b"; "" for the whole file.
        words: the same and more, as a sentence.
    """

    name: str
    verdict: Verdict
    words: str


def check_text(text: str, before: str | None = None) -> list[Finding]:
    """The operations that a text of autograd.py has.

    Args:
        text: of the file.
        before: what it was; then only operations that are new or changed are looked at,
            unless something that they all rest on is changed as well.
    """
    # Not in sys.modules: nobody else is to have it.
    module = ModuleType("microgpt.gpt.autograd")
    try:
        with _harmless():
            exec(compile(text, "autograd.py", "exec"), module.__dict__)  # noqa: S102
    except _TooLongError:
        return [_finding("", "unknown", "autograd.py comes to no end.")]
    except SyntaxError as error:
        place = f", line {error.lineno}" if error.lineno else ""
        return [_finding("", "unknown", f"autograd.py can't be read: {error.msg}{place}.")]
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever somebody's code may raise
        return [_finding("", "unknown", f"autograd.py can't be run: {_said(error)}.")]
    return check(module, None if before is None else _changed(before, text))


def check(module: ModuleType, names: set[str] | None = None) -> list[Finding]:
    """The operations of an autograd module: what of it makes a Value.

    It can end what goes on for ever in Python, and nothing else that does.

    Args:
        module: as `microgpt.gpt.autograd`, maybe changed.
        names: of methods and functions; only these, if not all.
    """
    value = getattr(module, "Value", None)
    if not isinstance(value, type):
        return [_finding("", "unknown", "autograd.py has no class Value.")]
    operations = [
        (_LABELS.get(name, name), operation)
        for name, operation in _operations(module, value)
        if names is None or name in names
    ]
    if names is None:
        operations.append(("backward", _Operation(_used_twice, is_method=False)))
    found = (_Check(name, operation, value).finding() for name, operation in operations)
    return [finding for finding in found if finding]


def _used_twice(a: Any, b: Any) -> Any:
    """Values that more than one other is computed from."""
    c = a * b
    return c * c + c + a


def _operations(module: ModuleType, value: type[Any]) -> Iterator[tuple[str, _Operation]]:
    """What may make a Value, by name: methods, then functions."""
    for name, member in list(vars(value).items()):
        if isinstance(member, FunctionType) and (name in _LABELS or name[0] != "_"):
            yield name, _Operation(member, is_method=True)
    for name, member in list(vars(module).items()):
        own = isinstance(member, FunctionType) and member.__globals__ is vars(module)
        if own and name[0] != "_":
            yield name, _Operation(member, is_method=False)


@dataclass(frozen=True)
class _Operation:
    """A function, of which the first argument is a Value if it is a method."""

    function: Callable[..., Any]
    is_method: bool


@dataclass
class _Trial:
    """An operation at one point.

    Attributes:
        value: the class Value.
        shape: of each argument: "value", "list" (of values) or "number".
        points: for the Values, in their order.
        number: for arguments that are none.
    """

    operation: _Operation
    value: type[Any]
    shape: Sequence[str]
    points: list[float]
    number: float

    def result(self, points: Sequence[float]) -> tuple[Any, Any, list[Any]]:
        """What it makes of numbers, the number in it, and the Values that it was given."""
        with _harmless():
            leaves = [self.value(point) for point in points]
            made = self.operation.function(*self._arguments(leaves))
            return made, getattr(made, "data", None), leaves

    def _arguments(self, leaves: list[Any]) -> Iterator[Any]:
        rest = iter(leaves)
        for kind in self.shape:
            if kind == "number":
                yield self.number
            else:
                yield next(rest) if kind == "value" else list(islice(rest, _LIST))

    def number_at(self, points: Sequence[float]) -> float:
        """What it makes of numbers, as a number.

        Raises:
            ArithmeticError: it isn't one, or isn't finite.
        """
        data = self.result(points)[1]
        if not isinstance(data, int | float) or not math.isfinite(data):
            raise ArithmeticError("not a finite number")
        return data

    def gradients(self) -> list[float]:
        """What it passes on to each Value."""
        made, _, leaves = self.result(self.points)
        with _harmless():
            made.backward()
            return [float(leaf.grad) for leaf in leaves]

    def difference(self, index: int, step: float) -> float:
        """The same for one Value, by a central difference whose error goes with step⁴."""

        def at(steps: int) -> float:
            moved = list(self.points)
            moved[index] += steps * step
            return self.number_at(moved)

        return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step)


class _Check:
    """One operation, tried at all points."""

    def __init__(self, name: str, operation: _Operation, value: type[Any]) -> None:
        self._name = name
        self._operation = operation
        self._value = value
        self._digits = 16.0
        self._points = 0

    def finding(self) -> Finding | None:
        """What is known of it; nothing if it is no operation."""
        try:
            shape = self._shape()
            if shape is None:
                return None
            for index, number in enumerate(_NUMBERS):
                if wrong := self._tried(self._trial(shape, index, number)):
                    return self._said("wrong", f"wrong: {wrong}")
        except _TooLongError:
            return self._said("unknown", "not checked: it comes to no end")
        except _UnknownError as error:
            return self._said("unknown", f"not checked: {error}")
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever somebody's code may raise
            return self._said("unknown", f"not checked: {_said(error)}")
        if not self._points:
            return self._said("unknown", "not checked: it gave no number wherever it was tried")
        return self._said("agrees", f"gradient agrees to {math.floor(self._digits)} digits")

    def _said(self, verdict: Verdict, words: str) -> Finding:
        return _finding(self._name, verdict, f"{self._name}: {words}")

    def _trial(self, shape: Sequence[str], index: int, number: float) -> _Trial:
        count = sum({"value": 1, "list": _LIST, "number": 0}[kind] for kind in shape)
        # Values of one call aren't alike, also where there are more of them than points.
        points = [_POINTS[(index + i) % len(_POINTS)] + 0.01 * i for i in range(count)]
        return _Trial(self._operation, self._value, shape, points, number)

    def _shape(self) -> Sequence[str] | None:
        """The first arguments with which it makes a Value, if there are any."""
        own, others = self._arguments()
        refused: BaseException | None = None
        gives_other_things = False  # then it isn't meant to be an operation
        for rest in product(("value", "list", "number"), repeat=others):
            for index, number in enumerate(_NUMBERS):
                trial = self._trial((*own, *rest), index, number)
                try:
                    made, data, _ = trial.result(trial.points)
                except Exception as error:
                    refused = refused or error
                    continue
                if not isinstance(made, self._value):
                    gives_other_things = True
                elif isinstance(data, int | float | complex):
                    return trial.shape
                else:
                    refused = refused or TypeError("what it makes holds no number")
        if refused and not gives_other_things:
            raise _UnknownError(_said(refused))
        return None

    def _arguments(self) -> tuple[tuple[str, ...], int]:
        """What is sure of the arguments, and how many more it must be given."""
        own = ("value",) if self._operation.is_method else ()
        parameters = list(inspect.signature(self._operation.function).parameters.values())
        needed = [p for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD][
            len(own) :
        ]
        if any(p.kind is p.KEYWORD_ONLY for p in needed) or len(needed) > _MOST_ARGUMENTS:
            raise _UnknownError("it isn't clear what to call it with")
        return own, len(needed)

    def _tried(self, trial: _Trial) -> str:
        """What is wrong at one point, if anything is."""
        try:
            here = trial.number_at(trial.points)
            if trial.number_at(trial.points) != here:
                raise _UnknownError("it gives another number each time")
            differences = [
                [trial.difference(index, step) for step in _STEPS]
                for index in range(len(trial.points))
            ]
        except (ArithmeticError, ValueError):
            return ""  # it isn't defined here, or only just
        self._points += 1
        try:
            gradients = trial.gradients()
        except Exception as error:
            return f"{_at(trial.points)} there is no gradient: {_said(error)}"
        for index, gradient in enumerate(gradients):
            nearest = min(differences[index], key=lambda each: abs(each - gradient))
            if wrong := self._compared(gradient, nearest, here):
                which = f", for number {index + 1}," if len(gradients) > 1 else ""
                return f"{_at(trial.points)}{which} {wrong}"
        return ""

    def _compared(self, gradient: float, difference: float, here: float) -> str:
        size = max(abs(gradient), abs(difference), 1e-6 * abs(here), 1e-9)
        error = abs(gradient - difference) / size
        if not error <= _TOLERANCE:  # nor NaN
            return f"it passes on {gradient:.6g}, and differences give {difference:.6g}"
        if error:
            self._digits = min(self._digits, -math.log10(error))
        return ""


def _at(points: Sequence[float]) -> str:
    more = ", …" if len(points) > 3 else ""
    return f"at {', '.join(f'{point:g}' for point in points[:3])}{more}"


def _finding(name: str, verdict: Verdict, words: str) -> Finding:
    return {"name": name, "verdict": verdict, "words": words}


def _said(error: BaseException) -> str:
    """An error in one line."""
    lines = str(error).split("\n")
    return f"{type(error).__name__}: {lines[0][:200]}" if lines[0] else type(error).__name__


# --- what is changed -----------------------------------------------------------------------


def _changed(before: str, after: str) -> set[str] | None:
    """The names of methods and functions that are new or changed; None for all."""
    try:
        old, new = _parts(before), _parts(after)
    except SyntaxError:
        return None  # that is found out elsewhere
    names = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    rests_on = {
        name
        for name in names
        if name in ("", "backward")
        # What is new is used only by what is new or changed.
        or (name in old and name.startswith("_") and name not in _LABELS)
    }
    return None if rests_on else names


def _parts(text: str) -> dict[str, str]:
    """The code of each function and method, and under "" of all else but imports."""
    parts = {"": ""}

    def take(body: Sequence[ast.stmt]) -> None:
        for node in body:
            match node:
                case ast.FunctionDef():
                    code = node.body[1:] if ast.get_docstring(node) else node.body
                    heading = [node.args, *node.decorator_list]
                    parts[node.name] = " ".join(map(ast.dump, [*heading, *code]))
                case ast.ClassDef():
                    parts[""] += " ".join(map(ast.dump, [*node.bases, *node.decorator_list]))
                    take(node.body)
                case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
                    pass
                case _:
                    parts[""] += ast.dump(node)

    take(ast.parse(text).body)
    return parts


# --- somebody's code -----------------------------------------------------------------------


class _UnknownError(Exception):
    """It can't be checked; the message says why."""


class _TooLongError(BaseException):
    """No `except Exception` of the code that it ends keeps it."""


@contextlib.contextmanager
def _harmless() -> Iterator[None]:
    """Ends what takes too many steps; prints nothing, and waits for nobody."""
    steps = 0

    def count(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal steps
        del event, argument
        frame.f_trace_opcodes = True  # a loop can be all in one line, which is one step then
        steps += 1
        if steps > _MOST:
            raise _TooLongError
        return count

    before, stdin = sys.gettrace(), sys.stdin
    sys.stdin = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()):
        sys.settrace(count)
        try:
            yield
        finally:
            sys.settrace(before)
            sys.stdin = stdin
