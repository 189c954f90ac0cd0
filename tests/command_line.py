"""The command line as a person has it: a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-m", "microgpt"]
SCALAR = ("--engine", "scalar")  # slow enough to be watched and interrupted
SMALL = ["--steps", "30", "--n-embd", "4", "--n-head", "2"]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What a command prints, and how it ends."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120
    )
