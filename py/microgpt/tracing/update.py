"""The optimizer's update of one parameter, recorded, and as a kernel.

Two parameters tell what is done with all, unless it goes by their number: then each of them is
recorded, and neighbours with the same update share a loop. What depends on the step alone (a
learning rate, a correction) stays Python: it is computed for each step by the very expressions
of the optimizer's code. Not about the gradient itself: see `algorithm`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.tracing.loading import Loader
from microgpt.tracing.recording import (
    CONSTANT,
    STEP,
    VALUE,
    Datum,
    IrregularError,
    Operation,
    Recorder,
    Recording,
    StepNumber,
    TraceError,
)
from microgpt.tracing.writing import HEADER, computed, power

_APART = 1 << 20  # from the addresses of one of a parameter's numbers to those of the next
_NUMBERS = ("weights", "gradients", "means", "squares")
_STATE = {"m": 2, "v": 3}  # which of these an optimizer's list is
_MOST = 200  # operations
_MOST_RANGES = 16  # of parameters
_MOST_PARAMETERS = 100_000  # of which each is recorded: some seconds


@dataclass(frozen=True)
class Places:
    """Where everything lies in the memory, in floats.

    Attributes:
        numbers: weights, gradients and the two means.
        step: what each step has anew; `width` of them a step.
        tiny: of the settings: see `kernels.adam.adam_update`.
    """

    numbers: tuple[int, int, int, int]
    step: int
    width: int
    tiny: int


@dataclass(frozen=True)
class Update:
    """An update, recorded.

    Attributes:
        ranges: of parameters, where each ends, and the lines of the loop over them, with names
            for what is read and written.
        width: how many step numbers there are.
        step_numbers: of n steps that have been done, what the next one has anew.
    """

    ranges: list[tuple[int, list[str]]]
    width: int
    step_numbers: Callable[[int], tuple[float, ...]]

    def source(self, places: Places) -> str:
        """The module's text, with a kernel `adam` as `kernels.adam` has one."""
        reads = [
            f"{name} = memory[{first} + i]"
            for name, first in zip(_NUMBERS, places.numbers, strict=True)
        ]
        steps = [
            f"step_{k} = memory[{places.step} + step * {places.width} + {k}]"
            for k in range(self.width)
        ]
        writes = [
            f"memory[{first} + i] = {text}"
            for first, text in zip(
                places.numbers,
                (
                    "new_weights",
                    "new_gradients",
                    # As in `kernels.adam`: what has almost decayed becomes 0.
                    "(new_means + tiny) - tiny",
                    "(new_squares + tiny) - tiny",
                ),
                strict=True,
            )
        ]
        begins = [0, *(end for end, _ in self.ranges)]
        loops = []
        for begin, (end, lines) in zip(begins, self.ranges, strict=False):
            kind = "range" if any("log(" in line for line in lines) else "lanes"
            body = [*reads, *lines, *writes]
            loops += [f"for i in {kind}({begin}, {end}):", *[f"    {line}" for line in body]]
        return "\n".join(
            [
                HEADER,
                "def adam(step: int, memory: Floats, layout: Layout) -> None:",
                f"    tiny = memory[{places.tiny}]",
                *[f"    {line}" for line in steps],
                *[f"    {line}" for line in loops],
                "",
            ]
        )


class _Parameter:
    """In place of a weight: its number and its gradient."""

    __slots__ = ("data", "grad")

    def __init__(self, data: Datum, grad: Datum) -> None:
        self.data: Any = data
        self.grad: Any = grad


def record_update(
    texts: Mapping[str, str], folder: str, h: Hyperparameters, count: int, every: bool = False
) -> Update:
    """What an optimizer, Adam or a changed one, does with each parameter.

    Args:
        texts: of the files of gpt/, by name.
        folder: where they are said to be, in messages.
        h: of the model.
        count: of parameters.
        every: record what is done with each of them, and not only with two.

    Raises:
        TraceError: it can't be recorded; the message says why.
        IrregularError: the same, and with every parameter it may be possible.
    """
    if every and count > _MOST_PARAMETERS:
        raise TraceError("not every parameter is updated in the same way, and they are many")
    recorder = Recorder()
    loader = Loader(texts, folder, recorder)
    optimizer_class = loader.module("optimizer").Adam
    recorder.now = recording = Recording(0)
    recorded = range(count if every else 2)
    parameters = [
        _Parameter(*(recorder.Datum.at(number * _APART + i) for number in (0, 1))) for i in recorded
    ]
    optimizer = optimizer_class(parameters, h)
    _begin(optimizer, recorder, len(recorded))
    before = _state(optimizer, loader)
    optimizer.step()
    if optimizer.steps_done != StepNumber("(n + 1)"):
        raise TraceError("the optimizer counts its steps otherwise")
    for name, member in _state(optimizer, loader).items():
        if before.get(name) != member:
            raise TraceError(f"the optimizer keeps {name} from step to step, beside m and v")
    if any(type(each.grad) not in (int, float) or each.grad for each in parameters):
        raise TraceError("the optimizer keeps gradients from step to step")
    if len(recording.operations) > _MOST * len(recorded):
        raise TraceError("the update of a parameter is too long")
    ranges: list[tuple[int, list[str]]] = []
    for i in recorded:
        lines = _lines(parameters, optimizer, recording, recorder, i)
        if ranges and ranges[-1][1] == lines:
            ranges.pop()
        ranges.append((i + 1, lines))
        if len(ranges) > (_MOST_RANGES if every else 1):
            raise IrregularError("not every parameter is updated in the same way")
    ranges[-1] = count, ranges[-1][1]
    texts_of_step = [number.text for number in recorder.step_numbers]
    return Update(ranges, len(texts_of_step), _step_numbers(texts_of_step))


def _begin(optimizer: Any, recorder: Recorder, count: int) -> None:
    """Let what an optimizer keeps be recorded."""
    for name, number in _STATE.items():
        if hasattr(optimizer, name):
            if any(getattr(optimizer, name)):
                raise TraceError(f"the optimizer's {name} doesn't begin at 0")
            kept = [recorder.Datum.at(number * _APART + i) for i in range(count)]
            setattr(optimizer, name, kept)
    optimizer.steps_done = StepNumber("n")


def _state(optimizer: Any, loader: Loader) -> dict[str, str]:
    """What an optimizer and its module have that a step can change, as it is now."""
    found = {}
    for thing in (optimizer, *loader.modules):
        for name, member in vars(thing).items():
            if name not in (*_STATE, "steps_done", "parameters", "__builtins__"):
                found[name] = _kept(member)
    return found


def _kept(member: object) -> str:
    """What an attribute says; of what is recorded, which object it is."""
    if isinstance(member, dict):
        return " ".join(map(_kept, member.items()))
    if isinstance(member, list | tuple):
        return " ".join(map(_kept, member))
    return str(id(member)) if isinstance(member, Datum) else repr(member)


def _lines(
    parameters: list[_Parameter], optimizer: Any, recording: Recording, recorder: Recorder, i: int
) -> list[str]:
    """The update of parameter i."""
    unchanged = [0.0, 0.0]
    after = [
        parameters[i].data,
        parameters[i].grad,
        *(getattr(optimizer, name, unchanged)[i] for name in _STATE),
    ]
    writer = _Writer(recording, recorder, i)
    return [
        line
        for name, number in zip(_NUMBERS, after, strict=True)
        for line in writer.assigned(f"new_{name}", number)
    ]


class _Writer:
    """Writes what one parameter's numbers become."""

    def __init__(self, recording: Recording, recorder: Recorder, parameter: int) -> None:
        self._operations = recording.operations
        self._constants = recorder.constants
        self._parameter = parameter
        self._names: dict[int, str] = {}
        self._lines: list[str] = []

    def assigned(self, name: str, number: Any) -> list[str]:
        """The lines that compute a number and give it a name."""
        self._lines = []
        if isinstance(number, Datum):
            text = self._named(number.address)
        elif isinstance(number, int | float):
            text = repr(float(number))
        else:
            raise TraceError("the optimizer makes something other than a number of a parameter")
        return [*self._lines, f"{name} = {text}"]

    def _named(self, address: int) -> str:
        """A number's name, after the lines that compute it."""
        if address >= STEP:
            return f"step_{address - STEP}"
        if address >= CONSTANT:
            return repr(self._constants[address - CONSTANT])
        if address < VALUE:
            number, parameter = divmod(address, _APART)
            if parameter != self._parameter:
                raise TraceError("the update of one parameter depends on others")
            return _NUMBERS[number]
        if address not in self._names:
            text = self._text(self._operations[address - VALUE])
            self._names[address] = name = f"x{len(self._names)}"
            self._lines.append(f"{name} = {text}")
        return self._names[address]

    def _text(self, operation: Operation) -> str:
        left = [self._named(address) for address in operation.left]
        right = [self._named(address) for address in operation.right]
        match operation.kind:
            case "power":
                return power(left[0], operation.number)
            case "max":
                return _largest(left)
            case "sum":
                return " + ".join(left)
        number = repr(operation.number)
        return computed(operation.kind, left[0], right[0] if right else "", number)


def _largest(names: list[str]) -> str:
    first, *others = names
    return f"max({first}, {_largest(others)})" if others else first


def _step_numbers(texts: list[str]) -> Callable[[int], tuple[float, ...]]:
    """Their text is made of numbers, n, arithmetic and functions of math: nobody else wrote it."""
    body = "".join(f"float({text}), " for text in texts)
    made = eval(f"lambda n: ({body})", {"math": math})  # noqa: S307
    return cast("Callable[[int], tuple[float, ...]]", made)
