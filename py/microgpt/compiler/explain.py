"""What became of a kernel: its source, then each function that was made of it, and their sizes.

Knows no kernel: it explains any program in the intermediate form.
"""

from __future__ import annotations

import ast
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from microgpt.compiler import instructions as ir
from microgpt.compiler.listing import listing
from microgpt.compiler.targets import wasm

_LEGEND = """\
&x is an address in the array x, and f64x2[&x + 16] is two 64-bit floats, 16 bytes after it.
What depends on nothing but sizes has been computed already."""


def kernel_names(program: ir.Program) -> list[str]:
    """The program's kernels, in the order in which they are met."""
    return list(dict.fromkeys(function.name for function in program.functions))


def summary(program: ir.Program) -> str:
    """A table of the program's kernels: what was made of each, and what it says it does."""
    rows = [("kernel", "functions", "instructions", "bytes", "")]
    for name in kernel_names(program):
        made = [function for function in program.functions if function.name == name]
        instructions = sum(map(instruction_count, made))
        size = sum(map(wasm.size, made))
        documentation = ast.get_docstring(_definition(made[0])) or ""
        first = textwrap.shorten(documentation.partition("\n")[0], 70, placeholder=" …")
        rows.append((name, str(len(made)), f"{instructions:,}", f"{size:,}", first))
    width = max(len(row[0]) for row in rows)
    return "\n".join(
        f"{name:{width}}  {count:>9}  {instructions:>12}  {size:>6}  {first}".rstrip()
        for name, count, instructions, size, first in rows
    )


def explain(program: ir.Program, kernel: str) -> str:
    """A kernel's Python, and all functions that were made of it.

    Args:
        program: in the intermediate form.
        kernel: one of `kernel_names`.
    """
    names = _function_names(program)
    made = [(i, f) for i, f in enumerate(program.functions) if f.name == kernel]
    source, lines = _source(made[0][1])
    parts = [source, _introduction(kernel, len(made))]
    for index, function in made:
        heading = f"── {names[index]} {_constants(function)}".rstrip() + " "
        parts.append(f"{heading:─<80}\n{_size(function)}\n\n{listing(function, names, lines)}")
    return "\n\n".join(parts)


def instruction_count(function: ir.Function) -> int:
    """All that is done; to read a local or a constant is free."""
    return sum(1 for _ in _instructions(function.body))


def _introduction(kernel: str, count: int) -> str:
    made = f"There is one function made of {kernel}."
    if count > 1:
        made = f"There are {count} functions made of {kernel}, each for other sizes or types."
    return f"{made}\n{_LEGEND}"


def _function_names(program: ir.Program) -> list[str]:
    """By index; numbered where several functions stem from one kernel."""
    often = Counter(function.name for function in program.functions)
    seen: Counter[str] = Counter()
    names = []
    for function in program.functions:
        name = function.name
        seen[name] += 1
        names.append(f"{name}.{seen[name]}" if often[name] > 1 else name)
    return names


def _constants(function: ir.Function) -> str:
    """The values that the function is made for; objects by their class alone."""
    shown = [
        f"{name} = {value if isinstance(value, int) else type(value).__name__ + '(…)'}"
        for name, value in function.constants.items()
    ]
    return f"for {', '.join(shown)}" if shown else ""


def _size(function: ir.Function) -> str:
    return (
        f"{instruction_count(function):,} instructions, {len(function.locals):,} locals, "
        f"{wasm.size(function):,} bytes of WebAssembly"
    )


# Source


def _definition(function: ir.Function) -> ast.FunctionDef:
    tree = ast.parse(Path(function.file).read_text(encoding="utf-8"))
    return next(
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.lineno == function.line
    )


def _source(function: ir.Function) -> tuple[str, dict[int, str]]:
    """A kernel's source, and each of its statements on one line, by the number of that line."""
    lines = Path(function.file).read_text(encoding="utf-8").splitlines()
    definition = _definition(function)
    statements = {}
    for node in ast.walk(definition):
        if isinstance(node, ast.stmt) and node is not definition:
            inside = getattr(node, "body", None)
            last = inside[0].lineno - 1 if inside else node.end_lineno
            text = " ".join(line.strip() for line in lines[node.lineno - 1 : last])
            statements[node.lineno] = textwrap.shorten(text, 90, placeholder=" …")
    return "\n".join(lines[definition.lineno - 1 : definition.end_lineno]), statements


# Counting


def _instructions(statements: list[ir.Statement]) -> Iterator[ir.Statement | ir.Expression]:
    for statement in statements:
        match statement:
            case ir.Line():
                continue
            case ir.Set(_, value) | ir.Store(_, _, value):
                yield from _computed(value)
            case ir.Return(value):
                if value is not None:
                    yield from _computed(value)
            case ir.Repeat(body, test) | ir.Unless(test, body):
                yield from _computed(test)
                yield from _instructions(body)
            case ir.If(test, then, other):
                yield from _computed(test)
                yield from _instructions(then)
                yield from _instructions(other)
            case ir.Do(call):
                yield from _computed(call)
                continue
        yield statement


def _computed(value: ir.Expression) -> Iterator[ir.Expression]:
    match value:
        case ir.Local() | ir.Constant():
            return
        case ir.Operation(_, _, operands):
            for operand in operands:
                yield from _computed(operand)
        case ir.Lane(_, vector):
            yield from _computed(vector)
        case ir.Call(_, _, arguments):
            for argument in arguments:
                yield from _computed(argument)
    yield value
