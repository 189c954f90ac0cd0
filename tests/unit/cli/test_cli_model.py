"""`microgpt train --model`: a changed gpt/model.py from a file of one's own."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from command_line import run
from microgpt.engines import host
from microgpt.gpt import model
from runs import NAMES

ORIGINAL = inspect.getsource(model)
GAINS = ORIGINAL.replace(
    "    shapes = {\n", '    shapes = {\n        "gain": (1, width),\n'
).replace(
    'linear(x, weights["lm_head"])',
    'linear([v * (1 + g) for v, g in zip(x, weights["gain"][0])], weights["lm_head"])',
)


@pytest.fixture
def names(tmp_path: Path) -> Path:
    (tmp_path / "names.txt").write_bytes(NAMES)
    return tmp_path / "names.txt"


def train(names: Path, text: str, *options: str) -> tuple[list[float], str, int]:
    """Losses, what is said, and the exit code."""
    mine = names.parent / "mine.py"
    mine.write_text(text)
    out = names.parent / "losses.csv"
    out.unlink(missing_ok=True)
    result = run("train", names, "--model", mine, "--steps", "20", "--losses", out, *options)
    rows = out.read_text().splitlines()[1:] if out.exists() else []
    return (
        [float(row.split(",")[1]) for row in rows],
        result.stdout + result.stderr,
        result.returncode,
    )


@pytest.mark.skipif(not host.available(), reason="wasmtime is not installed")
def test_a_model_with_a_matrix_more(names: Path) -> None:
    """Which is drawn, trained and sampled as if it had always been there."""
    traced, said, code = train(names, GAINS, "--engine", "traced")
    assert code == 0, said
    assert "num params: 3872" in said or "num params: " in said
    scalar, scalar_said, _ = train(names, GAINS, "--engine", "scalar")
    assert traced == pytest.approx(scalar, rel=1e-9)
    assert said.split("---")[-1] == scalar_said.split("---")[-1]
    original, _, _ = train(names, ORIGINAL, "--engine", "traced")
    assert original != pytest.approx(traced, rel=1e-6)


def test_what_cannot_be_traced_is_trained_all_the_same(names: Path) -> None:
    text = ORIGINAL.replace("value.relu() for", "(value * min(round(value.data), 1)) for")
    losses, said, code = train(names, text, "--engine", "traced")
    assert (len(losses), code) == (20, 0)
    assert "The algorithm can't be traced: in line" in said or not host.available()
    assert "The scalar engine computes it." in said or not host.available()


@pytest.mark.parametrize(
    ("text", "options", "reason"),
    [
        ("def (", [], "mine.py, line 1: "),
        (ORIGINAL, ["--engine", "compiled"], "computes the original model"),
    ],
)
def test_what_cannot_be_is_said(names: Path, text: str, options: list[str], reason: str) -> None:
    losses, said, code = train(names, text, *options)
    assert (losses, code) == ([], 2)
    assert reason in said
