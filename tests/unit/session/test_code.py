"""The algorithm's text for the view Code, and what Python's compiler says of a changed one."""

from __future__ import annotations

from pathlib import Path

import pytest

from microgpt import changed, gpt
from microgpt.session.code import DEEPEST, check_source, lines_of_code, sources

FOLDER = Path(gpt.__file__).parent


def test_all_of_the_algorithm_is_there_and_passes() -> None:
    files = sources()
    assert {file["name"] for file in files} == {
        path.name for path in FOLDER.glob("*.py") if path.name != "__init__.py"
    }
    for file in files:
        assert file["text"] == (FOLDER / file["name"]).read_text()
        assert file["text"].startswith(f'"""{file["about"]}')
        assert file["about"].endswith(".")
        assert 0 < file["lines"] < len(file["text"].splitlines())
        assert check_source(file["name"], file["text"]) is None
        # What the page marks, `changed` takes.
        assert changed._Finder({file["name"]: file["text"]}, "").find_spec(
            f"microgpt.gpt.{file['name'].removesuffix('.py')}"
        )
    assert sum(file["lines"] for file in files) <= 450


def test_lines_of_code_are_what_is_run() -> None:
    text = '''"""About.

More."""

# why
import math  # what


def double(x):
    """Twice."""
    return (
        # in between
        2 * x
    )
'''
    assert lines_of_code(text) == 5


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("x = 1\ny = (\n", 2, 5, "'(' was never closed."),
        ("é = 1\nif é\n", 2, 5, "Expected ':'."),
        ("def f():\npass\n", 2, 1, "Expected an indented block"),
        ("  x = 1\n", 1, None, "Unexpected indent."),  # versions differ on the column
        ("return 1\n", 1, 1, "'return' outside function."),  # not seen by the parser alone
        ("x = 1\nx = '🙂' 1\n", 2, 9, "Invalid syntax"),
        ("x = '\ud800'\n", 1, 0, "half a character"),
        ("ok = 1\nx = '\ud800'\n", 2, 0, "half a character"),
        ("a\0b", 1, 0, "null bytes"),
    ],
)
def test_a_problem_has_its_place(text: str, line: int, column: int | None, words: str) -> None:
    problem = check_source("model.py", text)
    assert problem is not None
    assert problem["line"] == line
    assert column in (None, problem["column"])
    assert words in problem["message"]


def test_nothing_is_run_and_nothing_is_inherited(capfd: pytest.CaptureFixture[str]) -> None:
    hostile = "import os\nos._exit(1)\nprint('run')\nraise SystemExit\n"
    assert check_source("model.py", hostile) is None
    assert check_source("model.py", "x = '\\d' is 1\nassert (1, 2)\n") is None  # only warnings
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "text",
    [
        "x" + ".b" * 100_000,
        "+".join(["x"] * 100_000),
        "not " * 100_000 + "x",
        "x" + "()" * 100_000,
        "x" + "[0]" * 100_000,
        "1 if 1 else " * 100_000 + "1",
        "x = " + "lambda: " * 100_000 + "1",
        "[" * 100_000,
        "if 1:\n pass\n" + "elif 1:\n pass\n" * 100_000,
        "x = [\n" + "1,\n" * 5000 + "-".join("x" * 100_000) + "]",
        "f(x, y)" + ".f(x, y)" * 100_000,
        "x = [0 " + "for a, in b " * 10_000 + "]",  # a comma ends neither of these
        "x = " + "lambda a, b: " * 10_000 + "0",
        "def f():\n" + "".join(f" a{i} = lambda: a{i}\n" for i in range(10_000)),
        f"def f[{', '.join(f'T{i}: int' for i in range(10_000))}](): pass\n",
    ],
)
def test_what_would_end_python_in_a_browser_is_refused(text: str) -> None:
    problem = check_source("model.py", text)
    assert problem is not None
    assert "too" in problem["message"]


def test_what_is_long_and_not_deep_is_fine() -> None:
    rows = ",\n".join("[-1, f(x, y), 'a' + 'b']" for _ in range(5000))
    assert check_source("model.py", f"table = [\n{rows}]\n" + "x = 1\n" * 5000) is None
    assert check_source("model.py", "x = " + "+".join("x" * (DEEPEST // 2 - 10))) is None
