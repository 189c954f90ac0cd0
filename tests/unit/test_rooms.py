"""The package's rooms: which may know of which, and that the algorithm stays small."""

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import microgpt

PACKAGE = Path(microgpt.__file__).parent

# Each room, and what it may import besides itself and the standard library.
MAY_KNOW = {
    "errors": set(),
    "gpt": set(),
    "compiler": set(),
    "changed": set(),
    "changes": {"errors"},
    "gradients": set(),
    "means": set(),
    "weights": {"gpt"},
    "settings": {"errors", "gpt"},
    "texts": {"errors", "gpt"},
    "kernels": {"compiler", "gpt", "weights"},
    "tracing": {"changes", "gpt", "weights"},
    "engines": {"changed", "changes", "compiler", "errors", "gpt", "kernels", "tracing", "weights"},
    "run": {"engines", "errors", "gpt", "texts"},
    "sharing": {
        "changed",
        "changes",
        "engines",
        "errors",
        "gpt",
        "means",
        "run",
        "settings",
        "texts",
        "weights",
    },
    "inside": {"engines", "errors", "gpt", "means", "run", "weights"},
    "session": {
        "changed",
        "engines",
        "errors",
        "gpt",
        "inside",
        "means",
        "run",
        "settings",
        "sharing",
        "texts",
        "weights",
    },
    "cli": {
        "__init__",
        "changed",
        "compiler",
        "engines",
        "errors",
        "inside",
        "kernels",
        "session",
        "settings",
        "sharing",
        "texts",
    },
    "__init__": {"errors", "session", "sharing"},
    "__main__": {"cli"},
}


def room(path: Path) -> str:
    """The folder at the top, or the module that lies beside the folders."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(tree: ast.Module) -> Iterator[str]:
    """The rooms that a module imports from, wherever in it the import stands."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or node.module is None:
            continue
        package, *below = node.module.split(".")
        if package != "microgpt":
            continue
        if below:
            yield below[0]
            continue
        for name in (alias.name for alias in node.names):
            yield name if name in MAY_KNOW else "__init__"


@pytest.mark.parametrize("name", MAY_KNOW)
def test_a_room_knows_only_what_stands_below_it(name: str) -> None:
    modules = [path for path in PACKAGE.rglob("*.py") if room(path) == name]
    assert modules
    for path in modules:
        known = set(imported(ast.parse(path.read_text()))) - {name}
        assert known <= MAY_KNOW[name], path.name


def test_there_is_no_room_that_is_not_named() -> None:
    assert {room(path) for path in PACKAGE.rglob("*.py")} == set(MAY_KNOW)


def test_the_whole_algorithm_is_at_most_450_lines_of_code() -> None:
    assert sum(map(lines_of_code, (PACKAGE / "gpt").glob("*.py"))) <= 450


def lines_of_code(path: Path) -> int:
    """Without blank lines, comments and docstrings."""
    source = path.read_text()
    silent = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in (*silent, tokenize.ENDMARKER):
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)
