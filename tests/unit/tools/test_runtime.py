"""Pyodide as the site has it."""

import hashlib
import io
import json
import re
import subprocess
import zipfile

import pytest

from tools.places import NODE_MODULES


def test_the_lock_names_the_wheel_that_is_there(site: dict[str, bytes]) -> None:
    lock = json.loads(site["pyodide/pyodide-lock.json"])
    assert list(lock["packages"]) == ["micropip"]
    entry = lock["packages"]["micropip"]
    wheel = site[f"pyodide/{entry['file_name']}"]
    assert hashlib.sha256(wheel).hexdigest() == entry["sha256"]


Files = dict[str, bytes]


@pytest.fixture(scope="module")
def divided(site: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Files]:
    """What each of the three archives has."""
    paths = {"first": "stdlib", "later": "later", "rest": "rest"}
    found = {part: members(site[f"pyodide/python_{name}.zip"]) for part, name in paths.items()}
    # Python 3.11 has no zstandard of its own; the runtime that has packed it unpacks it, too.
    code = """
        import { readFileSync, writeFileSync } from "node:fs";
        const [pyodide, packed, unpacked] = process.argv.slice(1);
        const python = await (await import(pyodide)).loadPyodide();
        python.FS.writeFile("packed", new Uint8Array(readFileSync(packed)));
        const data = python.pyimport("compression.zstd").open("packed").read();
        writeFileSync(unpacked, data.toJs());
    """
    pyodide = (NODE_MODULES / "pyodide" / "pyodide.mjs").as_uri()
    packed, unpacked = (tmp_path_factory.mktemp("first") / name for name in ("packed", "unpacked"))
    packed.write_bytes(found["first"].pop("first.zst"))
    command = ["node", "--input-type=module", "-e", code, "--", pyodide, str(packed), str(unpacked)]
    subprocess.run(command, check=True)
    found["first"] |= members(unpacked.read_bytes())
    return found


def members(archive: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def library(files: Files) -> set[str]:
    """The sources that there were of what isn't ours."""
    names = {re.sub(r"\.pyc$", ".py", name).removeprefix("library/") for name in files}
    ours = {"sitecustomize.py", "fetched_later.py", "later.txt", "rest.txt"}
    return {name for name in names if not name.startswith("package/")} - ours


def test_of_the_standard_library_nothing_is_left_out_or_twice(divided: dict[str, Files]) -> None:
    with zipfile.ZipFile(NODE_MODULES / "pyodide" / "python_stdlib.zip") as original:
        modules = {name for name in original.namelist() if not name.endswith("/")}
    parts = [library(files) for files in divided.values()]
    assert set.union(*parts) == modules
    assert sum(map(len, parts)) == len(modules)
    first, later, rest = parts
    assert {"typing.py", "asyncio/__init__.py", "random.py"} <= first
    assert {"difflib.py", "argparse.py"} <= later
    assert {"unittest/__init__.py", "statistics.py"} <= rest


def test_every_module_that_is_not_there_at_first_is_named(divided: dict[str, Files]) -> None:
    for part in ("later", "rest"):
        names = set(divided["first"][f"{part}.txt"].decode().split())
        paths = {name for name in library(divided[part]) if name.endswith(".py")}
        assert {path[:-3].removesuffix("/__init__").replace("/", ".") for path in paths} <= names


def test_our_package_is_whole_later(divided: dict[str, Files], site: dict[str, bytes]) -> None:
    wheel = members(site[json.loads(site["site.json"])["wheel"].partition("?")[0]])
    later = divided["later"]
    assert {f"package/{name}" for name in wheel} <= later.keys()
    assert all(later[f"package/{name}"] == data for name, data in wheel.items())
    first = {name for name in divided["first"] if name.startswith("package/")}
    assert {"package/microgpt/gpt/model.py", "package/microgpt/kernels/linear.py"} <= first
    assert "package/microgpt/session/session.pyc" in first
    assert not [name for name in first if "/cli/" in name or "pytorch" in name]
