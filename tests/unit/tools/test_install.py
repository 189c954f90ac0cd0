"""Setting up: what is missing is said in one line, and what was broken off is done again."""

from pathlib import Path

import pytest

from tools import install
from tools.install import npm, read_stamp, works, write_stamp
from tools.processes import BuildError


def test_without_node_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match=r"^Node with npm is missing: .*$"):
        npm()


def test_an_old_node_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text("#!/bin/sh\necho v12.0.0\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    with pytest.raises(BuildError, match=r"^Node 20 or later is needed; this is v12\.0\.0\.$"):
        npm()


def test_a_broken_stamp_is_as_good_as_none(tmp_path: Path) -> None:
    stamp = tmp_path / "installed.json"
    assert read_stamp(stamp) == {}
    stamp.write_text('{"build": [')
    assert read_stamp(stamp) == {}
    write_stamp(stamp, {"a": 1})
    assert read_stamp(stamp) == {"a": 1}


def test_a_broken_virtual_environment_does_not_work(tmp_path: Path) -> None:
    python = tmp_path / "python"
    assert not works(python)
    python.symlink_to("/bin/false")
    assert not works(python)


def test_where_pytorch_can_not_be_installed_the_tests_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str | Path, ...]] = []

    def pip(*arguments: str | Path) -> None:
        asked.append(arguments)
        if len(asked) == 1:
            raise BuildError("failed with exit code 1: pip")

    monkeypatch.setattr(install, "VENV", tmp_path)
    monkeypatch.setattr(install, "pip", pip)
    install.install_torch()
    assert "its tests will be skipped: failed with exit code 1" in capsys.readouterr().out
    for _ in range(2):  # tried again, and once it is there no more
        install.install_torch()
    assert len(asked) == 2
