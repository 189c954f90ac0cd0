"""Finds the Chromium that tests drive; where there is none, installs one if it may.

The first of: what MICROGPT_CHROMIUM names, the system's own, the one that Playwright keeps.
Not about how it is driven: see tests/browser/conftest.py.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tools.places import ROOT, TESTS, VENV_PYTHON
from tools.processes import BuildError, quietly

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
LONGEST_DOWNLOAD = 600  # seconds


def needed_for(pytest_arguments: list[str]) -> bool:
    """Whether pytest is asked for anything but unit tests."""
    named = [ROOT / argument.partition("::")[0] for argument in pytest_arguments]
    paths = [path.resolve() for path in named if path.exists()]
    return not paths or not all(path.is_relative_to(TESTS / "unit") for path in paths)


def find() -> str:
    """The path of a Chromium.

    Raises:
        BuildError: there is none, and none could be installed.
    """
    if found := os.environ.get("MICROGPT_CHROMIUM") or of_the_system() or of_playwright():
        return found
    print("No Chromium found: downloading one", flush=True)
    if found := downloaded():
        return found
    if not shutil.which("apt-get"):
        raise BuildError("no Chromium found: install Chromium or Chrome.")
    if os.geteuid() != 0:
        raise BuildError("no Chromium found; to install one: sudo apt-get install chromium")
    print("Installing one with apt-get", flush=True)
    quietly("apt-get", "update")
    quietly("apt-get", "install", "--yes", "chromium")
    if found := of_the_system():
        return found
    raise BuildError("no Chromium found, and apt-get can't install one: install Chrome.")


def of_the_system() -> str | None:
    """A Chromium or Chrome on the PATH."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def of_playwright() -> str | None:
    """The one that Playwright downloaded, if it did."""
    code = (
        "from playwright.sync_api import sync_playwright as s\n"
        "with s() as p: print(p.chromium.executable_path)"
    )
    path = quietly(VENV_PYTHON, "-c", code).stdout.strip()
    return path if path and Path(path).exists() else None


def downloaded() -> str | None:
    """The one that Playwright downloads now, or a printed line on why it can't."""
    try:
        result = quietly(
            *(VENV_PYTHON, "-m", "playwright", "install", "chromium"), timeout=LONGEST_DOWNLOAD
        )
    except subprocess.TimeoutExpired:
        print(f"The download took more than {LONGEST_DOWNLOAD // 60} minutes.", flush=True)
        return None
    if result.returncode:  # after several tries, each with Node's stack trace
        lines = (result.stderr + result.stdout).splitlines()
        errors = [line for line in lines if line.startswith("Error: ")] or ["Error: unknown"]
        print(f"The download failed: {errors[0].removeprefix('Error: ')}.", flush=True)
        return None
    return of_playwright()
