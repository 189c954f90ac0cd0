"""How a command that fails is told."""

import sys

import pytest

from tools.places import ROOT
from tools.processes import BuildError, run, run_together

SPEAKS = (sys.executable, "-c", "print('all is well')")
FAILS = (sys.executable, "-c", "import sys; print('why'); sys.exit(3)")


def test_a_command_that_fails_is_named_as_it_would_be_typed() -> None:
    with pytest.raises(BuildError, match=r"^failed with exit code 1: \S+ -c .* nowhere/x\.py$"):
        run(sys.executable, "-c", "import sys; sys.exit(1)", f"{ROOT}/nowhere/x.py")


def test_of_several_only_those_that_fail_speak(capsys: pytest.CaptureFixture[str]) -> None:
    run_together(SPEAKS, SPEAKS)
    assert capsys.readouterr().out == ""
    with pytest.raises(BuildError, match=r"^failed: .*exit\(3\); .*exit\(3\)$"):
        run_together(FAILS, SPEAKS, FAILS)
    assert capsys.readouterr().out == "why\nwhy\n"
