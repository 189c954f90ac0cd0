"""What is told of a kernel: its source, each function made of it, and how large those are."""

import re
from pathlib import Path
from typing import Any

import pytest

from microgpt.compiler import compile_kernels, lower
from microgpt.compiler.explain import explain, instruction_count, kernel_names, summary
from microgpt.compiler.instructions import Program
from microgpt.compiler.language import Floats, Size, lanes


def half(x: float) -> float:
    """One half of it."""
    return x * 0.5


def halve(
    out: Floats,
    count: Size,
) -> None:
    """Halves numbers in place.

    And this stands below.
    """
    for i in lanes(0, count):
        out[i] = half(
            out[i],
        )


def halve_both(out: Floats) -> None:
    halve(out, 2)
    halve(out[8:], 3)


KERNELS: dict[str, Any] = {"run": (halve_both, {}), "half": (half, {})}
HALF = f'''\
def half(x: float) -> float:
    """One half of it."""
    return x * 0.5

There are 2 functions made of half, each for other sizes or types.
&x is an address in the array x, and f64x2[&x + 16] is two 64-bit floats, 16 bytes after it.
What depends on nothing but sizes has been computed already.

── half.1 {"─" * 70}
2 instructions, 0 locals, 17 bytes of WebAssembly

half(x: f64) -> f64:
    # return x * 0.5
    return x * 0.5

── half.2 {"─" * 70}
2 instructions, 0 locals, 28 bytes of WebAssembly

half(x: f64x2) -> f64x2:
    # return x * 0.5
    return x * 0.5'''


@pytest.fixture
def program() -> Program:
    return lower(KERNELS)


def test_a_kernel_with_all_that_was_made_of_it(program: Program) -> None:
    assert explain(program, "half") == HALF


def test_every_size_is_shown_once_with_its_constants(program: Program) -> None:
    text = explain(program, "halve")
    headings = [line.rstrip(" ─") for line in text.splitlines() if line.startswith("──")]
    assert headings == ["── halve.1 for count = 2", "── halve.2 for count = 3"]
    assert "halve(&out: i32):" in text


def test_statements_on_several_lines_are_one_comment(program: Program) -> None:
    assert "# out[i] = half( out[i], )" in explain(program, "halve")


def test_calls_name_the_function_that_they_call(program: Program) -> None:
    calls = re.findall(r"half\.\d\(\w+\.?\d?\)", explain(program, "halve"))
    assert calls == ["half.2(out)", "half.2(out.1)", "half.1(out.2)"]
    assert re.findall(r"halve\.\d", explain(program, "halve_both")) == ["halve.1", "halve.2"]


def test_the_summary_has_every_kernel_with_its_first_line(program: Program) -> None:
    heading, *rows = summary(program).splitlines()
    assert heading.split() == ["kernel", "functions", "instructions", "bytes"]
    assert [row.split()[0] for row in rows] == kernel_names(program)
    assert rows[1].endswith("One half of it.")
    assert rows[2].endswith("Halves numbers in place.")


def test_bytes_are_those_of_the_module() -> None:
    """A module with one more function is larger by that function, and what points at it."""
    small = compile_kernels({"half": (half, {})}, 64)
    both = compile_kernels({"half": (half, {}), "again": (halve, {"count": 2})}, 64)
    told = [
        int(found)
        for name in ("half", "halve")
        for found in re.findall(
            r"(\d+) bytes of", explain(lower({"a": (halve, {"count": 2})}), name)
        )
    ]
    assert len(told) == 2
    assert 0 < len(both) - len(small) - sum(told) < 32


def test_what_is_read_counts_as_nothing(program: Program) -> None:
    by_name = {function.name: function for function in program.functions}
    assert instruction_count(by_name["half"]) == 2
    assert instruction_count(by_name["halve_both"]) == 2 + 1, "two calls, and an address"


def test_the_source_is_the_files(program: Program) -> None:
    text = explain(program, "halve")
    source = text[: text.index("\n\nThere are")]
    assert source in Path(__file__).read_text(encoding="utf-8")
    assert source.startswith("def halve(\n")
    assert source.endswith("        )")
