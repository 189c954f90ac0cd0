"""Sets up what the project needs besides Python and Node: `.venv` and `node_modules`.

A second time only if a pin or the Python has changed, which a stamp in each of them
tells. Not about the browser that the tests drive: see `chromium`.
"""

from __future__ import annotations

import json
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

from tools.files import remove, write_json
from tools.places import NODE_MODULES, PY, ROOT, TESTS, VENV, VENV_PYTHON
from tools.processes import BuildError, quietly, run


def install(*, for_tests: bool = False, torch: bool = False) -> None:
    """Set up what builds the site, for tests also what runs them, with PyTorch if wished."""
    install_node_modules(for_tests=for_tests)
    install_python(for_tests=for_tests)
    if torch:
        install_torch()


# --- Python --------------------------------------------------------------------------------


def install_python(*, for_tests: bool) -> None:
    """A virtual environment with what builds our wheel; for tests, with what they import."""
    with (PY / "pyproject.toml").open("rb") as file:
        backend = tomllib.load(file)["build-system"]["requires"]
    pins = TESTS / "requirements.txt"
    stamp = VENV / "installed.json"
    wanted = {"build": [*backend, sys.version], "test": pins.read_text()}
    installed = read_stamp(stamp) if works(VENV_PYTHON) else {}
    if installed.get("build") != wanted["build"]:
        make_venv()
        pip("install", "--quiet", *backend)
        installed = {"build": wanted["build"]}
        write_stamp(stamp, installed)
    if for_tests and installed.get("test") != wanted["test"]:
        pip("install", "--quiet", "--requirement", pins, "--editable", PY)
        write_stamp(stamp, {**installed, **wanted})


def install_torch() -> None:
    """PyTorch and what runs ONNX, or a line that says that their tests will be skipped."""
    pins, stamp = TESTS / "requirements-torch.txt", VENV / "installed.json"
    installed = read_stamp(stamp)
    if installed.get("torch") == pins.read_text():
        return
    print("Installing PyTorch", flush=True)
    try:
        pip("install", "--quiet", "--requirement", pins)
    except BuildError as error:
        print(f"PyTorch isn't installed, so its tests will be skipped: {error}", flush=True)
        return
    write_stamp(stamp, {**installed, "torch": pins.read_text()})


def works(python: Path) -> bool:
    """Whether an interpreter is there with pip: an earlier set-up may have been broken off."""
    try:
        return quietly(python, "-c", "import pip").returncode == 0
    except OSError:
        return False


def make_venv() -> None:
    """A new, empty virtual environment."""
    print("Setting up .venv", flush=True)
    remove(VENV)
    made = quietly(sys.executable, "-m", "venv", VENV)
    if made.returncode:
        remove(VENV)
        if "ensurepip" in made.stdout + made.stderr:
            raise BuildError(
                "Python's venv module is incomplete; on Debian and Ubuntu: apt install python3-venv"
            )
        raise BuildError(f"no virtual environment could be made: {made.stderr.strip()[-200:]}")


def pip(*arguments: str | Path) -> None:
    """Run the virtual environment's pip."""
    run(VENV_PYTHON, "-m", "pip", "--disable-pip-version-check", *arguments)


# --- Node ----------------------------------------------------------------------------------


def install_node_modules(*, for_tests: bool) -> None:
    """What package-lock.json pins; for tests, with what only they need."""
    stamp = NODE_MODULES / ".installed.json"
    lock = (ROOT / "package-lock.json").read_text()
    installed = read_stamp(stamp)
    if installed.get("lock") == lock and installed.get("for_tests", False) >= for_tests:
        return
    print("Installing node_modules", flush=True)
    only = [] if for_tests else ["--omit=dev"]
    run(npm(), "ci", "--no-audit", "--no-fund", "--loglevel=error", *only)
    write_stamp(stamp, {"lock": lock, "for_tests": for_tests})


def npm() -> str:
    """The path of npm."""
    if not (node := shutil.which("node")) or not (found := shutil.which("npm")):
        raise BuildError("Node with npm is missing: install Node 20 or later.")
    version = quietly(node, "--version").stdout.strip()
    major = version.removeprefix("v").partition(".")[0]
    if not major.isdigit() or int(major) < 20:
        raise BuildError(f"Node 20 or later is needed; this is {version}.")
    return found


# --- stamps --------------------------------------------------------------------------------


def read_stamp(path: Path) -> dict[str, Any]:
    """What an earlier set-up left, or nothing if it didn't come to its end."""
    try:
        stamp = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(path: Path, stamp: dict[str, Any]) -> None:
    """Leave a note for the next set-up, whole or not at all."""
    unfinished = path.with_suffix(".new")
    write_json(unfinished, stamp)
    unfinished.replace(path)
