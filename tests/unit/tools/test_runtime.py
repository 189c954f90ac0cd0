"""Pyodide as the site has it."""

import hashlib
import io
import json
import re
import zipfile

from tools.places import NODE_MODULES


def test_the_lock_names_the_wheel_that_is_there(site: dict[str, bytes]) -> None:
    lock = json.loads(site["pyodide/pyodide-lock.json"])
    assert list(lock["packages"]) == ["micropip"]
    entry = lock["packages"]["micropip"]
    wheel = site[f"pyodide/{entry['file_name']}"]
    assert hashlib.sha256(wheel).hexdigest() == entry["sha256"]


def test_the_standard_library_is_whole_and_what_starts_is_compiled(site: dict[str, bytes]) -> None:
    with zipfile.ZipFile(NODE_MODULES / "pyodide" / "python_stdlib.zip") as original:
        modules = {name for name in original.namelist() if not name.endswith("/")}
    with zipfile.ZipFile(io.BytesIO(site["pyodide/python_stdlib.zip"])) as mixed:
        names = {name for name in mixed.namelist() if not name.endswith("/")}
    assert {re.sub(r"\.pyc$", ".py", name) for name in names} == modules
    started = {"typing", "asyncio/__init__", "_pyodide/_base", "zipfile/__init__"}
    assert {f"{module}.pyc" for module in started} <= names
    assert {"unittest/__init__.py", "os.py"} <= names
