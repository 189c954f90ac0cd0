"""What Python answers has the same shape in the page's types: every field, and of which type."""

from __future__ import annotations

import re
import types
import typing
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import pytest

from microgpt.changed import CodeProblem
from microgpt.changes import Edit
from microgpt.gradients import Finding
from microgpt.inside import reports as inside_reports
from microgpt.session import reports
from microgpt.session.presets import Preset
from microgpt.settings import Entry
from tools.cards import Card

WEB = Path(__file__).parents[3] / "web"
TYPES = [WEB / folder / "types.d.ts" for folder in ("", "inside", "code")]
SHAPES = [
    *(shape for shape in vars(reports).values() if typing.is_typeddict(shape)),
    *(shape for shape in vars(inside_reports).values() if typing.is_typeddict(shape)),
    CodeProblem,
    Entry,
    Preset,
    Card,
    Edit,
    Finding,
]

T = TypeVar("T")


class Array(Generic[T]):
    """In place of `array.array`, which takes no type in brackets before Python 3.12."""


def interfaces(source: str) -> dict[str, dict[str, str]]:
    """The fields of each interface of a declaration file, with their types as written."""
    source = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    found = re.findall(r"^interface (\w+)(?: extends \w+)? \{\n(.*?)^\}", source, re.M | re.S)
    return {name: dict(re.findall(r"^  (\w+): (.+);$", body, re.M)) for name, body in found}


def written(hint: Any) -> set[str]:
    """A Python type as the parts of a union in TypeScript."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return set().union(*map(written, arguments))
    if origin is Literal:
        return {f'"{value}"' for value in arguments}
    if origin is list:
        (item,) = written(arguments[0])
        return {f"{item}[]"}
    if origin is Array:
        return {"Float64Array"}
    if origin is dict:
        assert arguments[0] is str
        values = {"number", "string"} if arguments[1] is Any else written(arguments[1])
        return {f"Record<string, {' | '.join(sorted(values))}>"}
    names = {int: "number", float: "number", str: "string", bool: "boolean", type(None): "null"}
    names[bytes] = "Uint8Array<ArrayBuffer>"
    return {names.get(hint) or hint.__name__}


def fits(hint: Any, declared: str) -> bool:
    """Whether a declared type is the Python one; for str it can name the very words."""
    parts = set(re.split(r" \| (?![^<]*>)", declared))
    if hint is str and all(re.fullmatch(r'"\w*"', part) for part in parts):
        return True
    return parts == written(hint)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_a_shape_is_the_same_on_both_sides(shape: type) -> None:
    declared = interfaces("".join(path.read_text() for path in TYPES))[shape.__name__]
    hints = typing.get_type_hints(shape, localns={"array": Array, "Edit": Edit})
    assert list(declared) == list(hints)
    for name, hint in hints.items():
        assert fits(hint, declared[name]), f"{name}: {hint} here, {declared[name]} there"


def test_a_difference_is_found() -> None:
    """A field of another type, one side's literal, a null that can't come."""
    assert fits(float | None, "number | null")
    assert not fits(float, "number | null")
    assert not fits(float | None, "number")
    assert fits(str, '"model" | "run"')
    assert not fits(Literal["", "stopped"], '"stopped"')
    assert not fits(bool, "number")
    assert interfaces("interface A {\n  /** b */\n  c: X[];\n}\n") == {"A": {"c": "X[]"}}
