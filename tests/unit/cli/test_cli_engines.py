"""Which engine the options name, and what is saved on the way; no PyTorch is needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import SMALL
from microgpt import Session
from microgpt.cli import main
from microgpt.engines import host, machines
from runs import NAMES

needs_wasmtime = pytest.mark.skipif(not host.available(), reason="wasmtime is not installed")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "names.txt"
    path.write_bytes(NAMES)
    return path


@needs_wasmtime
def test_as_many_cores_as_are_asked_for(
    text: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[int | None] = []
    monkeypatch.setattr("microgpt.engines.team.allow", asked.append)
    for options in ((), ("--cores", "3")):
        assert main.main(["train", str(text), *SMALL, *options]) == 0
    assert asked == [None, 3]
    assert main.main(["train", str(text), *SMALL, "--cores", "0"]) == 2
    assert "--cores must be at least 1" in capsys.readouterr().err


@needs_wasmtime
@pytest.mark.parametrize(
    ("options", "engine"),
    [
        ("", "compiled"),
        ("--precision float64", "compiled"),
        ("--precision float32", "compiled-float32"),
        ("--engine traced --precision float32", "traced-float32"),
        ("--engine compiled-float32", "compiled-float32"),
        ("--engine compiled-float32 --precision float32", "compiled-float32"),
    ],
)
def test_an_engine_and_a_precision_name_one(
    text: Path, tmp_path: Path, options: str, engine: str
) -> None:
    out = tmp_path / "run"
    assert main.run(["train", str(text), *SMALL, "--save", str(out), *options.split()]) == 0
    assert Session().open_file(out.read_bytes(), "run")["engine"] == engine


@needs_wasmtime
def test_a_run_goes_on_with_other_digits_if_that_is_asked_for(text: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "run")
    begin = ["train", str(text), *SMALL, "--engine", "traced", "--stop-after", "9", "--save", out]
    assert main.run(begin) == 0
    assert main.run(["continue", out, "--precision", "float32", "--save", out]) == 0
    assert Session().open_file(Path(out).read_bytes(), "run")["engine"] == "traced-float32"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--engine scalar --precision float32", "The scalar engine can't compute with float32"),
        ("--engine compiled --precision bf16", "The compiled engine can't compute with bf16"),
        ("--engine compiled-float32 --precision float64", "leave out --precision"),
        ("--engine scalar --compile", "--compile is PyTorch's"),
        ("--engine torch", "needs PyTorch, and it is not installed"),
        ("--save-every 5", "add --save FILE"),
        ("--save-every 0 --save run", "--save-every must be at least 1"),
        ("--save-every 5 --save /dev/null", "/dev/null can be written once"),
    ],
)
def test_what_can_not_be_is_refused(
    text: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: str,
    words: str,
) -> None:
    monkeypatch.setattr(machines, "available", lambda: False)
    monkeypatch.chdir(text.parent)
    assert main.run(["train", str(text), *options.split()]) == 2
    told = capsys.readouterr()
    assert words in told.err
    assert told.out == ""
    assert [path.name for path in text.parent.iterdir()] == ["names.txt"]


def test_other_processes_are_not_left_idle(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: Path
) -> None:
    monkeypatch.setattr(machines, "count", lambda: 2)
    assert main.run(["train", str(text), "--engine", "scalar"]) == 2
    assert "2 processes, and the scalar engine computes in one" in capsys.readouterr().err


@needs_wasmtime
def test_what_is_saved_on_the_way_is_a_whole_run(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each multiple, and at the end; the losses beside it are as far."""
    out, table, saved = tmp_path / "run", tmp_path / "losses.csv", []
    save_run = Session.save_run_piecewise

    def noted(session: Session) -> Iterator[bytes]:
        data = save_run(session)
        saved.append((session.facts()["step"], out.exists()))
        return data

    monkeypatch.setattr(Session, "save_run_piecewise", noted)
    options = ["--save", str(out), "--save-every", "11", "--losses", str(table)]
    assert main.run(["train", str(text), *SMALL, *options, "--stop-after", "25"]) == 0
    assert saved == [(11, False), (22, True), (25, True)]
    opened = Session().open_file(out.read_bytes(), "run")
    assert opened["progress"]
    assert opened["progress"]["step"] == 25
    assert len(table.read_text().splitlines()) == 26
    assert sorted(path.name for path in tmp_path.iterdir()) == ["losses.csv", "names.txt", "run"]


@needs_wasmtime
def test_what_was_saved_before_it_diverged_is_kept_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, out = tmp_path / "x.txt", tmp_path / "run"
    text.write_text("ab\nba\n")
    wild = ["--learning-rate", "1", "--init-std", "0.6", "--steps", "10000"]
    assert main.run(["train", str(text), *wild, "--save", str(out), "--save-every", "1"]) == 2
    told = capsys.readouterr().err
    opened = Session().open_file(out.read_bytes(), "run")
    assert opened["progress"]
    step = opened["progress"]["step"]
    assert f"diverged at step {step + 1}" in told
    assert f"What was saved after step {step:,} is kept." in told
