"""The Python packages that the tab installs: ours, and those that bundled_wheels.txt pins.

Not about how they get bytecode: see `runtime`.
"""

from __future__ import annotations

import os
from pathlib import Path

from tools.files import sha256
from tools.install import pip
from tools.places import CACHE, PY, TOOLS, VENV_PYTHON
from tools.processes import run
from tools.runtime import python_version

PINS = TOOLS / "bundled_wheels.txt"


def pinned() -> dict[str, Path]:
    """The pinned wheels by the names of their packages; downloads what isn't here yet."""
    wheels, missing = {}, False
    for line in PINS.read_text().splitlines():
        requirement, _, digest = line.partition(" --hash=sha256:")
        if not digest:
            continue  # a comment
        name, version = requirement.split("==")
        wheels[name] = CACHE / f"{name}-{version}-py3-none-any.whl"
        missing |= not wheels[name].exists() or sha256(wheels[name]) != digest
    if missing:
        pip(
            *("download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"),
            *("--python-version", python_version(), "--dest", CACHE, "--requirement", PINS),
        )
    return wheels


def build_ours(target: Path) -> Path:
    """Build py/ with its own backend; the same sources give the same bytes."""
    target.mkdir()
    code = "import sys; from flit_core.buildapi import build_wheel; build_wheel(sys.argv[1])"
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1577836800"}  # 2020-01-01: any fixed day
    run(VENV_PYTHON, "-c", code, target, cwd=PY, env=environment)
    return next(target.glob("*.whl"))
