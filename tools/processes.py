"""Running commands, alone or several at once, and how a failure is told.

Not about which commands there are.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.places import ROOT

Command = Sequence[str | Path]


class BuildError(Exception):
    """A missing prerequisite or a failed step, in one line."""


def run(*command: str | Path, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> None:
    """Run a command to its end.

    Raises:
        BuildError: it failed.
    """
    result = subprocess.run(command, cwd=cwd, env=env, check=False)
    if result.returncode:
        raise BuildError(f"failed with exit code {result.returncode}: {_words(command)}")


def quietly(*command: str | Path, timeout: float | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command, and leave it to the caller what to make of its output or its failure.

    Raises:
        subprocess.TimeoutExpired: it took more than so many seconds.
    """
    return subprocess.run(
        command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=timeout
    )


def run_together(*commands: Command) -> None:
    """Run commands at the same time; only those that fail show what they print.

    Raises:
        BuildError: naming all that failed.
    """
    with ThreadPoolExecutor(len(commands)) as pool:
        results = list(pool.map(lambda command: quietly(*command), commands))
    failed = [
        (command, result)
        for command, result in zip(commands, results, strict=True)
        if result.returncode
    ]
    for _, result in failed:
        print(result.stdout + result.stderr, end="", flush=True)
    if failed:
        raise BuildError(f"failed: {'; '.join(_words(command) for command, _ in failed)}")


def _words(command: Command) -> str:
    """As a person would type it, in the project's folder."""
    return " ".join(str(part).removeprefix(f"{ROOT}/") for part in command)
