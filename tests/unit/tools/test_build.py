"""The four commands, as they are typed."""

import ast
import subprocess
import sys

import pytest

import build
from tools.places import ROOT, TESTS
from tools.processes import BuildError

SCRIPT = ROOT / "build.py"


def test_an_old_python_is_told_which_one_is_needed() -> None:
    """Which needs its syntax, and nothing imported before that it doesn't have."""
    ast.parse(SCRIPT.read_text(), feature_version=(3, 7))
    code = f"""if True:
        import runpy, sys
        sys.version_info = (3, 10, 13, "final", 0)
        sys.modules["tools"] = sys.modules["tomllib"] = None  # to import one fails
        runpy.run_path({str(SCRIPT)!r})
    """
    result = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True
    )
    assert result.returncode == 1
    assert result.stderr.startswith("build.py: needs Python 3.11 or later; this is 3.")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("typed", "command", "given"),
    [
        ("test", "test", ([], {"torch": False, "in_browsers": "smoke"})),
        (
            "test --torch --browsers all -- --deep -k a",
            "test",
            (["--deep", "-k", "a"], {"torch": True, "in_browsers": "all"}),
        ),
        ("bench", "bench", ([], {})),
        ("bench links page", "bench", (["links", "page"], {})),
    ],
)
def test_what_follows_a_command_reaches_it(
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    command: str,
    given: tuple[list[str], dict[str, bool | str]],
) -> None:
    calls: list[tuple[list[str], dict[str, bool | str]]] = []
    monkeypatch.setattr(build, command, lambda given, **options: calls.append((given, options)))
    monkeypatch.setattr(sys, "argv", ["build.py", *typed.split()])
    assert build.main() == 0
    assert calls == [given]


def test_every_bench_that_there_is_can_be_named() -> None:
    there = {path.stem for path in (TESTS / "bench").glob("[a-z]*.py")}
    assert {*build.BENCHES, "soak", "kills"} == there  # those two are the command soak's


def test_a_failure_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise BuildError("no luck today.")

    monkeypatch.setattr(build, "build", fail)
    monkeypatch.setattr(sys, "argv", ["build.py", "build"])
    assert build.main() == 1
    assert capsys.readouterr().err == "build.py: no luck today.\n"
