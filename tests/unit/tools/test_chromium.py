"""Which Chromium is found, what is done where there is none, and what never is."""

import os
import subprocess
from pathlib import Path

import pytest

from tools import chromium
from tools.processes import BuildError


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        ("", True),
        ("--deep", True),
        ("-k loss", True),
        ("tests", True),
        ("tests/browser/test_engines.py", True),
        ("tests/unit tests/browser", True),
        ("tests/unit", False),
        ("-k loss tests/unit/gpt --durations=5", False),
        ("tests/unit/tools/test_chromium.py::test_one_that_is_named_comes_first", False),
    ],
)
def test_unit_tests_need_no_browser(arguments: str, needed: bool) -> None:
    assert chromium.needed_for(arguments.split()) == needed


def test_one_that_is_named_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MICROGPT_CHROMIUM", "/my/own")
    assert chromium.find() == "/my/own"


class BareSystem:
    """A system without a browser, on which Playwright can't download one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add_command(self, name: str, does: str) -> None:
        (self.folder / name).write_text(f"#!/bin/sh\n{does}\n")
        (self.folder / name).chmod(0o755)


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BareSystem:
    monkeypatch.delenv("MICROGPT_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(chromium, "of_playwright", lambda: None)
    monkeypatch.setattr(chromium, "downloaded", lambda: None)
    return BareSystem(tmp_path)


def test_nothing_is_installed_in_the_name_of_somebody_else(
    system: BareSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    for name in ("apt-get", "sudo"):
        system.add_command(name, f": > {system.folder}/called")
    with pytest.raises(BuildError, match=r"^no Chromium .*: sudo apt-get install chromium$"):
        chromium.find()
    assert not (system.folder / "called").exists()


def test_root_may_install_one(system: BareSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    path = system.folder / "chromium"
    system.add_command("apt-get", f'[ "$1" = update ] || {{ : > {path}; /bin/chmod +x {path}; }}')
    assert chromium.find() == str(path)


def test_where_nobody_can_install_one_it_says_so(system: BareSystem) -> None:
    with pytest.raises(BuildError, match=r"^no Chromium found: install .*$"):
        chromium.find()
    system.add_command("apt-get", "exit 100")
    with pytest.raises(BuildError, match=r"^no Chromium found.*$"):
        chromium.find()


def test_a_download_that_fails_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = "Downloading…\nError: getaddrinfo ENOTFOUND host\n    at GetAddrInfo (node:dns)\n" * 5
    failed = subprocess.CompletedProcess([], 1, stdout="", stderr=trace)
    monkeypatch.setattr(chromium, "quietly", lambda *_, **__: failed)
    assert chromium.downloaded() is None
    assert capsys.readouterr().out == "The download failed: getaddrinfo ENOTFOUND host.\n"
