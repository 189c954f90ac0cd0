"""The built-in examples as a visitor has them: text, settings, one press of Train.

What can be told right from wrong has a check here. Not about how many must pass:
see tests/unit/web/test_examples.py, and tests/bench/examples.py for the figures.
"""

from __future__ import annotations

import ast
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from microgpt import Session
from microgpt.session.drawing import MAX_SAMPLES
from microgpt.session.reports import Sample

EXAMPLES = Path(__file__).parents[1] / "web" / "examples"


def index() -> list[dict[str, Any]]:
    """What web/examples/index.json says of each."""
    found: list[dict[str, Any]] = json.loads((EXAMPLES / "index.json").read_text("utf-8"))
    return found


def lines(file: str) -> list[str]:
    """The lines of an example."""
    return (EXAMPLES / file).read_text("utf-8").splitlines()


@dataclass
class Trained:
    """What one press of Train gives.

    Attributes:
        seconds: that it took.
        loss: nats, mean of the last tenth of the steps.
        holdout_loss: nats; NaN where nothing was held out.
        samples: 1,000, at the example's temperature.
    """

    seconds: float
    loss: float
    holdout_loss: float
    samples: list[Sample]

    def share(self, test: Callable[[Sample], bool]) -> float:
        """Of the samples."""
        return sum(map(test, self.samples)) / len(self.samples)


def train(example: Mapping[str, Any], seed: int) -> Trained:
    """Train an example with its own settings and draw from it."""
    session = Session()
    session.load((EXAMPLES / example["file"]).read_bytes(), example["title"])
    settings = example["settings"]
    session.start({**settings["hyperparameters"], "seed": seed}, settings["engine"])
    begin = time.perf_counter()
    losses = session.advance(1e9)["losses"]
    seconds = time.perf_counter() - begin
    last = losses[-len(losses) // 10 :]
    learning = session.learning(1e9)
    return Trained(
        seconds=seconds,
        loss=sum(last) / len(last),
        holdout_loss=learning["holdout"][-1] if learning["documents"] else float("nan"),
        samples=list(session.sample(MAX_SAMPLES, example["temperature"])),
    )


# --- right and wrong ---


def is_sum(text: str) -> bool:
    """Whether it adds up, its result read backwards."""
    parts = re.fullmatch(r"(\d+)\+(\d+)=(\d+)", text)
    return parts is not None and int(parts[1]) + int(parts[2]) == int(parts[3][::-1])


def is_statement(text: str) -> bool:
    """Whether it is one statement of the small language, as Python's own parser reads it."""
    try:
        (statement,) = ast.parse(text.removeprefix("let ")).body
    except (SyntaxError, ValueError):
        return False
    match statement:
        case ast.Assign():
            return text.startswith("let ") and _is_assignment(statement)
        case ast.Expr(ast.Call(ast.Name("print"), [value], [])):
            return text.startswith("print(") and _is_expression(value)
        case ast.If(ast.Compare(ast.Name(), [_], [ast.Constant()]), [then], []):
            return text.startswith("if ") and _is_assignment(then)
        case ast.While(ast.Compare(ast.Name(), [_], [ast.Constant()]), [then], []):
            return text.startswith("while ") and _is_assignment(then)
    return False


def _is_assignment(statement: ast.stmt) -> bool:
    match statement:
        case ast.Assign([ast.Name()], value):
            return _is_expression(value)
    return False


def _is_expression(node: ast.expr) -> bool:
    match node:
        case ast.BinOp(left, ast.Add() | ast.Sub() | ast.Mult(), right):
            return _is_expression(left) and _is_expression(right)
        case ast.Name(name):
            return len(name) == 1
        case ast.Constant(int()):
            return True
    return False


def one_of(file: str) -> Callable[[str], bool]:
    """Whether it is a line of a text that has all that there are."""
    return frozenset(lines(file)).__contains__


def has_words_of(file: str) -> Callable[[str], bool]:
    """Whether at least three words in four are words of the text."""
    known = {word for line in lines(file) for word in re.findall(r"[a-z']+", line)}

    def most(text: str) -> bool:
        words = re.findall(r"[a-z']+", text)
        return 4 * sum(word in known for word in words) >= 3 * len(words)

    return most


CHECKS: Mapping[str, Callable[[str], bool]] = {
    "sonnets.txt": has_words_of("sonnets.txt"),
    "roman-numerals.txt": one_of("roman-numerals.txt"),
    "number-words.txt": one_of("number-words.txt"),
    "sums.txt": is_sum,
    "statements.txt": is_statement,
}
