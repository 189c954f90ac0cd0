"""`microgpt inspect`, as a person and as a program has it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from command_line import run
from microgpt import Session
from runs import NAMES, trained

SETTINGS = {"steps": 200, "seed": 3}


@pytest.fixture(scope="module")
def session() -> Session:
    return trained(SETTINGS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, session: Session) -> Path:
    """A saved run, the model alone, and a text."""
    path = tmp_path_factory.mktemp("saved")
    (path / "run.safetensors").write_bytes(session.save_run())
    (path / "model.safetensors").write_bytes(session.save_model())
    (path / "names.txt").write_bytes(NAMES * 3)
    return path


def figures(*arguments: str | Path) -> dict[str, Any]:
    result = run("inspect", *arguments, "--json")
    assert result.returncode == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_json_has_every_probability(folder: Path, session: Session) -> None:
    found = figures(folder / "run.safetensors", "--line", "emma")
    assert set(found) == {"line", "vocabulary", "positions"}
    assert found["line"] == "emma"
    assert found["vocabulary"] == [*sorted(set(NAMES.decode()) - {"\n"}), "BOS"]
    assert [each["token"] for each in found["positions"]] == ["BOS", *"emma"]
    assert [each["next"] for each in found["positions"]] == [*"emma", "BOS"]
    surprises = session.explain("emma")["surprises"]
    for position, surprise in zip(found["positions"], surprises, strict=True):
        assert math.fsum(position["probabilities"]) == pytest.approx(1)
        place = found["vocabulary"].index(position["next"])
        assert position["surprise"] == pytest.approx(-math.log(position["probabilities"][place]))
        assert position["surprise"] == pytest.approx(surprise)


def test_json_has_what_every_part_is_worth(folder: Path, session: Session) -> None:
    found = figures(folder / "run.safetensors", "--ablate")
    assert set(found) == {"ablation"}
    expected = session.inside(10**9).ablation(1e9)
    assert [each["part"] for each in found["ablation"]] == [p["part"] for p in expected["parts"]]
    for each, part in zip(found["ablation"], expected["parts"], strict=True):
        assert each["loss"] == expected["loss"]
        assert each["loss_without"] == part["loss_without"]
        assert each["error"] == part["error"]
        assert (each["documents"], each["lines"]) == (10, "learned")


def test_a_person_gets_tables(folder: Path) -> None:
    result = run("inspect", folder / "run.safetensors", "--line", "emma", "--ablate")
    lines = result.stdout.splitlines()
    assert result.returncode == 0, result.stderr
    assert lines[0].split() == ["read", "next", "nats", "expected"]
    assert lines[1].split()[:2] == ["BOS", "e"]
    assert lines[6].startswith("loss: ")
    assert "on 10 lines that it has learned from" in lines[7]
    assert lines[9].startswith("wte ")
    assert lines[-1].startswith("and 54 neurons")
    assert "200 steps" in result.stderr


def test_a_model_alone_is_measured_on_a_text_or_on_what_it_makes_up(folder: Path) -> None:
    model = folder / "model.safetensors"
    own = figures(model, "--ablate")["ablation"][0]
    given = figures(model, "--ablate", "--text", folder / "names.txt")["ablation"][0]
    assert own["lines"] == "own"
    assert given["lines"] == "loaded"
    assert run("inspect", model, "--ablate").stdout.splitlines()[0].endswith("makes up itself")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "Nothing to look at"),
        (["--line", "EMMA"], "doesn't know 'E'"),
        (["--ablate", "--text", "/not/there"], "/not/there"),
    ],
)
def test_what_cannot_be_is_said(folder: Path, arguments: list[str], reason: str) -> None:
    result = run("inspect", folder / "run.safetensors", *arguments)
    assert result.returncode == 2
    assert reason in result.stderr
    assert result.stdout == ""
