"""The built site: complete, relocatable, reproducible."""

import json
import posixpath
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.assemble import VENDORED, assemble
from tools.modules import FOLDERS, MODULES
from tools.places import ROOT
from tools.processes import BuildError


def test_nothing_but_what_visitors_need_is_published(site: dict[str, bytes]) -> None:
    assert {"index.html", "service-worker.js", "LICENSE", "site.json"} <= site.keys()
    assert {"pyodide/pyodide.asm.wasm", "uplot/uPlot.esm.js", "idb/index.js"} <= site.keys()
    assert set(MODULES.values()) <= site.keys()
    assert not [name for name in site if re.search(r"\.(py|d\.ts|map)$|(^|/)\.|~$", name)]


def test_our_own_files_load_nothing_from_an_absolute_address(site: dict[str, bytes]) -> None:
    """Links in the text are for people; src, href of a file, import and url() are not."""
    loads = re.compile(
        rb"""(?:src=|<link[^>]*href=|from\s|import\(|url\(|fetch\()\s*["']?(https?:|/)"""
    )
    for name, data in site.items():
        if name.split("/")[0] not in (*VENDORED, *FOLDERS, "wheels"):
            assert not loads.search(data), name
            if name.endswith((".js", ".css", ".json")):
                # No address but a name, also in a picture that is in the style itself.
                names = re.sub(rb"""["']http://www.w3.org/2000/svg["']""", b"", data)
                assert not re.search(rb"https?://", names), name


def test_every_file_that_the_page_names_is_there(site: dict[str, bytes]) -> None:
    html = site["index.html"].decode()
    named = re.findall(r'(?:src|<link[^>]*href)="([^"#]+)"', html)
    assert named
    assert set(named) <= site.keys()


def test_every_module_that_a_script_imports_is_there(site: dict[str, bytes]) -> None:
    known = [name for name in site if name.endswith(".js") and name.split("/")[0] not in VENDORED]
    imports = 0
    for name in known:
        for address in re.findall(r"""(?:from |import\()["'](\.[^"']+)["']""", site[name].decode()):
            imported = posixpath.normpath(posixpath.join(posixpath.dirname(name), address))
            assert imported in site, f"{name} imports {address}"
            imports += 1
    assert imports


def test_engines_that_a_page_can_not_have_are_not_offered(site: dict[str, bytes]) -> None:
    engines = json.loads(site["site.json"])["engines"]
    assert {"compiled", "scalar"} < set(engines)
    assert not [name for name in engines if "torch" in name]


def test_every_example_is_there_and_says_where_it_comes_from(site: dict[str, bytes]) -> None:
    examples = json.loads(site["examples/index.json"])
    assert len(examples) >= 3
    for example in examples:
        assert f"examples/{example['file']}" in site
        assert example["source"]


def test_the_same_input_gives_the_same_bytes(site: dict[str, bytes], tmp_path: Path) -> None:
    again = tmp_path / "again"
    subprocess.run(
        [sys.executable, ROOT / "build.py", "build", "--output", again],
        check=True,
        capture_output=True,
    )
    files = {path for path in again.rglob("*") if path.is_file()}
    assert {path.relative_to(again).as_posix(): path.read_bytes() for path in files} == site


def test_a_folder_with_other_things_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("all my work")
    with pytest.raises(BuildError, match="has other things in it"):
        assemble(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "all my work"
