"""What changed code raises, and where: as it is told beside the text."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import microgpt
from microgpt import changed

MODEL = (Path(microgpt.__file__).parent / "gpt" / "model.py").read_text()


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """The package is the original's again when a test is over."""
    modules, finders = dict(sys.modules), list(sys.meta_path)
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "microgpt"]:
        del sys.modules[name]
    sys.modules.update(modules)
    sys.meta_path[:] = finders


def raised(sources: dict[str, str]) -> changed.CodeProblem:
    """What comes of three steps with changed texts."""
    changed.use(sources)
    try:
        session = importlib.import_module("microgpt").Session()
        session.load(b"anna\nbob\n", "names.txt")
        session.start({"n_embd": 8, "n_head": 2, "steps": 3}, "scalar")
        session.advance(1e6)
    except Exception as error:
        return changed.problem(error)
    pytest.fail("nothing was raised")


def line_of(text: str, words: str) -> int:
    return next(i for i, line in enumerate(text.splitlines(), 1) if words in line)


def test_the_last_line_in_changed_text_is_told_whoever_raises() -> None:
    """The scalar's own file isn't changed here: the mistake is where it was called."""
    text = MODEL.replace(".relu()", ".relu() ** 'two'")
    problem = raised({"model.py": text})
    assert (problem["file"], problem["line"]) == ("model.py", line_of(text, "'two'"))
    assert problem["name"] == "TypeError"
    assert "'two'" in problem["traceback"]  # with the line's own text
    assert "autograd.py" in problem["traceback"]


def test_a_mistake_with_numbers_is_no_divergence() -> None:
    """Which the original can only meet with weights that have grown too large."""
    text = MODEL.replace(".relu()", ".relu() / 0")
    problem = raised({"model.py": text})
    assert (problem["name"], problem["line"]) == ("ZeroDivisionError", line_of(text, "/ 0"))


def test_a_syntax_error_has_its_line() -> None:
    problem = raised({"model.py": "import math\n\nx = = 3\n"})
    assert (problem["file"], problem["line"], problem["name"]) == ("model.py", 3, "SyntaxError")
    assert problem["message"] == "invalid syntax"


def test_an_error_that_was_wrapped_has_the_place_of_its_cause() -> None:
    text = f"{MODEL}\n\ndef fail():\n    raise KeyError('a')\n"
    changed.use({"model.py": text})
    try:
        try:
            importlib.import_module("microgpt.gpt.model").fail()
        except KeyError as error:
            raise RuntimeError("wrapped") from error
    except RuntimeError as error:
        problem = changed.problem(error)
    assert (problem["name"], problem["message"]) == ("RuntimeError", "wrapped")
    assert (problem["file"], problem["line"]) == ("model.py", line_of(text, "KeyError"))


def test_a_name_that_others_need_is_missing_in_its_file() -> None:
    problem = raised({"model.py": MODEL.replace("def weight_shapes", "def shapes")})
    assert "weight_shapes" in problem["message"]
    assert (problem["file"], problem["line"]) == ("model.py", 0)


def test_what_the_settings_cause_is_nobodys_line() -> None:
    changed.use({"model.py": MODEL})
    session = importlib.import_module("microgpt").Session()
    session.load(b"anna\nbob\n", "names.txt")
    with pytest.raises(Exception, match="n_head") as caught:
        session.start({"n_embd": 7}, "scalar")
    problem = changed.problem(caught.value)
    assert (problem["name"], problem["field"]) == ("MicrogptError", "n_head")
    assert (problem["file"], problem["line"]) == ("", 0)


@pytest.mark.parametrize(
    ("code", "words"),
    [("f = lambda: f()\nf()\n", "calls itself"), ("x = [0] * 10**18\n", "not enough memory")],
)
def test_what_python_says_too_briefly_is_said_in_a_sentence(code: str, words: str) -> None:
    problem = raised({"model.py": code})
    assert words in problem["message"]
    assert problem["file"] == "model.py"
    assert len(problem["traceback"]) <= 20_000
