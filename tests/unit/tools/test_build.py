"""The built site: complete, relocatable, reproducible."""

import hashlib
import json
import posixpath
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import build

HOST = re.compile(rb"https?://[\w.-]+")


@pytest.fixture(scope="module")
def manifest() -> dict[str, dict[str, dict[str, object]]]:
    loaded: dict[str, dict[str, dict[str, object]]] = json.loads(
        (build.DIST / "manifest.json").read_text()
    )
    return loaded


def files(site: Path = build.DIST) -> dict[str, bytes]:
    return {
        path.relative_to(site).as_posix(): path.read_bytes()
        for path in site.rglob("*")
        if path.is_file()
    }


def test_the_manifest_has_size_and_hash_of_every_file(
    manifest: dict[str, dict[str, dict[str, object]]],
) -> None:
    contents = files()
    contents.pop("manifest.json")
    assert manifest["files"] == {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in sorted(contents.items())
    }


def test_the_service_worker_is_stamped_with_the_manifests_version(tmp_path: Path) -> None:
    version = json.loads(files()["manifest.json"])["version"]
    assert re.findall(rb'const VERSION = "(.*)";', files()["service-worker.js"]) == [
        version.encode()
    ]
    stamped = set()
    for text in ("one", "two", "one"):
        (tmp_path / "page.txt").write_text(text)
        template = (build.WEB / "service-worker.js").read_bytes()
        (tmp_path / "service-worker.js").write_bytes(template)
        build.seal(tmp_path)
        stamped.add((tmp_path / "service-worker.js").read_bytes())
    assert len(stamped) == 2  # the same contents, the same bytes
    with pytest.raises(build.BuildError, match="no place for the version"):
        build.seal(tmp_path)


def test_nothing_but_what_visitors_need_is_published() -> None:
    names = set(files())
    assert {
        "index.html",
        "worker/worker.js",
        "pyodide/pyodide.asm.wasm",
        "uplot/uPlot.esm.js",
    } <= names
    assert not [n for n in names if re.search(r"\.(py|d\.ts|map)$|requirements|tsconfig", n)]


def test_our_own_files_load_nothing_from_an_absolute_address() -> None:
    """Links in the text are for people; src, href of a file, import and url() are not."""
    loads = re.compile(
        rb"""(?:src=|<link[^>]*href=|from\s|import\(|url\(|fetch\()\s*["']?(https?:|/)"""
    )
    for name, data in files().items():
        if name.split("/")[0] not in (*build.VENDORED, "wheels"):
            assert not loads.search(data), name
        if name.endswith((".js", ".css", ".json")) and not name.startswith(tuple(build.VENDORED)):
            assert not HOST.search(data), name


def test_every_file_that_the_page_names_is_there() -> None:
    contents = files()
    html = contents["index.html"].decode()
    for name in re.findall(r'(?:src|<link[^>]*href)="([^"#]+)"', html):
        assert name in contents
    for name, data in contents.items():
        if name.endswith(".js") and not name.startswith(tuple(build.VENDORED)):
            for imported in re.findall(r'(?:from |import\()"(\.[^"]+)"', data.decode()):
                path = posixpath.normpath(posixpath.join(posixpath.dirname(name), imported))
                assert path in contents, f"{name} imports {imported}"
    examples = json.loads(contents["examples/index.json"])
    assert len(examples) >= 3
    for example in examples:
        assert f"examples/{example['file']}" in contents
        assert example["source"]


def test_the_runtimes_lock_names_the_wheel_that_is_there() -> None:
    contents = files()
    lock = json.loads(contents["pyodide/pyodide-lock.json"])
    assert list(lock["packages"]) == ["micropip"]
    entry = lock["packages"]["micropip"]
    wheel = contents[f"pyodide/{entry['file_name']}"]
    assert hashlib.sha256(wheel).hexdigest() == entry["sha256"]


def test_the_standard_library_is_whole_and_what_starts_is_compiled() -> None:
    with zipfile.ZipFile(build.NODE_MODULES / "pyodide" / "python_stdlib.zip") as original:
        modules = {name for name in original.namelist() if not name.endswith("/")}
    with zipfile.ZipFile(build.DIST / "pyodide" / "python_stdlib.zip") as mixed:
        names = {name for name in mixed.namelist() if not name.endswith("/")}
    assert {re.sub(r"\.pyc$", ".py", name) for name in names} == modules
    assert {
        "typing.pyc",
        "asyncio/__init__.pyc",
        "_pyodide/_base.pyc",
        "zipfile/__init__.pyc",
    } <= names
    assert {"unittest/__init__.py", "os.py"} <= names


def test_our_wheel_is_pure_python_without_dependencies() -> None:
    site = json.loads(files()["site.json"])
    path = site["wheel"].partition("?")[0]
    with zipfile.ZipFile(build.DIST / path) as wheel:
        names = wheel.namelist()
        metadata = wheel.read(next(n for n in names if n.endswith("/METADATA"))).decode()
    assert path.endswith("-py3-none-any.whl")
    assert "microgpt/py.typed" in names
    assert not re.search(r"^Requires-Dist: (?!.*extra ==)", metadata, re.MULTILINE)


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, build.ROOT / "build.py", "build", "--output", tmp_path / "again"],
        check=False,
        capture_output=True,
    )
    assert result.returncode == 0, result.stderr
    assert files(tmp_path / "again") == files()


def test_sources_name_no_hosts_but_those_of_the_credits() -> None:
    """Nor a registry's: where packages come from is the business of who installs them."""
    assert '"resolved"' not in (build.ROOT / "package-lock.json").read_text()
    known = {"github.com", "gist.github.com", "pyodide.org", "127.0.0.1", "www.w3.org"}
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=build.ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    if not tracked:
        pytest.skip("not a git checkout")
    for name in tracked:
        data = (build.ROOT / name).read_bytes()
        hosts = {host.decode().partition("://")[2] for host in HOST.findall(data)}
        assert hosts <= known, name


def test_a_folder_with_other_things_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("all my work")
    with pytest.raises(build.BuildError, match="has other things in it"):
        build.build(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "all my work"


@pytest.mark.parametrize(
    ("path", "words"),
    [("", "Node with npm is missing"), ("old", "Node 20 or later is needed; this is v12")],
)
def test_a_missing_prerequisite_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, words: str
) -> None:
    for name in ("node", "npm"):
        stub = tmp_path / "old" / name
        stub.parent.mkdir(exist_ok=True)
        stub.write_text("#!/bin/sh\necho v12.0.0\n")
        stub.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / (path or 'none')}:/bin" if path else str(tmp_path))
    with pytest.raises(build.BuildError, match=words) as error:
        build.npm()
    assert "\n" not in str(error.value)


def test_a_broken_stamp_is_as_good_as_none(tmp_path: Path) -> None:
    stamp = tmp_path / "installed.json"
    assert build.read_stamp(stamp) == {}
    stamp.write_text('{"build": [')
    assert build.read_stamp(stamp) == {}
    build.write_stamp(stamp, {"a": 1})
    assert build.read_stamp(stamp) == {"a": 1}
    assert not build.runs(tmp_path / "python")
