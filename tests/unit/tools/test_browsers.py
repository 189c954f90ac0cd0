"""What is said where Firefox or WebKit is missing, and nothing where they are."""

from pathlib import Path

import pytest

from tools import browsers


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which programs are found."""
    monkeypatch.delenv("MICROGPT_FIREFOX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browsers, "MINI_BROWSERS", str(tmp_path / "MiniBrowser"))
    return tmp_path


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)


def test_what_is_missing_is_said_with_what_brings_it(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(path, "WebKitWebDriver", "MiniBrowser")
    browsers.tell()
    assert capsys.readouterr().out.splitlines() == [
        "Firefox isn't tested: firefox is missing; on Debian: apt-get install firefox-esr",
        "WebKit isn't tested: Xvfb is missing; on Debian: apt-get install webkit2gtk-driver xvfb",
    ]


def test_what_is_there_is_found(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(path, "firefox", "WebKitWebDriver", "MiniBrowser", "Xvfb")
    browsers.tell()
    assert capsys.readouterr().out == ""
    assert browsers.firefox()["firefox"] == str(path / "firefox")
    assert browsers.webkit()["Xvfb"] == str(path / "Xvfb")
