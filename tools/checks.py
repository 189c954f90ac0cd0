"""What is checked before pytest runs: style and types, and JavaScript's unit tests.

Not about what pytest runs: see pyproject.toml and tests/conftest.py.
"""

from __future__ import annotations

from tools.places import NODE_MODULES, ROOT, TESTS, VENV_PYTHON
from tools.processes import Command, run_together


def check() -> None:
    """Run all checks at the same time.

    Raises:
        BuildError: naming those that failed, which have printed why.
    """
    commands: list[Command] = [
        (VENV_PYTHON, "-m", "ruff", "check", "--quiet"),
        (VENV_PYTHON, "-m", "ruff", "format", "--check", "--quiet"),
        # The oldest and the newest Python; mypy keeps a cache for each.
        (VENV_PYTHON, "-m", "mypy", "--python-version", "3.11"),
        (VENV_PYTHON, "-m", "mypy", "--python-version", "3.14"),
        ("node", NODE_MODULES / "typescript" / "bin" / "tsc", "--project", ROOT),
    ]
    # Files rather than their folder, which not every version of Node takes.
    if scripts := sorted((TESTS / "unit" / "web").rglob("*.test.*js")):
        commands.append(("node", "--test", "--test-reporter=spec", *scripts))
    run_together(*commands)
