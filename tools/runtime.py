"""Pyodide as the site has it: divided into what a first visit needs, and the rest.

Not about which of the npm package's files are copied: see `assemble`. Nor about how it is
divided: see `tab`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from tools.files import sha256, write_json
from tools.places import CACHE, NODE_MODULES, TOOLS, WEB
from tools.processes import run

PACKAGE = NODE_MODULES / "pyodide"
FIRST_TEXT = WEB / "examples" / "first-names.txt"  # that the page opens with


def complete(runtime: Path, micropip: Path, ours: Path) -> None:
    """Add micropip and a lock that names it, and divide the standard library and our package.

    Args:
        runtime: a folder with the npm package's files.
        micropip: the pinned wheel.
        ours: our wheel.
    """
    write_lock(runtime, Path(shutil.copy(micropip, runtime)))
    divided = divide(ours)
    shutil.copyfile(divided / "first.zip", runtime / "python_stdlib.zip")
    for name in ("later", "rest"):
        shutil.copyfile(divided / f"{name}.zip", runtime / f"python_{name}.zip")


def lock() -> dict[str, Any]:
    """The lock file of the npm package."""
    found: dict[str, Any] = json.loads((NODE_MODULES / "pyodide" / "pyodide-lock.json").read_text())
    return found


def python_version() -> str:
    """Of the Python that runs in the tab: 3.14."""
    return ".".join(lock()["info"]["python"].split(".")[:2])


def write_lock(runtime: Path, wheel: Path) -> None:
    """A lock file with nothing but micropip in it.

    That of the npm package names a wheel built elsewhere, with another hash, and
    loadPackage passes over a wheel of the wrong hash.
    """
    original = lock()
    entry = {
        **original["packages"]["micropip"],
        "sha256": sha256(wheel),
        "file_name": wheel.name,
        "version": wheel.name.split("-")[1],
    }
    trimmed = {"info": original["info"], "packages": {"micropip": entry}}
    write_json(runtime / "pyodide-lock.json", trimmed)


def divide(ours: Path) -> Path:
    """A folder with first.zip, later.zip and rest.zip; what takes seconds is kept for later."""
    scripts = [TOOLS / "divide.mjs", *sorted((TOOLS / "tab").glob("*.py"))]
    made_of = [*scripts, PACKAGE / "python_stdlib.zip", PACKAGE / "pyodide-lock.json", ours]
    key = hashlib.sha256("".join(map(sha256, [*made_of, FIRST_TEXT])).encode()).hexdigest()[:12]
    kept = CACHE / f"python-{key}"
    if not kept.exists():
        print("Dividing Python", flush=True)
        unfinished = kept.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        run("node", TOOLS / "divide.mjs", PACKAGE, ours, FIRST_TEXT, unfinished)
        unfinished.replace(kept)
    return kept
