"""Pyodide as the site has it: with micropip, a lock file that names it, and bytecode.

Not about which of the npm package's files are copied: see `assemble`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from tools.files import sha256, write_json
from tools.places import CACHE, NODE_MODULES, TOOLS
from tools.processes import run


def complete(runtime: Path, micropip: Path) -> None:
    """Add micropip, and bytecode to it and to the standard library.

    Args:
        runtime: a folder with the npm package's files.
        micropip: the pinned wheel.
    """
    wheel = Path(shutil.copy(micropip, runtime))
    write_lock(runtime, wheel)
    add_bytecode(runtime)  # to the modules that micropip imports, among others
    add_bytecode(runtime, wheel)
    write_lock(runtime, wheel)


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


def add_bytecode(runtime: Path, wheel: Path | None = None) -> None:
    """Put bytecode into the standard library, or into a wheel: see make_bytecode.mjs.

    That takes seconds, so what comes of it is kept for the next build.
    """
    script, archive = TOOLS / "make_bytecode.mjs", wheel or runtime / "python_stdlib.zip"
    made_of = [script, archive, runtime / "pyodide-lock.json"]
    key = hashlib.sha256("".join(map(sha256, made_of)).encode()).hexdigest()[:12]
    kept = CACHE / f"{archive.stem}-{key}{archive.suffix}"
    if not kept.exists():
        print(f"Compiling {archive.name}", flush=True)
        run("node", script, runtime, *([wheel] if wheel else []))
        CACHE.mkdir(exist_ok=True)
        unfinished = kept.with_suffix(".new")
        shutil.copyfile(archive, unfinished)
        unfinished.replace(kept)
    shutil.copyfile(kept, archive)
